/* SPDX-License-Identifier: MIT
 * trace_event_site.h - what stands behind one macro of trace_event.h: test, arguments, hand-over.
 *
 * Applications include trace_event.h. A call site keeps one word, the pointer to its category's
 * byte, and asks for it at its first hit; from then on it costs, while off: load the pointer,
 * load the byte, test. Category, name and arguments are evaluated only when they are needed.
 */
#ifndef RILL_TRACE_EVENT_SITE_H
#define RILL_TRACE_EVENT_SITE_H

#include "trace_event_value.h"

#ifndef RILL_DISABLED	/* else see trace_event_off.h */

/* ---- the word of a call site --------------------------------------------------------------- */

#ifdef __cplusplus
/* A static variable in an inline function or a template would be a unique global symbol, which
 * pins its library against dlclose. So the word is a member of a template without linkage, told
 * apart by a local class of the site; every instantiation of a function template around it has
 * its own. */
namespace {
template <class Site> struct rill_te_word_of {
	static TRACE_EVENT_API_ATOMIC_WORD word;
};
template <class Site> TRACE_EVENT_API_ATOMIC_WORD rill_te_word_of<Site>::word = 0;
} // namespace
#define RILL_TE_STATIC(site) struct site { char unused; }
#define RILL_TE_WORD(site) rill_te_word_of<site>::word
#else
#define RILL_TE_STATIC(site) static TRACE_EVENT_API_ATOMIC_WORD site
#define RILL_TE_WORD(site) site
#endif

/* The first hit of a call site: asks for its category's byte and keeps it, but not the one that
 * stands for "nobody to ask yet". */
__attribute__((returns_nonnull)) RILL_TE_COLD const uint8_t *
rill_te_first_hit(TRACE_EVENT_API_ATOMIC_WORD *word, const char *category)
{
	const uint8_t *enabled = TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED(category);

	if (enabled != &rill_te_nobody)
		TRACE_EVENT_API_ATOMIC_STORE(*word, (intptr_t)enabled);
	return enabled;
}

/* Declares `on`, the category's byte; NULL while not connected. */
#define RILL_TE_LOOK(on, site, category)                                                        \
	RILL_TE_STATIC(site);                                                                   \
	const uint8_t *on = NULL;                                                               \
	if (RILL_TE_CONNECTED()) {                                                              \
		on = (const uint8_t *)TRACE_EVENT_API_ATOMIC_LOAD(RILL_TE_WORD(site));          \
		if (RILL_TE_RARELY(!on))                                                        \
			on = rill_te_first_hit(&RILL_TE_WORD(site), category);                  \
	}
#define RILL_TE_IS_ON(on)                                                                       \
	RILL_TE_RARELY((on) && TRACE_EVENT_API_LOAD_CATEGORY_GROUP_ENABLED(on))

/* `call` runs, and what stands in it is evaluated, while the category is on; rill_te_on is its
 * byte. */
#define RILL_TE_WHEN_ON(category, call)                                                         \
	do {                                                                                    \
		RILL_TE_LOOK(rill_te_on, rill_te_site, category)                                \
		if (RILL_TE_IS_ON(rill_te_on))                                                  \
			call;                                                                   \
	} while (0)

#endif

/* ---- an event ------------------------------------------------------------------------------ */

RILL_TE_COLD uint64_t rill_te_add(char phase, const uint8_t *on, const char *name,
				  struct rill_te_id id, struct rill_te_id bind, unsigned flags,
				  struct rill_te_args a)
{
	/* The bind id's flags say HAS_ID as every id's do, but the event has none. */
	flags |= id.flags | (bind.flags & TRACE_EVENT_FLAG_MANGLE_ID);
	return TRACE_EVENT_API_ADD_TRACE_EVENT(phase, on, name, id.scope, id.raw, bind.raw, a.count,
					       a.names, a.types, a.words, flags);
}
RILL_TE_COLD uint64_t rill_te_add_at(char phase, const uint8_t *on, const char *name,
				     struct rill_te_id id, int64_t time_us, unsigned flags,
				     struct rill_te_args a)
{
	flags |= id.flags | TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP;
	return TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_TIMESTAMP(
		phase, on, name, id.scope, id.raw, (uint64_t)0, a.count, a.names, a.types, a.words,
		flags, time_us);
}
RILL_TE_COLD uint64_t rill_te_add_for(char phase, const uint8_t *on, const char *name,
				      struct rill_te_id id, int32_t tid, int64_t time_us,
				      unsigned flags, struct rill_te_args a)
{
	flags |= id.flags | TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP;
	return TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_THREAD_ID_AND_TIMESTAMP(
		phase, on, name, id.scope, id.raw, (uint64_t)0, a.count, a.names, a.types, a.words,
		flags, tid, time_us);
}
RILL_TE_COLD void rill_te_add_metadata(const uint8_t *on, const char *name, struct rill_te_args a)
{
	TRACE_EVENT_API_ADD_METADATA_EVENT(on, name, a.count, a.names, a.types, a.words,
					   TRACE_EVENT_FLAG_NONE);
}

/* The five shapes of the family: plain, with an id, at a time, both, and for another thread. */
#define RILL_TE_ADD(phase, category, name, flags, args)                                         \
	RILL_TE_WHEN_ON(category, rill_te_add(phase, rill_te_on, name, rill_te_id_none(),       \
					      rill_te_id_none(), flags, args))
#define RILL_TE_ADD_ID(phase, category, name, id, flags, args)                                  \
	RILL_TE_WHEN_ON(category, rill_te_add(phase, rill_te_on, name, RILL_TE_ID(id),          \
					      rill_te_id_none(), flags, args))
#define RILL_TE_ADD_AT(phase, category, name, time_us, flags, args)                             \
	RILL_TE_WHEN_ON(category, rill_te_add_at(phase, rill_te_on, name, rill_te_id_none(),    \
						 time_us, flags, args))
#define RILL_TE_ADD_ID_AT(phase, category, name, id, time_us, flags, args)                      \
	RILL_TE_WHEN_ON(category, rill_te_add_at(phase, rill_te_on, name, RILL_TE_ID(id),       \
						 time_us, flags, args))
#define RILL_TE_ADD_FOR(phase, category, name, id, tid, time_us, flags, args)                   \
	RILL_TE_WHEN_ON(category, rill_te_add_for(phase, rill_te_on, name, id, tid, time_us,    \
						  flags, args))

#define RILL_TE_0 rill_te_args0()
#define RILL_TE_1(n1, v1) rill_te_args1(n1, RILL_TE_VALUE(v1))
#define RILL_TE_2(n1, v1, n2, v2) rill_te_args2(n1, RILL_TE_VALUE(v1), n2, RILL_TE_VALUE(v2))
#define RILL_TE_3(n1, v1, n2, v2, n3, v3)                                                       \
	rill_te_args3(n1, RILL_TE_VALUE(v1), n2, RILL_TE_VALUE(v2), n3, RILL_TE_VALUE(v3))

#ifndef RILL_DISABLED

/* ---- a scope, and a context: the end is written when the begin was ------------------------- */

struct rill_te_scope {
	const uint8_t *on;	/* NULL: nothing to end */
	const char *name;
	uint64_t handle;
};
RILL_TE_COLD void rill_te_scope_begin(struct rill_te_scope *s, const uint8_t *on, const char *name,
				      struct rill_te_id bind, unsigned flags, struct rill_te_args a)
{
	s->handle = rill_te_add(TRACE_EVENT_PHASE_COMPLETE, on, name, rill_te_id_none(), bind,
				flags, a);
	s->name = name;
	s->on = s->handle ? on : NULL;
}
RILL_TE_COLD void rill_te_scope_finish(const struct rill_te_scope *s)
{
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(s->on, s->name, s->handle);
}
RILL_TE_INLINE void rill_te_scope_end(struct rill_te_scope *s)
{
	if (RILL_TE_RARELY(s->on))
		rill_te_scope_finish(s);
}

struct rill_te_context {
	const uint8_t *on;	/* NULL: not entered */
	const char *name;
	struct rill_te_id id;
};
RILL_TE_COLD void rill_te_context_enter(struct rill_te_context *c, const uint8_t *on,
					const char *name, struct rill_te_id id)
{
	rill_te_add(TRACE_EVENT_PHASE_ENTER_CONTEXT, on, name, id, rill_te_id_none(),
		    TRACE_EVENT_FLAG_NONE, rill_te_args0());
	c->id = id;
	c->name = name;
	c->on = on;
}
RILL_TE_INLINE void rill_te_context_leave(struct rill_te_context *c)
{
	if (RILL_TE_RARELY(c->on))
		rill_te_add(TRACE_EVENT_PHASE_LEAVE_CONTEXT, c->on, c->name, c->id,
			    rill_te_id_none(), TRACE_EVENT_FLAG_NONE, rill_te_args0());
}

/* A variable that runs `leave` at the end of its block. */
#ifdef __cplusplus
template <class State, void (*leave)(State *)> struct rill_te_guard : State {
	rill_te_guard() { State::on = nullptr; }
	~rill_te_guard() { leave(this); }
	rill_te_guard(const rill_te_guard &) = delete;
	rill_te_guard &operator=(const rill_te_guard &) = delete;
};
#define RILL_TE_GUARD(state, leave, var) rill_te_guard<state, leave> var
#else
#define RILL_TE_GUARD(state, leave, var)                                                        \
	struct state var __attribute__((cleanup(leave)));                                       \
	var.on = NULL
#endif

#define RILL_TE_JOIN_(a, b) a##b
#define RILL_TE_JOIN(a, b) RILL_TE_JOIN_(a, b)
#define RILL_TE_SCOPED(category, name, bind, flags, args)                                       \
	RILL_TE_SCOPED_1(__COUNTER__, category, name, bind, flags, args)
#define RILL_TE_SCOPED_1(n, category, name, bind, flags, args)                                  \
	RILL_TE_SCOPED_2(RILL_TE_JOIN(rill_te_scope_, n), RILL_TE_JOIN(rill_te_on_, n),         \
			 RILL_TE_JOIN(rill_te_site_, n), category, name, bind, flags, args)
#define RILL_TE_SCOPED_2(var, on_, site, category, name, bind, flags, args)                     \
	RILL_TE_GUARD(rill_te_scope, rill_te_scope_end, var);                                   \
	RILL_TE_LOOK(on_, site, category)                                                       \
	if (RILL_TE_IS_ON(on_))                                                                 \
		rill_te_scope_begin(&var, on_, name, bind, flags, args)

#define RILL_TE_CONTEXT(category, name, id) RILL_TE_CONTEXT_1(__COUNTER__, category, name, id)
#define RILL_TE_CONTEXT_1(n, category, name, id)                                                \
	RILL_TE_CONTEXT_2(RILL_TE_JOIN(rill_te_context_, n), RILL_TE_JOIN(rill_te_on_, n),      \
			  RILL_TE_JOIN(rill_te_site_, n), category, name, id)
#define RILL_TE_CONTEXT_2(var, on_, site, category, name, id)                                   \
	RILL_TE_GUARD(rill_te_context, rill_te_context_leave, var);                             \
	RILL_TE_LOOK(on_, site, category)                                                       \
	if (RILL_TE_IS_ON(on_))                                                                 \
		rill_te_context_enter(&var, on_, name, RILL_TE_ID(id))

#endif

/* ---- linked ids: an argument that shows an id ---------------------------------------------- */

struct rill_te_linked {
	struct rill_convertable json;	/* first: the API's pointer to it is one to the whole */
	struct rill_te_id id;
};

RILL_TE_COLD void rill_te_put(struct rill_text *text, const char *s)
{
	text->append(text, s, strlen(s));
}
/* "0x2a" without the quotation marks; no printf, whose locale is the application's. */
RILL_TE_COLD void rill_te_put_hex(struct rill_text *text, uint64_t x)
{
	char digits[16];
	size_t n = 0;

	do {
		n++;
		digits[sizeof digits - n] = "0123456789abcdef"[x & 15];
		x >>= 4;
	} while (x);
	rill_te_put(text, "0x");
	text->append(text, digits + sizeof digits - n, n);
}
/* A string as JSON; control characters as \u00XX, all others as they are. */
RILL_TE_COLD void rill_te_put_string(struct rill_text *text, const char *s)
{
	rill_te_put(text, "\"");
	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;
		const char escape[6] = { '\\', 'u', '0', '0', (char)('0' + (c >> 4)),
					 "0123456789abcdef"[c & 15] };

		if (c < 0x20)
			text->append(text, escape, sizeof escape);
		else if (c == '"' || c == '\\')
			rill_te_put(text, c == '"' ? "\\\"" : "\\\\");
		else
			text->append(text, s, 1);
	}
	rill_te_put(text, "\"");
}
RILL_TE_COLD void rill_te_linked_append(struct rill_convertable *c, struct rill_text *text)
{
	const struct rill_te_id *id = &((const struct rill_te_linked *)(const void *)c)->id;
	const unsigned special = TRACE_EVENT_FLAG_HAS_LOCAL_ID | TRACE_EVENT_FLAG_HAS_GLOBAL_ID;
	const bool mangled = (id->flags & TRACE_EVENT_FLAG_MANGLE_ID) != 0;

	rill_te_put(text, "{");
	if (id->scope) {
		rill_te_put(text, "\"scope\":");
		rill_te_put_string(text, id->scope);
		rill_te_put(text, ",");
	}
	if (id->flags & TRACE_EVENT_FLAG_HAS_LOCAL_ID)
		rill_te_put(text, "\"id2\":{\"local\":\"");
	else if (id->flags & TRACE_EVENT_FLAG_HAS_GLOBAL_ID)
		rill_te_put(text, "\"id2\":{\"global\":\"");
	else
		rill_te_put(text, "\"id\":\"");
	if (id->has_prefix) {
		rill_te_put_hex(text, id->prefix);
		rill_te_put(text, "/");
	}
	rill_te_put_hex(text, mangled ? TRACE_EVENT_API_MANGLE_ID(id->raw) : id->raw);
	rill_te_put(text, id->flags & special ? "\"}}" : "\"}");
}
RILL_TE_COLD void rill_te_link(const uint8_t *on, const char *name, struct rill_te_id id,
			       struct rill_te_id linked)
{
	struct rill_te_linked l = { { rill_te_linked_append, NULL }, linked };

	rill_te_add(TRACE_EVENT_PHASE_LINK_IDS, on, name, id, rill_te_id_none(),
		    TRACE_EVENT_FLAG_NONE, rill_te_args1("linked_id", rill_te_json(&l.json)));
}

/* ---- once per recording -------------------------------------------------------------------- */

#ifndef RILL_DISABLED

/* True for the one caller that first sees this recording; recordings are counted from 1. */
RILL_TE_INLINE bool rill_te_is_new(TRACE_EVENT_API_ATOMIC_WORD *last,
				   TRACE_EVENT_API_ATOMIC_WORD recording)
{
	return recording > 0 && __atomic_exchange_n(last, recording, __ATOMIC_RELAXED) != recording;
}
#define RILL_TE_IS_NEW(ret)                                                                     \
	do {                                                                                    \
		RILL_TE_STATIC(rill_te_last);                                                   \
		*(ret) = rill_te_is_new(&RILL_TE_WORD(rill_te_last),                            \
					TRACE_EVENT_API_GET_NUM_TRACES_RECORDED());             \
	} while (0)

#endif

#endif
