/* SPDX-License-Identifier: MIT
 * trace_event_api.h - the narrow API under trace_event.h, and the numbers of Chromium's
 * trace_event.
 *
 * Every macro of trace_event.h ends in the TRACE_EVENT_API_* names below and in nothing else. A
 * program that has a tracer of its own defines those it wants to replace before it includes
 * trace_event.h.
 *
 * Three ways to use it:
 *     plainly                       the names call librill, which the program links with;
 *     own definitions               the names are the program's, librill is not needed for them;
 *     RILL_TRACE_EVENT_STANDALONE   defined before the include, in a library that shall build and
 *                                   run without rill: the names go through one pointer per shared
 *                                   object, NULL (everything off) until the library's host hands
 *                                   over librill's table.
 *
 *         in the library      void mylib_trace(const struct rill_trace_event_api *api)
 *                             {
 *                                     rill_trace_event_connect(api);
 *                             }
 *         in its host         mylib_trace(rill_trace_event_api());
 *
 * Such a library may carry its own copies of the headers trace_event*.h; they need each other and
 * the compiler's headers only. While it is not connected a call site loads and tests that
 * pointer: no call, nothing else.
 *
 * C11 and C++11, gcc and clang.
 */
#ifndef RILL_TRACE_EVENT_API_H
#define RILL_TRACE_EVENT_API_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* ---- numbers (Chromium's) ------------------------------------------------------------------ */

#define TRACE_EVENT_PHASE_BEGIN ('B')
#define TRACE_EVENT_PHASE_END ('E')
#define TRACE_EVENT_PHASE_COMPLETE ('X')
#define TRACE_EVENT_PHASE_INSTANT ('I')
#define TRACE_EVENT_PHASE_ASYNC_BEGIN ('S')
#define TRACE_EVENT_PHASE_ASYNC_STEP_INTO ('T')
#define TRACE_EVENT_PHASE_ASYNC_STEP_PAST ('p')
#define TRACE_EVENT_PHASE_ASYNC_END ('F')
#define TRACE_EVENT_PHASE_NESTABLE_ASYNC_BEGIN ('b')
#define TRACE_EVENT_PHASE_NESTABLE_ASYNC_END ('e')
#define TRACE_EVENT_PHASE_NESTABLE_ASYNC_INSTANT ('n')
#define TRACE_EVENT_PHASE_FLOW_BEGIN ('s')
#define TRACE_EVENT_PHASE_FLOW_STEP ('t')
#define TRACE_EVENT_PHASE_FLOW_END ('f')
#define TRACE_EVENT_PHASE_METADATA ('M')
#define TRACE_EVENT_PHASE_COUNTER ('C')
#define TRACE_EVENT_PHASE_SAMPLE ('P')
#define TRACE_EVENT_PHASE_CREATE_OBJECT ('N')
#define TRACE_EVENT_PHASE_SNAPSHOT_OBJECT ('O')
#define TRACE_EVENT_PHASE_DELETE_OBJECT ('D')
#define TRACE_EVENT_PHASE_MEMORY_DUMP ('v')
#define TRACE_EVENT_PHASE_MARK ('R')
#define TRACE_EVENT_PHASE_CLOCK_SYNC ('c')
#define TRACE_EVENT_PHASE_ENTER_CONTEXT ('(')
#define TRACE_EVENT_PHASE_LEAVE_CONTEXT (')')
#define TRACE_EVENT_PHASE_LINK_IDS ('=')

#define TRACE_EVENT_FLAG_NONE (0u)
#define TRACE_EVENT_FLAG_COPY (1u << 0)
#define TRACE_EVENT_FLAG_HAS_ID (1u << 1)
#define TRACE_EVENT_FLAG_MANGLE_ID (1u << 2)
#define TRACE_EVENT_FLAG_SCOPE_OFFSET (1u << 3)
#define TRACE_EVENT_FLAG_SCOPE_EXTRA (1u << 4)
#define TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP (1u << 5)
#define TRACE_EVENT_FLAG_ASYNC_TTS (1u << 6)
#define TRACE_EVENT_FLAG_BIND_TO_ENCLOSING (1u << 7)
#define TRACE_EVENT_FLAG_FLOW_IN (1u << 8)
#define TRACE_EVENT_FLAG_FLOW_OUT (1u << 9)
#define TRACE_EVENT_FLAG_HAS_CONTEXT_ID (1u << 10)
#define TRACE_EVENT_FLAG_HAS_PROCESS_ID (1u << 11)
#define TRACE_EVENT_FLAG_HAS_LOCAL_ID (1u << 12)
#define TRACE_EVENT_FLAG_HAS_GLOBAL_ID (1u << 13)
#define TRACE_EVENT_FLAG_SCOPE_MASK (TRACE_EVENT_FLAG_SCOPE_OFFSET | TRACE_EVENT_FLAG_SCOPE_EXTRA)

/* How far an instant reaches: everything, its process, its thread. */
#define TRACE_EVENT_SCOPE_GLOBAL (0u << 3)
#define TRACE_EVENT_SCOPE_PROCESS (1u << 3)
#define TRACE_EVENT_SCOPE_THREAD (2u << 3)
#define TRACE_EVENT_SCOPE_NAME_GLOBAL ('g')
#define TRACE_EVENT_SCOPE_NAME_PROCESS ('p')
#define TRACE_EVENT_SCOPE_NAME_THREAD ('t')

/* What a 64-bit argument word holds: the number (signed ones sign-extended, bool 0 or 1), the
 * bits of a double, or a pointer: to anything, to a text that ends with NUL, to a struct
 * rill_convertable. */
#define TRACE_VALUE_TYPE_BOOL (1)
#define TRACE_VALUE_TYPE_UINT (2)
#define TRACE_VALUE_TYPE_INT (3)
#define TRACE_VALUE_TYPE_DOUBLE (4)
#define TRACE_VALUE_TYPE_POINTER (5)
#define TRACE_VALUE_TYPE_STRING (6)
#define TRACE_VALUE_TYPE_COPY_STRING (7)
#define TRACE_VALUE_TYPE_CONVERTABLE (8)

/* ---- arguments that write themselves ------------------------------------------------------- */

/* Where a convertable's text goes: call append as often as needed. The bytes are copied. */
struct rill_text {
	void (*append)(struct rill_text *text, const char *bytes, size_t size);
};

/* An argument that is a piece of JSON. Handing it over gives it away: append() is called at most
 * once, at once, in the thread of the call site, and destroy() (may be NULL) exactly once, also
 * when the event turned out to be off (then without append). The macros evaluate their arguments
 * only while the category is on, so create it inside the argument list. Together at most 60 000
 * bytes per event; longer ones are recorded as text that is cut and ends in "...". The first 1
 * KiB needs no heap: keep to it in signal handlers. append() may itself emit events. */
struct rill_convertable {
	void (*append)(struct rill_convertable *self, struct rill_text *text);
	void (*destroy)(struct rill_convertable *self);
};

/* ---- librill's side ------------------------------------------------------------------------ */

#ifndef RILL_API
#define RILL_API __attribute__((visibility("default")))
#endif

/* Records one event. `enabled` comes from rill_category(). Names, texts and convertables are
 * copied into the record at once, so TRACE_EVENT_FLAG_COPY changes nothing but the flag. Any
 * number of arguments (what is over 240 is left out). `flags` says which of id, bind_id, pid and time_us
 * (microseconds of CLOCK_MONOTONIC) count; tid 0 is the calling thread. MANGLE_ID: the ids are
 * mixed with the process id. Returns a handle for phase 'X', 0: not recorded. Any thread, signal
 * handlers too (for convertables see there); wait-free. */
typedef uint64_t rill_trace_event_adder(char phase, const uint8_t *enabled, const char *name,
					const char *scope, uint64_t id, uint64_t bind_id,
					int num_args, const char *const *arg_names,
					const uint8_t *arg_types, const uint64_t *arg_values,
					unsigned flags, int32_t pid, int32_t tid, int64_t time_us);
#ifndef RILL_DISABLED
RILL_API rill_trace_event_adder rill_trace_event_add;

/* What MANGLE_ID makes of an id in this process: pointers of two processes get different ids.
 * Same callers. */
RILL_API uint64_t rill_trace_event_mangle(uint64_t id);

/* The calling thread's id. Same callers. */
RILL_API int32_t rill_trace_event_thread_id(void);

/* From trace.h and session.h. */
RILL_API const uint8_t *rill_category(const char *group);
RILL_API const char *rill_category_name(const uint8_t *enabled);
RILL_API void rill_end_event(const uint8_t *enabled, const char *name, uint64_t handle);
RILL_API void rill_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle,
				int32_t tid, int64_t now_us, int64_t thread_now_us);
RILL_API int rill_traces_recorded(void);
#endif

/* The above as a table, for headers that were copied. Only ever grows at its end; `version`
 * changes when a member does. The bytes that category() returns are permanent. */
#define RILL_TRACE_EVENT_API_VERSION 1u
struct rill_trace_event_api {
	uint32_t size;			/* sizeof(struct rill_trace_event_api) in librill */
	uint32_t version;
	const uint8_t *(*category)(const char *group);
	const char *(*category_name)(const uint8_t *enabled);
	int (*traces_recorded)(void);
	rill_trace_event_adder *add;
	void (*end)(const uint8_t *enabled, const char *name, uint64_t handle);
	void (*end_at)(const uint8_t *enabled, const char *name, uint64_t handle, int32_t tid,
		       int64_t now_us, int64_t thread_now_us);
	uint64_t (*mangle)(uint64_t id);
	int32_t (*thread_id)(void);
};
#ifndef RILL_DISABLED
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"	/* in C++ a function may not share a struct's name */
RILL_API const struct rill_trace_event_api *rill_trace_event_api(void);
#pragma GCC diagnostic pop
#endif

#define RILL_TE_INLINE static inline __attribute__((unused))
/* What runs only while a category is on: the attribute keeps its calls out of the hot text. */
#define RILL_TE_COLD static inline __attribute__((unused, cold))
#define RILL_TE_RARELY(x) __builtin_expect(!!(x), 0)

#ifdef RILL_DISABLED

#include "trace_event_off.h"

#else

/* The byte of every category while there is nobody to ask; never kept by a call site. */
static const uint8_t rill_te_nobody __attribute__((unused)) = 0;

#endif

#if defined(RILL_TRACE_EVENT_STANDALONE) && !defined(RILL_DISABLED)

/* ---- the copied header's side: one pointer per executable or shared object ----------------- */

/* Weak and hidden: one copy however many files of the object include this, and none shared with
 * other objects. */
__attribute__((weak, visibility("hidden"))) const struct rill_trace_event_api *rill_te_connected;
__attribute__((weak, visibility("hidden"))) const struct rill_trace_event_api *rill_te_runtime;

/* Connects the call sites of this executable or shared object to a runtime; NULL disconnects
 * them. 0, or -EINVAL: the table is of another version or smaller than this header needs (librill
 * is older than the header), or -EBUSY: this object was connected to another runtime before,
 * whose bytes its call sites keep. Any thread, any time; lock-free. */
RILL_TE_INLINE int rill_trace_event_connect(const struct rill_trace_event_api *api)
{
	const struct rill_trace_event_api *before = NULL;

	if (api) {
		if (api->version != RILL_TRACE_EVENT_API_VERSION || api->size < sizeof *api)
			return -EINVAL;
		__atomic_compare_exchange_n(&rill_te_runtime, &before, api, 0, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
		if (before && before != api)
			return -EBUSY;
	}
	/* Release: who sees the pointer must see the table filled in. Pairs with rill_te_api(). */
	__atomic_store_n(&rill_te_connected, api, __ATOMIC_RELEASE);
	return 0;
}

/* Relaxed: only a hint whether to go on; what is called then comes from rill_te_api(). */
#define RILL_TE_CONNECTED() RILL_TE_RARELY(__atomic_load_n(&rill_te_connected, __ATOMIC_RELAXED) != NULL)

RILL_TE_INLINE const struct rill_trace_event_api *rill_te_api(void)
{
	return __atomic_load_n(&rill_te_connected, __ATOMIC_ACQUIRE);
}
RILL_TE_INLINE const uint8_t *rill_te_category(const char *group)
{
	const struct rill_trace_event_api *api = rill_te_api();

	return api ? api->category(group) : &rill_te_nobody;
}
RILL_TE_INLINE const char *rill_te_category_name(const uint8_t *enabled)
{
	const struct rill_trace_event_api *api = rill_te_api();

	return api ? api->category_name(enabled) : NULL;
}
RILL_TE_INLINE int rill_te_traces_recorded(void)
{
	const struct rill_trace_event_api *api = rill_te_api();

	return api ? api->traces_recorded() : -1;
}
RILL_TE_INLINE void rill_te_destroy_all(int num_args, const uint8_t *types, const uint64_t *words)
{
	for (int i = 0; i < num_args; i++) {
		struct rill_convertable *c = (struct rill_convertable *)(uintptr_t)words[i];

		if (types[i] == TRACE_VALUE_TYPE_CONVERTABLE && c && c->destroy)
			c->destroy(c);
	}
}
RILL_TE_COLD uint64_t rill_te_add_event(char phase, const uint8_t *enabled, const char *name,
					const char *scope, uint64_t id, uint64_t bind_id,
					int num_args, const char *const *names,
					const uint8_t *types, const uint64_t *words,
					unsigned flags, int32_t pid, int32_t tid, int64_t time_us)
{
	const struct rill_trace_event_api *api = rill_te_api();

	if (api)
		return api->add(phase, enabled, name, scope, id, bind_id, num_args, names, types,
				words, flags, pid, tid, time_us);
	/* Disconnected since the test at the call site. */
	rill_te_destroy_all(num_args, types, words);
	return 0;
}
RILL_TE_INLINE void rill_te_end_event(const uint8_t *enabled, const char *name, uint64_t handle)
{
	const struct rill_trace_event_api *api = rill_te_api();

	if (api)
		api->end(enabled, name, handle);
}
RILL_TE_INLINE void rill_te_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle,
					 int32_t tid, int64_t now_us, int64_t thread_now_us)
{
	const struct rill_trace_event_api *api = rill_te_api();

	if (api)
		api->end_at(enabled, name, handle, tid, now_us, thread_now_us);
}
RILL_TE_INLINE uint64_t rill_te_mangle(uint64_t id)
{
	const struct rill_trace_event_api *api = rill_te_api();

	return api ? api->mangle(id) : id;
}
RILL_TE_INLINE int32_t rill_te_thread_id(void)
{
	const struct rill_trace_event_api *api = rill_te_api();

	return api ? api->thread_id() : 0;
}

#elif !defined(RILL_DISABLED)	/* linked with librill */

#define RILL_TE_CONNECTED() 1
#define rill_te_category rill_category
#define rill_te_category_name rill_category_name
#define rill_te_traces_recorded rill_traces_recorded
#define rill_te_add_event rill_trace_event_add
#define rill_te_end_event rill_end_event
#define rill_te_end_event_at rill_end_event_at
#define rill_te_mangle rill_trace_event_mangle
#define rill_te_thread_id rill_trace_event_thread_id

#endif

/* ---- the names ----------------------------------------------------------------------------- */

/* const uint8_t *(const char *group): never NULL, permanent, the same for the same text; 0 in it:
 * off. */
#ifndef TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED
#define TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED(group) rill_te_category(group)
#else	/* an embedder's registry: nothing to be connected */
#undef RILL_TE_CONNECTED
#define RILL_TE_CONNECTED() 1
#endif
/* const char *(const uint8_t *): the group's text. */
#ifndef TRACE_EVENT_API_GET_CATEGORY_GROUP_NAME
#define TRACE_EVENT_API_GET_CATEGORY_GROUP_NAME(enabled) rill_te_category_name(enabled)
#endif
/* int (): recordings started so far; -1 while none is running. */
#ifndef TRACE_EVENT_API_GET_NUM_TRACES_RECORDED
#define TRACE_EVENT_API_GET_NUM_TRACES_RECORDED() rill_te_traces_recorded()
#endif
/* uint64_t (char phase, const uint8_t *enabled, const char *name, const char *scope, uint64_t id,
 * uint64_t bind_id, int n, const char *const *names, const uint8_t *types, const uint64_t *words,
 * unsigned flags): handle, 0: dropped. */
#ifndef TRACE_EVENT_API_ADD_TRACE_EVENT
#define TRACE_EVENT_API_ADD_TRACE_EVENT(phase, enabled, name, scope, id, bind_id, n, names,     \
					types, words, flags)                                    \
	rill_te_add_event(phase, enabled, name, scope, id, bind_id, n, names, types, words,     \
			  flags, 0, 0, 0)
#endif
/* ... and when: int64_t microseconds. */
#ifndef TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_TIMESTAMP
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_TIMESTAMP(phase, enabled, name, scope, id,         \
						       bind_id, n, names, types, words, flags,  \
						       time_us)                                 \
	rill_te_add_event(phase, enabled, name, scope, id, bind_id, n, names, types, words,     \
			  (flags) | TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP, 0, 0, time_us)
#endif
/* ... and on behalf of which thread. */
#ifndef TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_THREAD_ID_AND_TIMESTAMP
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_THREAD_ID_AND_TIMESTAMP(                           \
	phase, enabled, name, scope, id, bind_id, n, names, types, words, flags, tid, time_us)  \
	rill_te_add_event(phase, enabled, name, scope, id, bind_id, n, names, types, words,     \
			  (flags) | TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP, 0, tid, time_us)
#endif
/* ... or of which process; the thread is then unknown, -1. */
#ifndef TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID(                                        \
	phase, enabled, name, scope, id, bind_id, n, names, types, words, flags, pid)           \
	rill_te_add_event(phase, enabled, name, scope, id, bind_id, n, names, types, words,     \
			  (flags) | TRACE_EVENT_FLAG_HAS_PROCESS_ID, pid, -1, 0)
#endif
/* Chromium's name for a begin with a flow's bind id. */
#ifndef TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_BIND_ID
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_BIND_ID TRACE_EVENT_API_ADD_TRACE_EVENT
#endif
/* (enabled, name, n, names, types, words, flags): an M event. */
#ifndef TRACE_EVENT_API_ADD_METADATA_EVENT
#define TRACE_EVENT_API_ADD_METADATA_EVENT(enabled, name, n, names, types, words, flags)        \
	rill_te_add_event(TRACE_EVENT_PHASE_METADATA, enabled, name, NULL, 0, 0, n, names,      \
			  types, words, flags, 0, 0, 0)
#endif
/* (enabled, name, handle): ends the slice; handle 0: nothing. */
#ifndef TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION
#define TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(enabled, name, handle)                      \
	rill_te_end_event(enabled, name, handle)
#endif
/* (enabled, name, handle, tid, now_us, thread_now_us): likewise with the caller's times. */
#ifndef TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION_EXPLICIT
#define TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION_EXPLICIT(enabled, name, handle, tid,        \
							     now_us, thread_now_us)             \
	rill_te_end_event_at(enabled, name, handle, tid, now_us, thread_now_us)
#endif
/* uint64_t (uint64_t id): what FLAG_MANGLE_ID makes of an id. */
#ifndef TRACE_EVENT_API_MANGLE_ID
#define TRACE_EVENT_API_MANGLE_ID(id) rill_te_mangle(id)
#endif
#ifndef TRACE_EVENT_API_CURRENT_THREAD_ID
#define TRACE_EVENT_API_CURRENT_THREAD_ID rill_te_thread_id()
#endif

/* A call site's memory: an integer that holds a pointer. Relaxed is enough: what it points to is
 * zero until somebody wants it, and an old value only delays the site by one look. */
#ifndef TRACE_EVENT_API_ATOMIC_WORD
#define TRACE_EVENT_API_ATOMIC_WORD intptr_t
#define TRACE_EVENT_API_ATOMIC_LOAD(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define TRACE_EVENT_API_ATOMIC_STORE(word, value)                                               \
	__atomic_store_n(&(word), (value), __ATOMIC_RELAXED)
#endif
#ifndef TRACE_EVENT_API_LOAD_CATEGORY_GROUP_ENABLED
#define TRACE_EVENT_API_LOAD_CATEGORY_GROUP_ENABLED(enabled)                                    \
	__atomic_load_n(enabled, __ATOMIC_RELAXED)
#endif
#ifndef TRACE_EVENT_API_CLASS_EXPORT
#define TRACE_EVENT_API_CLASS_EXPORT
#endif

#ifdef __cplusplus
}
#endif
#endif
