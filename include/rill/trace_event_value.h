/* SPDX-License-Identifier: MIT
 * trace_event_value.h - how trace_event.h takes the type of an argument or an id from its
 * expression.
 *
 * Applications include trace_event.h. C picks by _Generic, C++ by overload; both end in the same
 * three small structs, which are passed by value and live as long as the statement.
 */
#ifndef RILL_TRACE_EVENT_VALUE_H
#define RILL_TRACE_EVENT_VALUE_H

#include "trace_event_api.h"
#include <stdbool.h>
#include <string.h>

/* One argument as the narrow API takes it. */
struct rill_te_value {
	uint64_t word;
	uint8_t type;		/* TRACE_VALUE_TYPE_... */
};

/* All arguments of one event. */
#define RILL_TE_ARGS_MAX 3
struct rill_te_args {
	uint64_t words[RILL_TE_ARGS_MAX];
	const char *names[RILL_TE_ARGS_MAX];
	uint8_t types[RILL_TE_ARGS_MAX];
	uint8_t count;
};

/* An id with everything that can be said about it. */
struct rill_te_id {
	uint64_t raw;
	uint64_t prefix;	/* shown by TRACE_LINK_IDS only */
	const char *scope;
	unsigned flags;		/* HAS_ID, HAS_LOCAL_ID or HAS_GLOBAL_ID; MANGLE_ID */
	bool has_prefix;
};

/* Made by TRACE_STR_COPY. */
struct rill_te_copy {
	const char *text;
};

/* ---- makers -------------------------------------------------------------------------------- */

RILL_TE_INLINE struct rill_te_value rill_te_word(uint64_t word, uint8_t type)
{
	struct rill_te_value v = { word, type };

	return v;
}
RILL_TE_INLINE struct rill_te_value rill_te_bool(bool x)
{
	return rill_te_word(x, TRACE_VALUE_TYPE_BOOL);
}
RILL_TE_INLINE struct rill_te_value rill_te_signed(int64_t x)
{
	return rill_te_word((uint64_t)x, TRACE_VALUE_TYPE_INT);
}
RILL_TE_INLINE struct rill_te_value rill_te_unsigned(uint64_t x)
{
	return rill_te_word(x, TRACE_VALUE_TYPE_UINT);
}
RILL_TE_INLINE struct rill_te_value rill_te_double(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return rill_te_word(bits, TRACE_VALUE_TYPE_DOUBLE);
}
RILL_TE_INLINE struct rill_te_value rill_te_pointer(const volatile void *x)
{
	return rill_te_word((uintptr_t)x, TRACE_VALUE_TYPE_POINTER);
}
RILL_TE_INLINE struct rill_te_value rill_te_string(const char *x)
{
	return rill_te_word((uintptr_t)x, TRACE_VALUE_TYPE_STRING);
}
RILL_TE_INLINE struct rill_te_value rill_te_copied(struct rill_te_copy x)
{
	return rill_te_word((uintptr_t)x.text, TRACE_VALUE_TYPE_COPY_STRING);
}
RILL_TE_INLINE struct rill_te_value rill_te_json(struct rill_convertable *x)
{
	return rill_te_word((uintptr_t)x, TRACE_VALUE_TYPE_CONVERTABLE);
}

RILL_TE_INLINE struct rill_te_id rill_te_id_make(uint64_t raw, unsigned flags)
{
	struct rill_te_id id = { raw, 0, NULL, flags, false };

	return id;
}
RILL_TE_INLINE struct rill_te_id rill_te_id_none(void)
{
	return rill_te_id_make(0, 0);
}
RILL_TE_INLINE struct rill_te_id rill_te_id_number(uint64_t x)
{
	return rill_te_id_make(x, TRACE_EVENT_FLAG_HAS_ID);
}
RILL_TE_INLINE struct rill_te_id rill_te_id_pointer(const volatile void *x)
{
	return rill_te_id_make((uintptr_t)x, TRACE_EVENT_FLAG_HAS_ID | TRACE_EVENT_FLAG_MANGLE_ID);
}
RILL_TE_INLINE struct rill_te_id rill_te_id_same(struct rill_te_id x)
{
	return x;
}
/* The same number under other flags: how TRACE_ID_LOCAL and its sisters work. */
RILL_TE_INLINE struct rill_te_id rill_te_id_as(struct rill_te_id x, unsigned flags)
{
	x.flags = flags;
	return x;
}
RILL_TE_INLINE struct rill_te_id rill_te_id_scoped(const char *scope, struct rill_te_id x)
{
	x.scope = scope;
	return x;
}
RILL_TE_INLINE struct rill_te_id rill_te_id_prefixed(const char *scope, uint64_t prefix,
						     struct rill_te_id x)
{
	x.scope = scope;
	x.prefix = prefix;
	x.has_prefix = true;
	return x;
}

RILL_TE_INLINE void rill_te_take(struct rill_te_args *a, const char *name, struct rill_te_value v)
{
	a->names[a->count] = name;
	a->words[a->count] = v.word;
	a->types[a->count] = v.type;
	a->count++;
}
RILL_TE_INLINE struct rill_te_args rill_te_args0(void)
{
	struct rill_te_args a;

	a.count = 0;
	return a;
}
RILL_TE_INLINE struct rill_te_args rill_te_args1(const char *n1, struct rill_te_value v1)
{
	struct rill_te_args a = rill_te_args0();

	rill_te_take(&a, n1, v1);
	return a;
}
RILL_TE_INLINE struct rill_te_args rill_te_args2(const char *n1, struct rill_te_value v1,
						 const char *n2, struct rill_te_value v2)
{
	struct rill_te_args a = rill_te_args1(n1, v1);

	rill_te_take(&a, n2, v2);
	return a;
}
RILL_TE_INLINE struct rill_te_args rill_te_args3(const char *n1, struct rill_te_value v1,
						 const char *n2, struct rill_te_value v2,
						 const char *n3, struct rill_te_value v3)
{
	struct rill_te_args a = rill_te_args2(n1, v1, n2, v2);

	rill_te_take(&a, n3, v3);
	return a;
}

/* ---- C ------------------------------------------------------------------------------------- */

#ifndef __cplusplus

#define RILL_TE_VALUE(x)                                                                        \
	_Generic((x),                                                                           \
		bool: rill_te_bool,                                                             \
		char: rill_te_signed, signed char: rill_te_signed, short: rill_te_signed,       \
		int: rill_te_signed, long: rill_te_signed, long long: rill_te_signed,           \
		unsigned char: rill_te_unsigned, unsigned short: rill_te_unsigned,              \
		unsigned: rill_te_unsigned, unsigned long: rill_te_unsigned,                    \
		unsigned long long: rill_te_unsigned,                                           \
		float: rill_te_double, double: rill_te_double, long double: rill_te_double,     \
		char *: rill_te_string, const char *: rill_te_string,                           \
		struct rill_te_copy: rill_te_copied,                                            \
		struct rill_convertable *: rill_te_json,                                        \
		default: rill_te_pointer)(x)

#define RILL_TE_ID(x)                                                                           \
	_Generic((x),                                                                           \
		struct rill_te_id: rill_te_id_same,                                             \
		bool: rill_te_id_number, char: rill_te_id_number,                               \
		signed char: rill_te_id_number, unsigned char: rill_te_id_number,               \
		short: rill_te_id_number, unsigned short: rill_te_id_number,                    \
		int: rill_te_id_number, unsigned: rill_te_id_number,                            \
		long: rill_te_id_number, unsigned long: rill_te_id_number,                      \
		long long: rill_te_id_number, unsigned long long: rill_te_id_number,            \
		default: rill_te_id_pointer)(x)

#define RILL_TE_STRUCT(type) (struct type)

#else

/* ---- C++ ----------------------------------------------------------------------------------- */

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace rill {

/* An argument that writes itself: derive from it, give it away as std::unique_ptr. See struct
 * rill_convertable for when it is asked and destroyed; an exception out of AppendAsTraceFormat()
 * ends its text there. */
class ConvertableToTraceFormat {
public:
	ConvertableToTraceFormat() : view_(this) {}
	virtual ~ConvertableToTraceFormat() {}
	/* Appends JSON to *out. */
	virtual void AppendAsTraceFormat(std::string *out) const = 0;

	ConvertableToTraceFormat(const ConvertableToTraceFormat &) = delete;
	ConvertableToTraceFormat &operator=(const ConvertableToTraceFormat &) = delete;

	/* What the narrow API gets: owns the object from here on. */
	static rill_convertable *give(std::unique_ptr<ConvertableToTraceFormat> object)
	{
		return object ? &object.release()->view_ : nullptr;
	}

private:
	struct View : rill_convertable {
		explicit View(ConvertableToTraceFormat *o) : object(o)
		{
			append = append_to;
			destroy = destroy_object;
		}
		static ConvertableToTraceFormat *of(rill_convertable *c)
		{
			return static_cast<View *>(c)->object;
		}
		static void append_to(rill_convertable *c, rill_text *text)
		{
			std::string out;

#ifdef __EXCEPTIONS	/* nothing may be thrown through librill, which is C */
			try {
				of(c)->AppendAsTraceFormat(&out);
			} catch (...) {
			}
#else
			of(c)->AppendAsTraceFormat(&out);
#endif
			text->append(text, out.data(), out.size());
		}
		static void destroy_object(rill_convertable *c) { delete of(c); }
		ConvertableToTraceFormat *object;
	} view_;
};

} // namespace rill

template <class T>
RILL_TE_INLINE typename std::enable_if<std::is_integral<T>::value, rill_te_value>::type
rill_te_of(T x)
{
	return std::is_same<T, bool>::value ? rill_te_bool(x != 0)
	     : std::is_signed<T>::value ? rill_te_signed((int64_t)x)
					: rill_te_unsigned((uint64_t)x);
}
template <class T>
RILL_TE_INLINE typename std::enable_if<std::is_enum<T>::value, rill_te_value>::type rill_te_of(T x)
{
	return rill_te_of((typename std::underlying_type<T>::type)x);
}
template <class T>
RILL_TE_INLINE typename std::enable_if<std::is_floating_point<T>::value, rill_te_value>::type
rill_te_of(T x)
{
	return rill_te_double((double)x);
}
RILL_TE_INLINE rill_te_value rill_te_of(const char *x) { return rill_te_string(x); }
RILL_TE_INLINE rill_te_value rill_te_of(const volatile void *x) { return rill_te_pointer(x); }
RILL_TE_INLINE rill_te_value rill_te_of(std::nullptr_t) { return rill_te_pointer(nullptr); }
RILL_TE_INLINE rill_te_value rill_te_of(rill_te_copy x) { return rill_te_copied(x); }
RILL_TE_INLINE rill_te_value rill_te_of(rill_convertable *x) { return rill_te_json(x); }
RILL_TE_INLINE rill_te_value rill_te_of(const std::string &x)
{
	return rill_te_copied(rill_te_copy{ x.c_str() });
}
template <class T>
RILL_TE_INLINE typename std::enable_if<std::is_base_of<rill::ConvertableToTraceFormat, T>::value,
				       rill_te_value>::type
rill_te_of(std::unique_ptr<T> x)
{
	return rill_te_json(rill::ConvertableToTraceFormat::give(std::move(x)));
}

template <class T>
RILL_TE_INLINE typename std::enable_if<std::is_integral<T>::value || std::is_enum<T>::value,
				       rill_te_id>::type
rill_te_id_of(T x)
{
	return rill_te_id_number((uint64_t)x);
}
RILL_TE_INLINE rill_te_id rill_te_id_of(const volatile void *x) { return rill_te_id_pointer(x); }
RILL_TE_INLINE rill_te_id rill_te_id_of(std::nullptr_t) { return rill_te_id_pointer(nullptr); }
RILL_TE_INLINE rill_te_id rill_te_id_of(rill_te_id x) { return x; }

#define RILL_TE_VALUE(x) rill_te_of(x)
#define RILL_TE_ID(x) rill_te_id_of(x)
#define RILL_TE_STRUCT(type) type

#endif
#endif
