/* SPDX-License-Identifier: MIT
 * dynamic.h - events whose names are known only at run time: for bindings, interpreters and copied headers.
 *
 * trace.h includes it; it needs no call sites and registers none. C11 and C++11.
 */
#ifndef RILL_DYNAMIC_H
#define RILL_DYNAMIC_H

#include <rill/arg.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The permanent enabled byte of a category group: 0 while nobody wants it. Never NULL, the same for the same text; registers
 * the group when it is new. When no more groups can be registered: a byte that stays 0, and one message.
 * Any thread, signal handlers too; lock-free, but for the first new name of a thread, which makes the thread known to RCU under a mutex. */
RILL_API const uint8_t *rill_category(const char *group);
/* The group's text, or NULL for a pointer that did not come from rill_category(). Same callers; wait-free. */
RILL_API const char *rill_category_name(const uint8_t *enabled);

/* One event with everything in it; names, texts and blobs are copied at once. */
struct rill_dynamic {
	const uint8_t *enabled;		/* from rill_category() */
	const char *name;
	const char *scope;		/* of the id, or NULL */
	const char *const *arg_names;
	const struct rill_arg *args;	/* type, and word or tail and size */
	uint64_t id, bind_id;
	int64_t time_us;		/* with RILL_FLAG_EXPLICIT_TIMESTAMP */
	uint32_t flags;			/* enum rill_flag: says which of the fields count */
	int32_t pid;			/* with RILL_FLAG_HAS_PROCESS_ID */
	int32_t tid;			/* another thread's id, or 0 */
	uint8_t nargs;			/* at most 240 */
	char phase;
};

/* Records it. Returns a handle (never 0) for rill_end_event(), or 0 if it was off or lost. Phase 'X' records the begin of a slice
 * that the handle closes. Any thread, signal handlers too; wait-free. */
RILL_API uint64_t rill_add_event(const struct rill_dynamic *event);
/* Ends the slice of a handle; 0: nothing. The second form on behalf of thread tid, with the caller's own times. */
RILL_API void rill_end_event(const uint8_t *enabled, const char *name, uint64_t handle);
RILL_API void rill_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle, int32_t tid, int64_t now_us,
				int64_t thread_now_us);

/* For bindings and interpreters: looks the category up, records if it is on, and returns whether it was on. An event for which it
 * went off on the way, by a stop at that very moment, is nobody's: false. Phase 'X' is a slice of no length. */
RILL_API bool rill_emit(char phase, const char *category, const char *name, uint64_t id, unsigned flags, unsigned nargs,
			const char *const *arg_names, const struct rill_arg *args);

#ifdef __cplusplus
}
#endif

#ifdef RILL_DISABLED
#include <rill/dynamic_off.h>
#endif

#endif
