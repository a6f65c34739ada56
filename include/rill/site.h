/* SPDX-License-Identifier: MIT
 * site.h - the machinery behind the macros of trace.h. Applications include trace.h.
 *
 * A call site is three things in three places:
 *
 *     hot text       test one byte, branch if it is not zero: all that an application pays while off
 *     rill_hot       4 bytes per site: {0, enabled byte, site id}, laid out as a record's first word
 *     rill_sites     32 constant bytes per site: category, name, file, line, phase, arguments
 *
 * One asm statement writes all three, so that the compiler cannot give them sections of its own: plain
 * static variables with a section attribute clash in C++ inline functions, become unique global symbols
 * that pin a library against dlclose, and are padded apart. The section flag "?" puts site and hot word
 * into the section group of the function around them: a discarded inline copy takes its site with it.
 * Texts are written into the asm (an "i" operand refuses addresses in position-independent code on some
 * processors), which is why they must be literals without % { | } " and backslash.
 *
 * C11 and C++11, gcc and clang.
 */
#ifndef RILL_SITE_H
#define RILL_SITE_H

#include <rill/types.h>
#include <string.h>

#ifdef __cplusplus
#include <type_traits>
#define RILL_STATIC_ASSERT(condition, text) static_assert(condition, text)
extern "C" {
#else
#define RILL_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* ---- what a site is in memory --------------------------------------------------------------------- */

struct rill_hot {
	uint8_t zero;		/* a record's length goes here */
	uint8_t enabled;	/* one bit per direct session; bit 6 shared sessions, bit 7 flight sessions */
	uint16_t id;		/* given at registration */
};

/* Distances are counted from the field itself: no relocation, and any reader of the file can follow them. */
struct rill_site {
	int32_t category, name, file;
	int32_t args;		/* nargs times {type byte, key, NUL}, then a 0 byte */
	int32_t hot;
	uint32_t line;
	uint8_t phase, nargs;
	uint16_t flags;		/* enum rill_flag, and RILL_SITE_SCOPE */
	uint32_t reserved;
};
#define RILL_SITE_SCOPE 0x8000	/* phase B whose end is written by the runtime */
RILL_STATIC_ASSERT(sizeof(struct rill_hot) == 4, "the record's first word");
RILL_STATIC_ASSERT(sizeof(struct rill_site) == 32, "laid out in asm below, and read by rill list");

/* ---- the emit entry points ------------------------------------------------------------------------ */

/* One argument on its way into a record. Scalars in word; texts and blobs in tail (NULL: a null pointer). */
struct rill_arg {
	uint64_t word;
	const void *tail;
	uint32_t size;
	uint8_t type;		/* enum rill_type */
};

/* An open scope. site NULL: nothing to end. */
struct rill_scope {
	uint64_t begin_ticks;
	const struct rill_hot *site;
	uint32_t sessions;	/* who got the begin */
};
struct rill_begun {
	uint64_t ticks;
	uint64_t sessions;	/* 0: the begin was not recorded */
};

/* Any thread, signal handlers included; wait-free. The attribute cold keeps their calls out of the hot text. */
#ifndef RILL_EMIT
#define RILL_EMIT RILL_API __attribute__((cold))
#endif
RILL_EMIT void rill_emit0(const struct rill_hot *site);
RILL_EMIT void rill_emit1(const struct rill_hot *site, uint64_t word);
RILL_EMIT void rill_emit2(const struct rill_hot *site, uint64_t first, uint64_t second);
RILL_EMIT void rill_emit_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args);
RILL_EMIT struct rill_begun rill_begin(const struct rill_hot *site, unsigned count, const struct rill_arg *args);
RILL_EMIT void rill_end(uint64_t begin_ticks, const struct rill_hot *site, uint32_t sessions);

/* An object's sites come and go (trace.h calls these). Idempotent; not from a signal handler. */
RILL_API void rill_register(const struct rill_site *from, const struct rill_site *to);
RILL_API void rill_unregister(const struct rill_site *from, const struct rill_site *to);

/* ---- arguments ------------------------------------------------------------------------------------ */

/* Wrappers that say what a bare number or pointer cannot. */
struct rill_copy { const char *text; uint32_t size_max; };
struct rill_bytes { const void *data; uint32_t size; };
struct rill_id { uint64_t value; };
struct rill_id_local { uint64_t value; };
struct rill_id_global { uint64_t value; };
struct rill_id_scoped { uint64_t value; const char *scope; uint8_t type; };

#define RILL_INLINE static inline __attribute__((always_inline, unused))

RILL_INLINE struct rill_arg rill_arg_word(uint64_t word)
{
	struct rill_arg a = { word, NULL, 0, RILL_TYPE_NONE };
	return a;
}
RILL_INLINE struct rill_arg rill_arg_tail(const void *tail, size_t size)
{
	struct rill_arg a = { 0, tail, size < UINT32_MAX ? (uint32_t)size : UINT32_MAX, RILL_TYPE_NONE };
	return a;
}
RILL_INLINE struct rill_arg rill_arg_signed(int64_t x) { return rill_arg_word((uint64_t)x); }
RILL_INLINE struct rill_arg rill_arg_unsigned(uint64_t x) { return rill_arg_word(x); }
RILL_INLINE struct rill_arg rill_arg_pointer(const volatile void *x) { return rill_arg_word((uintptr_t)x); }
RILL_INLINE struct rill_arg rill_arg_float(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	return rill_arg_word(bits);
}
RILL_INLINE struct rill_arg rill_arg_double(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return rill_arg_word(bits);
}
RILL_INLINE struct rill_arg rill_arg_string(const char *x) { return rill_arg_tail(x, x ? strlen(x) : 0); }
RILL_INLINE struct rill_arg rill_arg_copy(struct rill_copy x)
{
	const void *end = x.text ? memchr(x.text, 0, x.size_max) : NULL;

	return rill_arg_tail(x.text, end ? (size_t)((const char *)end - x.text) : x.text ? x.size_max : 0);
}
RILL_INLINE struct rill_arg rill_arg_bytes(struct rill_bytes x) { return rill_arg_tail(x.data, x.size); }
RILL_INLINE struct rill_arg rill_arg_id(struct rill_id x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_local(struct rill_id_local x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_global(struct rill_id_global x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_scoped(struct rill_id_scoped x)
{
	struct rill_arg a = rill_arg_string(x.scope);

	a.word = x.value;
	a.type = x.type;
	return a;
}
RILL_INLINE struct rill_id rill_id_of_number(uint64_t x) { struct rill_id i = { x }; return i; }
RILL_INLINE struct rill_id rill_id_of_pointer(const volatile void *x) { return rill_id_of_number((uintptr_t)x); }
RILL_INLINE struct rill_id_scoped rill_id_scope(const char *scope, uint64_t value, uint8_t type)
{
	struct rill_id_scoped i = { value, scope, type };
	return i;
}

#define RILL_LONG_SIGNED (sizeof(long) == 8 ? RILL_TYPE_I64 : RILL_TYPE_I32)
#define RILL_LONG_UNSIGNED (sizeof(long) == 8 ? RILL_TYPE_U64 : RILL_TYPE_U32)

#ifdef __cplusplus
}
#define RILL_STRUCT(type) type

/* X(C++ type, type code, maker): overloads give the code by the size of their result, and the value. */
#define RILL_CXX_TYPES(X)                                                                          \
	X(bool, RILL_TYPE_BOOL, unsigned)                                                          \
	X(char, RILL_TYPE_I8, signed) X(signed char, RILL_TYPE_I8, signed)                         \
	X(unsigned char, RILL_TYPE_U8, unsigned)                                                   \
	X(short, RILL_TYPE_I16, signed) X(unsigned short, RILL_TYPE_U16, unsigned)                 \
	X(int, RILL_TYPE_I32, signed) X(unsigned, RILL_TYPE_U32, unsigned)                         \
	X(long, RILL_LONG_SIGNED, signed) X(unsigned long, RILL_LONG_UNSIGNED, unsigned)           \
	X(long long, RILL_TYPE_I64, signed) X(unsigned long long, RILL_TYPE_U64, unsigned)         \
	X(float, RILL_TYPE_F32, float) X(double, RILL_TYPE_F64, double)                            \
	X(long double, RILL_TYPE_F64, double)                                                      \
	X(const char *, RILL_TYPE_STRING, string)                                                  \
	X(const volatile void *, RILL_TYPE_POINTER, pointer)                                       \
	X(rill_copy, RILL_TYPE_COPY, copy) X(rill_bytes, RILL_TYPE_BLOB, bytes)                    \
	X(rill_id, RILL_TYPE_ID, id) X(rill_id_local, RILL_TYPE_ID_LOCAL, id_local)                \
	X(rill_id_global, RILL_TYPE_ID_GLOBAL, id_global)                                          \
	X(rill_id_scoped, RILL_TYPE_ID_SCOPED, id_scoped)

namespace rill {
template <int N> struct type_code { char size[N]; };
#define RILL_CXX_OVERLOAD(type, code, maker)                                                       \
	type_code<code> code_of(type);                                                             \
	RILL_INLINE rill_arg arg_of(type x) { return rill_arg_##maker(x); }
RILL_CXX_TYPES(RILL_CXX_OVERLOAD)
#undef RILL_CXX_OVERLOAD
type_code<RILL_TYPE_POINTER> code_of(decltype(nullptr));
RILL_INLINE rill_arg arg_of(decltype(nullptr)) { return rill_arg_word(0); }
/* Enumerations, scoped or not, count as the integer behind them. */
template <class E>
using base_of = typename std::enable_if<std::is_enum<E>::value, std::underlying_type<E>>::type::type;
template <class E> auto code_of(E) -> decltype(code_of(base_of<E>()));
template <class E> RILL_INLINE auto arg_of(E e) -> decltype(arg_of(base_of<E>()))
{
	return arg_of((base_of<E>)e);
}
RILL_INLINE rill_id_local id_of(rill_id_local x) { return x; }
RILL_INLINE rill_id_global id_of(rill_id_global x) { return x; }
RILL_INLINE rill_id_scoped id_of(rill_id_scoped x) { return x; }
RILL_INLINE rill_id id_of(rill_id x) { return x; }
RILL_INLINE rill_id id_of(const volatile void *x) { return rill_id_of_pointer(x); }
template <class N> RILL_INLINE typename std::enable_if<std::is_arithmetic<N>::value, rill_id>::type id_of(N x)
{
	return rill_id_of_number((uint64_t)x);
}
RILL_INLINE rill_id_scoped scope_of(const char *s, rill_id x) { return rill_id_scope(s, x.value, RILL_TYPE_ID_SCOPED); }
RILL_INLINE rill_id_scoped scope_of(const char *s, rill_id_local x)
{
	return rill_id_scope(s, x.value, RILL_TYPE_ID_SCOPED_LOCAL);
}
RILL_INLINE rill_id_scoped scope_of(const char *s, rill_id_global x)
{
	return rill_id_scope(s, x.value, RILL_TYPE_ID_SCOPED_GLOBAL);
}
}
#define RILL_TYPE_OF(x) ((int)sizeof(rill::code_of(x)))
#define RILL_ARG(x) rill::typed(rill::arg_of(x), RILL_TYPE_OF(x))
#define RILL_ID_OF(x) rill::id_of(x)
#define RILL_SCOPE_OF(scope, x) rill::scope_of(scope, RILL_ID_OF(x))
namespace rill {
RILL_INLINE rill_arg typed(rill_arg a, int type) { if (!a.type) a.type = (uint8_t)type; return a; }
}
#else
#define RILL_STRUCT(type) (struct type)

/* `other` is chosen for pointers of any kind. */
#define RILL_BY_TYPE(x, i8, i16, i32, ilong, i64, u8, u16, u32, ulong, u64, boolean, f32, f64, text, copy,      \
		     bytes, id, id_local, id_global, id_scoped, other)                                         \
	_Generic((x), char: i8, signed char: i8, short: i16, int: i32, long: ilong, long long: i64,          \
		unsigned char: u8, unsigned short: u16, unsigned: u32, unsigned long: ulong,                \
		unsigned long long: u64, _Bool: boolean, float: f32, double: f64, long double: f64,          \
		char *: text, const char *: text, struct rill_copy: copy, struct rill_bytes: bytes,          \
		struct rill_id: id, struct rill_id_local: id_local, struct rill_id_global: id_global,        \
		struct rill_id_scoped: id_scoped, default: other)
#define RILL_TYPE_OF(x)                                                                            \
	RILL_BY_TYPE(x, RILL_TYPE_I8, RILL_TYPE_I16, RILL_TYPE_I32, (RILL_LONG_SIGNED), RILL_TYPE_I64,      \
		     RILL_TYPE_U8, RILL_TYPE_U16, RILL_TYPE_U32, (RILL_LONG_UNSIGNED), RILL_TYPE_U64,       \
		     RILL_TYPE_BOOL, RILL_TYPE_F32, RILL_TYPE_F64, RILL_TYPE_STRING, RILL_TYPE_COPY,          \
		     RILL_TYPE_BLOB, RILL_TYPE_ID, RILL_TYPE_ID_LOCAL, RILL_TYPE_ID_GLOBAL,                   \
		     RILL_TYPE_ID_SCOPED, RILL_TYPE_POINTER)
#define RILL_ARG(x)                                                                                \
	rill_typed(RILL_BY_TYPE(x, rill_arg_signed, rill_arg_signed, rill_arg_signed, rill_arg_signed,       \
				rill_arg_signed, rill_arg_unsigned, rill_arg_unsigned, rill_arg_unsigned,    \
				rill_arg_unsigned, rill_arg_unsigned, rill_arg_unsigned, rill_arg_float,     \
				rill_arg_double, rill_arg_string, rill_arg_copy, rill_arg_bytes, rill_arg_id,  \
				rill_arg_id_local, rill_arg_id_global, rill_arg_id_scoped,                    \
				rill_arg_pointer)(x),                                                       \
		   RILL_TYPE_OF(x))
RILL_INLINE struct rill_arg rill_typed(struct rill_arg a, int type)
{
	if (!a.type)
		a.type = (uint8_t)type;
	return a;
}
RILL_INLINE struct rill_id rill_id_same(struct rill_id x) { return x; }
RILL_INLINE struct rill_id_local rill_id_same_local(struct rill_id_local x) { return x; }
RILL_INLINE struct rill_id_global rill_id_same_global(struct rill_id_global x) { return x; }
RILL_INLINE struct rill_id_scoped rill_id_same_scoped(struct rill_id_scoped x) { return x; }
RILL_INLINE struct rill_id_scoped rill_scope_plain(const char *scope, uint64_t x)
{
	return rill_id_scope(scope, x, RILL_TYPE_ID_SCOPED);
}
RILL_INLINE struct rill_id_scoped rill_scope_local(const char *scope, struct rill_id_local x)
{
	return rill_id_scope(scope, x.value, RILL_TYPE_ID_SCOPED_LOCAL);
}
RILL_INLINE struct rill_id_scoped rill_scope_global(const char *scope, struct rill_id_global x)
{
	return rill_id_scope(scope, x.value, RILL_TYPE_ID_SCOPED_GLOBAL);
}
#define RILL_ID_OF(x)                                                                              \
	RILL_BY_TYPE(x, rill_id_of_number, rill_id_of_number, rill_id_of_number, rill_id_of_number,          \
		     rill_id_of_number, rill_id_of_number, rill_id_of_number, rill_id_of_number,            \
		     rill_id_of_number, rill_id_of_number, rill_id_of_number, rill_id_of_number,            \
		     rill_id_of_number, rill_id_of_pointer, rill_id_of_pointer, rill_id_of_pointer, rill_id_same, rill_id_same_local,           \
		     rill_id_same_global, rill_id_same_scoped, rill_id_of_pointer)(x)
#define RILL_SCOPE_OF(scope, x)                                                                    \
	_Generic((x), struct rill_id_local: rill_scope_local, struct rill_id_global: rill_scope_global,      \
		 default: rill_scope_plain)(scope, x)
#endif

/* ---- the test, per processor ---------------------------------------------------------------------- */

/* RILL_ASM_ADDRESS: the address of label 771 into the output h. */
#if defined(__x86_64__)
#define RILL_ASM_ADDRESS "lea 771b(%%rip), %[h]\n"
#elif defined(__i386__) && defined(__PIC__)
#define RILL_ASM_ADDRESS "call 778f\n778: pop %[h]\n add $771b-778b, %[h]\n"
#elif defined(__i386__)
#define RILL_ASM_ADDRESS "mov $771b, %[h]\n"
#elif defined(__aarch64__)
#define RILL_ASM_ADDRESS "adrp %[h], 771b\n add %[h], %[h], :lo12:771b\n"
#elif defined(__riscv)
#define RILL_ASM_ADDRESS "lla %[h], 771b\n"
#elif defined(__arm__) && defined(__thumb2__)
#define RILL_ASM_ADDRESS                                                                           \
	"movw %[h], #:lower16:(771b-(778f+4))\n movt %[h], #:upper16:(771b-(778f+4))\n778: add %[h], pc\n"
#elif defined(__arm__) && __ARM_ARCH >= 7
#define RILL_ASM_ADDRESS                                                                           \
	"movw %[h], #:lower16:(771b-(778f+8))\n movt %[h], #:upper16:(771b-(778f+8))\n778: add %[h], pc, %[h]\n"
#elif defined(__arm__)	/* v6: no movw; the distance lies behind a branch */
#define RILL_ASM_ADDRESS "ldr %[h], 776f\n778: add %[h], pc, %[h]\n b 779f\n776: .4byte 771b-(778b+8)\n779:\n"
#else
#error "rill knows no call sites for this processor: add its way to load a label's address here"
#endif

/* gcc's own name of a relocation that does nothing but keep its target alive under --gc-sections. */
#define RILL_ASM_SITE(category, name, args)                                                        \
	".pushsection .rodata.rill.str1.1,\"aMS?\",%%progbits,1\n"                                 \
	"773: .asciz \"" category "\"\n774: .asciz \"" name "\"\n775: .asciz \"" __FILE__ "\"\n"   \
	".popsection\n"                                                                            \
	".pushsection .rodata.rill_args,\"a?\",%%progbits\n770: " args " .byte 0\n.popsection\n"   \
	".pushsection rill_hot,\"aw?\",%%progbits\n.balign 4\n771: .byte 0, " RILL_ASM_EARLY ", 0, 0\n" \
	".reloc 771b, BFD_RELOC_NONE, 772f\n.popsection\n"                                         \
	".pushsection rill_sites,\"a?\",%%progbits\n.balign 4\n"                                   \
	"772: .4byte 773b-.\n.4byte 774b-.\n.4byte 775b-.\n.4byte 770b-.\n.4byte 771b-.\n"        \
	".4byte %c[line]\n.byte %c[phase], %c[nargs]\n.2byte %c[flags]\n.4byte 0\n"               \
	".org 772b + 32, 0\n.popsection\n"	/* refuses a longer entry */

/* RILL_EARLY in the build of an application: its events are kept from the first instruction on, before a session. */
#ifdef RILL_EARLY
#define RILL_ASM_EARLY "0x40"
#else
#define RILL_ASM_EARLY "0"
#endif

#define RILL_ASM_INPUTS(site_phase, site_flags, count)                                             \
	[line] "i"(__LINE__), [phase] "i"(site_phase), [flags] "i"(site_flags), [nargs] "i"(count)

/* Two ways to test. gcc on x86-64 (and clang from 17): compare and branch, no register; the cold path then has a twin
 * descriptor and hot word of its own, which merge into the same id (control sets both bytes; the second look
 * reads the cold one). Elsewhere: load the address, load the byte, branch. Never asm goto with an output: gcc 12 -O1
 * lets it overwrite a variable on the way not taken. clang 14 refuses asm goto beside a cleanup. */
#if defined(__x86_64__) && !defined(RILL_SITE_BY_ADDRESS) && (!defined(__clang__) || __clang_major__ >= 17)
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	__asm__ goto(site "cmpb $0, 771b+1(%%rip)\n jne %l[" #label "]"                            \
		     : : RILL_ASM_INPUTS(phase, flags, count) types : "cc" : label)
#define RILL_ASM_WHERE(var, site, phase, flags, count, types)                                        \
	__asm__ volatile(site RILL_ASM_ADDRESS : [h] "=r"(var) : RILL_ASM_INPUTS(phase, flags, count) types : "cc");
#else
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	__asm__ volatile(site RILL_ASM_ADDRESS : [h] "=r"(var) : RILL_ASM_INPUTS(phase, flags, count) types : "cc"); \
	if (__builtin_expect(*(const volatile uint8_t *)&(var)->enabled, 0))                         \
		goto label
#define RILL_ASM_WHERE(var, site, phase, flags, count, types)
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
		    H, I, N, ...) N
/* Counts the pairs behind the name; `odd` (an error by its name) where a key has no value. */
#define RILL_PAIRS(...)                                                                            \
	RILL_PAIRS_(__VA_ARGS__, 17, odd, 16, odd, 15, odd, 14, odd, 13, odd, 12, odd, 11, odd, 10, odd, 9,  \
		    odd, 8, odd, 7, odd, 6, odd, 5, odd, 4, odd, 3, odd, 2, odd, 1, odd, 0, 0)
#define RILL_FIRST_(a, ...) a
#define RILL_JOIN_(a, b) a##b
#define RILL_JOIN(a, b) RILL_JOIN_(a, b)

#define RILL_PAIR_TEXT(i, key, value) ".byte %c[a" #i "]\n.asciz \"" key "\"\n"
#define RILL_PAIR_TYPE(i, key, value) , [a##i] "i"(RILL_TYPE_OF(value))
#define RILL_PAIR_CHECK(i, key, value) RILL_PLAIN(key)
#define RILL_PAIR_ARG(i, key, value) RILL_ARG(value),
#define RILL_PAIR_SCALAR(i, key, value) && !RILL_TYPE_HAS_TAIL(RILL_TYPE_OF(value))

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
#define RILL_PLAIN(s) rill_plain(s);
#endif

#ifdef __clang__
#define RILL_COLD_LABEL __attribute__((unused))
#else
#define RILL_COLD_LABEL __attribute__((cold, unused))
#endif

/* ---- an event: test; behind the label, out of the way, take each value once and hand it over ------- */

/* Up to two scalars travel in registers; everything else as an array. `scalars` is a constant. */
RILL_INLINE void rill_send(const struct rill_hot *h, int scalars, unsigned count, const struct rill_arg *args)
{
	if (scalars && count == 0)
		rill_emit0(h);
	else if (scalars && count == 1)
		rill_emit1(h, args[0].word);
	else if (scalars && count == 2)
		rill_emit2(h, args[0].word, args[1].word);
	else
		rill_emit_args(h, count, args);
}
#define RILL_SEND(state, h, scalars, count, args) rill_send(h, scalars, count, args);
#define RILL_SEND_BEGIN(state, h, scalars, count, args) rill_scope_enter(&(state), h, count, args);

/* phase letter, flags, what to do behind the label (RILL_SEND, or RILL_SEND_BEGIN with the scope's state), category;
 * then the name and the pairs. */
#define RILL_EVENT(phase, flags, hand_over, state, category, ...)                                  \
	RILL_EVENT_1(RILL_JOIN(rill_on_, __COUNTER__), phase, flags, hand_over, state, category,   \
		     RILL_PAIRS(__VA_ARGS__), __VA_ARGS__)
#define RILL_EVENT_1(label, phase, flags, hand_over, state, category, count, ...)                  \
	RILL_EVENT_2(label, phase, flags, hand_over, state, category, count,                       \
		     RILL_JOIN(RILL_EACH_, count), __VA_ARGS__)
#define RILL_EVENT_2(label, phase, flags, hand_over, state, category, count, EACH, ...)            \
	do {                                                                                       \
		const struct rill_hot *rill_h;                                                     \
		RILL_ASM_TEST(rill_h, label,                                                       \
			      RILL_ASM_SITE(category, RILL_FIRST_(__VA_ARGS__, 0), EACH(RILL_PAIR_TEXT, __VA_ARGS__)), \
			      phase, flags, count, EACH(RILL_PAIR_TYPE, __VA_ARGS__));             \
		if (0) {                                                                           \
		label: RILL_COLD_LABEL;                                                            \
			RILL_ASM_WHERE(rill_h,                                                     \
				RILL_ASM_SITE(category, RILL_FIRST_(__VA_ARGS__, 0), EACH(RILL_PAIR_TEXT, __VA_ARGS__)), \
				phase, flags, count, EACH(RILL_PAIR_TYPE, __VA_ARGS__))            \
			RILL_PLAIN(category) RILL_PLAIN(RILL_FIRST_(__VA_ARGS__, 0))               \
			EACH(RILL_PAIR_CHECK, __VA_ARGS__)                                         \
			const struct rill_arg rill_args[count + 1] = {                             \
				EACH(RILL_PAIR_ARG, __VA_ARGS__) { 0, NULL, 0, 0 } };              \
			hand_over(state, rill_h, (1 EACH(RILL_PAIR_SCALAR, __VA_ARGS__)), count, rill_args) \
		}                                                                                  \
	} while (0)

/* ---- a scope: the end is written when the begin was, and carries the begin's ticks ----------------- */

RILL_INLINE void rill_scope_enter(struct rill_scope *s, const struct rill_hot *h, unsigned count,
				  const struct rill_arg *args)
{
	const struct rill_begun b = rill_begin(h, count, args);

	if (b.sessions) {
		s->begin_ticks = b.ticks;
		s->sessions = (uint32_t)b.sessions;
		s->site = h;
	}
}
#ifdef __cplusplus
struct rill_scope_guard : rill_scope {
	rill_scope_guard() { site = nullptr; }
	~rill_scope_guard()
	{
		if (__builtin_expect(site != nullptr, 0))
			rill_end(begin_ticks, site, sessions);
	}
	rill_scope_guard(const rill_scope_guard &) = delete;
	rill_scope_guard &operator=(const rill_scope_guard &) = delete;
};
#define RILL_SCOPE_STATE(var) rill_scope_guard var
#else
RILL_INLINE void rill_scope_leave(struct rill_scope *s)
{
	if (__builtin_expect(s->site != NULL, 0))
		rill_end(s->begin_ticks, s->site, s->sessions);
}
#define RILL_SCOPE_STATE(var)                                                                      \
	struct rill_scope var __attribute__((cleanup(rill_scope_leave)));                          \
	var.site = NULL
#endif

#endif
