/* SPDX-License-Identifier: MIT
 * arg.h - one argument of an event: its type, taken from the expression, and its value. site.h includes it.
 *
 * RILL_TYPE_OF(x) is a constant (enum rill_type) that goes into the site's descriptor and does not evaluate x; RILL_ARG(x)
 * evaluates x once. C asks _Generic, C++ its overloads. C11 and C++11.
 */
#ifndef RILL_ARG_H
#define RILL_ARG_H

#include <rill/types.h>
#include <string.h>

#ifdef __cplusplus
#include <type_traits>
extern "C" {
#endif

/* One argument on its way into a record. Scalars in word; texts and blobs in tail (NULL: a null pointer). */
struct rill_arg {
	uint64_t word;
	const void *tail;
	uint32_t size;
	uint8_t type;		/* enum rill_type */
};

/* Wrappers that say what a bare number or pointer cannot. */
struct rill_copy { const char *text; uint32_t size_max; };
struct rill_bytes { const void *data; uint32_t size; };
struct rill_id { uint64_t value; };
struct rill_id_local { uint64_t value; };
struct rill_id_global { uint64_t value; };
struct rill_id_scoped { uint64_t value; const char *scope; uint8_t type; };

/* Processors that have entry points that keep registers (site.h, keep.h). RILL_KEEP: call sites use them. Scalable vectors are not
 * kept, and the first Thumb lacks the instructions. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define RILL_KEEP_ENTRY 0
#elif (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)
#define RILL_KEEP_ENTRY 1
#elif (defined(__riscv) && __riscv_xlen == 64) || (defined(__arm__) && (defined(__thumb2__) || !defined(__thumb__)))
#define RILL_KEEP_ENTRY 1
#else
#define RILL_KEEP_ENTRY 0
#endif
#if RILL_KEEP_ENTRY && !defined(__clang__) && !defined(RILL_SITE_BY_ADDRESS) && !defined(__ARM_FEATURE_SVE) && \
	!defined(__riscv_vector)
#define RILL_KEEP 1
#else
#define RILL_KEEP 0
#endif
/* In `type`: size is only a bound, and the runtime looks for the NUL, so that the call site has no call of strlen. */
#define RILL_ARG_UNMEASURED 0x80

#define RILL_INLINE static inline __attribute__((always_inline, unused))

/* A file whose events carry texts, or bytes, asks for a librill that takes them (site.h, object.h). Only code that hands one over asks:
 * by asm, since a variable of an inline function would be there in every file. Once for each file, and by none that compiles
 * rill out. */
#ifdef RILL_DISABLED
#define RILL_ARG_ASK(what) ((void)0)
#else
#ifdef __LP64__
#define RILL_ASM_POINTER ".8byte"
#else
#define RILL_ASM_POINTER ".4byte"
#endif
#define RILL_ARG_ASK(what)                                                                         \
	__asm__ volatile(".ifndef .Lrill_asked_for_" #what "\n"                                     \
			 ".pushsection .init_array.00101,\"aw\",%%init_array\n.balign %c[pointer]\n"    \
			 ".Lrill_asked_for_" #what ": " RILL_ASM_POINTER " rill_abi_2__needs_config_rill_arg_" #what "\n" \
			 ".popsection\n.endif" : : [pointer] "i"(sizeof(void *)))
#endif

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
RILL_INLINE struct rill_arg rill_arg_text(const char *x, size_t size_max, int type)
{
	struct rill_arg a = rill_arg_tail(x, size_max);

	a.type = (uint8_t)(type | RILL_ARG_UNMEASURED);
	return a;
}
RILL_INLINE struct rill_arg rill_arg_string_of(const char *x, int type)
{
	int known = __builtin_constant_p(x) ? __builtin_constant_p(__builtin_strlen(x)) : 0;	/* a literal's, unless at -O0 */

	RILL_ARG_ASK(texts);
	if (RILL_KEEP && !known)
		return rill_arg_text(x, UINT32_MAX, type);
	return rill_arg_tail(x, x ? strlen(x) : 0);
}
RILL_INLINE struct rill_arg rill_arg_string(const char *x) { return rill_arg_string_of(x, RILL_TYPE_STRING); }
RILL_INLINE struct rill_arg rill_arg_copy(struct rill_copy x)
{
	RILL_ARG_ASK(texts);
	if (RILL_KEEP)
		return rill_arg_text(x.text, x.size_max, RILL_TYPE_COPY);
	const void *end = x.text ? memchr(x.text, 0, x.size_max) : NULL;

	return rill_arg_tail(x.text, end ? (size_t)((const char *)end - x.text) : x.text ? x.size_max : 0);
}
RILL_INLINE struct rill_arg rill_arg_bytes(struct rill_bytes x)
{
	RILL_ARG_ASK(blobs);
	return rill_arg_tail(x.data, x.size);
}
RILL_INLINE struct rill_arg rill_arg_id(struct rill_id x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_local(struct rill_id_local x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_global(struct rill_id_global x) { return rill_arg_word(x.value); }
RILL_INLINE struct rill_arg rill_arg_id_scoped(struct rill_id_scoped x)
{
	struct rill_arg a = rill_arg_string_of(x.scope, x.type);

	a.word = x.value;
	a.type |= x.type;
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
/* A function's address turns into nothing but bool by itself. */
template <class R, class... A> type_code<RILL_TYPE_POINTER> code_of(R (*)(A...));
template <class R, class... A> RILL_INLINE rill_arg arg_of(R (*x)(A...)) { return rill_arg_word((uintptr_t)x); }
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

/* gcc gives bit-fields types of their own, which no branch names. Joined with 0LL such a number becomes long long, and
 * a pointer stays what it is; the structures, for which that would be an error, are left out. */
#define RILL_JOINED(x)                                                                             \
	(1 ? _Generic((x), struct rill_copy: 0, struct rill_bytes: 0, struct rill_id: 0,                \
		      struct rill_id_local: 0, struct rill_id_global: 0, struct rill_id_scoped: 0,      \
		      default: (x)) : 0LL)
#define RILL_NUMBER_OR(x, number, pointer) _Generic(RILL_JOINED(x), long long: number, default: pointer)

/* `other` is chosen for pointers of any kind, and for bit-fields. */
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
		     RILL_TYPE_ID_SCOPED, RILL_NUMBER_OR(x, RILL_TYPE_I64, RILL_TYPE_POINTER))
#define RILL_ARG(x)                                                                                \
	rill_typed(RILL_BY_TYPE(x, rill_arg_signed, rill_arg_signed, rill_arg_signed, rill_arg_signed,       \
				rill_arg_signed, rill_arg_unsigned, rill_arg_unsigned, rill_arg_unsigned,    \
				rill_arg_unsigned, rill_arg_unsigned, rill_arg_unsigned, rill_arg_float,     \
				rill_arg_double, rill_arg_string, rill_arg_copy, rill_arg_bytes, rill_arg_id,  \
				rill_arg_id_local, rill_arg_id_global, rill_arg_id_scoped,                    \
				RILL_NUMBER_OR(x, rill_arg_signed, rill_arg_pointer))(x),                                                       \
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
		     rill_id_of_number, rill_id_of_pointer, rill_id_of_pointer, rill_id_of_pointer, rill_id_same,         \
		     rill_id_same_local, rill_id_same_global, rill_id_same_scoped,                            \
		     RILL_NUMBER_OR(x, rill_id_of_number, rill_id_of_pointer))(x)
#define RILL_SCOPE_OF(scope, x)                                                                    \
	_Generic((x), struct rill_id_local: rill_scope_local, struct rill_id_global: rill_scope_global,      \
		 default: rill_scope_plain)(scope, x)
#endif

#endif
