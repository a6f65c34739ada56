/* SPDX-License-Identifier: MIT
 * pair.h - the (key, value) pairs behind an event's name: counted, taken one by one, and their texts checked.
 * trace.h includes it, also where its macros are compiled out. C11 and C++11.
 */
#ifndef RILL_PAIR_H
#define RILL_PAIR_H

#include <rill/arg.h>

#ifdef __cplusplus
#define RILL_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define RILL_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* ---- a list of (key, value) pairs: M(i, key, value) for each; the first pair has the highest i ----- */

#define RILL_EACH_0(M, x)
#define RILL_EACH_1(M, x, k, v) M(1, k, v)
#define RILL_EACH_2(M, x, k, v, ...) M(2, k, v) RILL_EACH_1(M, x, __VA_ARGS__)
#define RILL_EACH_3(M, x, k, v, ...) M(3, k, v) RILL_EACH_2(M, x, __VA_ARGS__)
#define RILL_EACH_4(M, x, k, v, ...) M(4, k, v) RILL_EACH_3(M, x, __VA_ARGS__)
#define RILL_EACH_5(M, x, k, v, ...) M(5, k, v) RILL_EACH_4(M, x, __VA_ARGS__)
#define RILL_EACH_6(M, x, k, v, ...) M(6, k, v) RILL_EACH_5(M, x, __VA_ARGS__)
#define RILL_EACH_7(M, x, k, v, ...) M(7, k, v) RILL_EACH_6(M, x, __VA_ARGS__)
#define RILL_EACH_8(M, x, k, v, ...) M(8, k, v) RILL_EACH_7(M, x, __VA_ARGS__)
#define RILL_EACH_9(M, x, k, v, ...) M(9, k, v) RILL_EACH_8(M, x, __VA_ARGS__)
#define RILL_EACH_10(M, x, k, v, ...) M(10, k, v) RILL_EACH_9(M, x, __VA_ARGS__)
#define RILL_EACH_11(M, x, k, v, ...) M(11, k, v) RILL_EACH_10(M, x, __VA_ARGS__)
#define RILL_EACH_12(M, x, k, v, ...) M(12, k, v) RILL_EACH_11(M, x, __VA_ARGS__)
#define RILL_EACH_13(M, x, k, v, ...) M(13, k, v) RILL_EACH_12(M, x, __VA_ARGS__)
#define RILL_EACH_14(M, x, k, v, ...) M(14, k, v) RILL_EACH_13(M, x, __VA_ARGS__)
#define RILL_EACH_15(M, x, k, v, ...) M(15, k, v) RILL_EACH_14(M, x, __VA_ARGS__)
#define RILL_EACH_16(M, x, k, v, ...) M(16, k, v) RILL_EACH_15(M, x, __VA_ARGS__)
#define RILL_EACH_17(M, x, k, v, ...) M(17, k, v) RILL_EACH_16(M, x, __VA_ARGS__)
#define RILL_PAIRS_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F, G, \
		    H, I, J, K, L, M, O, P, Q, R, N, ...) N
#define RILL_ODD a_key_has_no_value
#define RILL_MANY 16_pairs_are_the_most
/* Counts the pairs behind the name; an error by its name where a key has no value or there are too many. An id is one
 * pair more. Beyond 21 pairs the error is less clear. */
#define RILL_COUNT_PAIRS(...) RILL_PAIRS_(__VA_ARGS__)
#define RILL_PAIRS(...)                                                                            \
	RILL_COUNT_PAIRS(__VA_ARGS__, RILL_PAIRS_MANY, RILL_MANY, RILL_MANY, RILL_PAIRS_16)
#define RILL_PAIRS_AND_ID(...)                                                                     \
	RILL_COUNT_PAIRS(__VA_ARGS__, RILL_PAIRS_MANY, 17, RILL_ODD, RILL_PAIRS_16)
#define RILL_PAIRS_MANY RILL_MANY, RILL_MANY, RILL_MANY, RILL_MANY, RILL_MANY, RILL_MANY, RILL_MANY, RILL_MANY
#define RILL_PAIRS_16                                                                              \
	16, RILL_ODD, 15, RILL_ODD, 14, RILL_ODD, 13, RILL_ODD, 12, RILL_ODD, 11, RILL_ODD, 10, RILL_ODD,    \
		9, RILL_ODD, 8, RILL_ODD, 7, RILL_ODD, 6, RILL_ODD, 5, RILL_ODD, 4, RILL_ODD, 3, RILL_ODD,     \
		2, RILL_ODD, 1, RILL_ODD, 0, 0
#define RILL_FIRST_(a, ...) a
#define RILL_JOIN_(a, b) a##b
#define RILL_JOIN(a, b) RILL_JOIN_(a, b)

#define RILL_PAIR_CHECK(i, key, value) RILL_PLAIN(key)
#define RILL_PAIR_ARG(i, key, value) RILL_ARG(value),

/* Refuses, at compile time, the letters that mean something to the assembler. */
#define RILL_PLAIN_TEXT "a site's texts must not contain any of % { | } \" \\"
#if defined(__cplusplus) || !defined(__clang__)
#define RILL_LACKS(s, c) !__builtin_strchr(s, c)
#define RILL_PLAIN(s)                                                                              \
	RILL_STATIC_ASSERT(RILL_LACKS(s, '%') && RILL_LACKS(s, '{') && RILL_LACKS(s, '|') && RILL_LACKS(s, '}') && \
			   RILL_LACKS(s, '"') && RILL_LACKS(s, '\\'), RILL_PLAIN_TEXT);
#else	/* clang's C does not fold strchr in a static assertion */
#define RILL_HAS(s, c) __builtin_strchr(s, c)
static inline void rill_plain(const char *s) __attribute__((unused, diagnose_if(
	RILL_HAS(s, '%') || RILL_HAS(s, '{') || RILL_HAS(s, '|') || RILL_HAS(s, '}') || RILL_HAS(s, '"') ||
	RILL_HAS(s, '\\'), RILL_PLAIN_TEXT, "error")));
static inline void rill_plain(const char *s) { (void)s; }
#define RILL_PLAIN(s) if (0) rill_plain(s);	/* looked at, not called: without optimisation the text would stay */
#endif

#endif
