/* SPDX-License-Identifier: MIT
 * trace_event_off.h - what stands behind trace_event.h where rill is compiled out (-DRILL_DISABLED).
 * trace_event_api.h includes it.
 *
 * Arguments stand in a branch that is never taken: the compiler checks them as it would check the
 * event, and writes nothing for them, also without optimisation. Names of the narrow API that the
 * program defines itself stay the program's.
 */
#ifndef RILL_TRACE_EVENT_OFF_H
#define RILL_TRACE_EVENT_OFF_H

#include "trace_event_api.h"
#ifdef RILL_DISABLED

#define RILL_TE_OFF static inline __attribute__((always_inline, unused))

RILL_TE_OFF uint64_t rill_trace_event_add(char phase, const uint8_t *enabled, const char *name,
					  const char *scope, uint64_t id, uint64_t bind_id,
					  int num_args, const char *const *arg_names,
					  const uint8_t *arg_types, const uint64_t *arg_values,
					  unsigned flags, int32_t pid, int32_t tid, int64_t time_us)
{
	(void)phase, (void)enabled, (void)name, (void)scope, (void)id, (void)bind_id;
	(void)num_args, (void)arg_names, (void)arg_types, (void)arg_values;
	(void)flags, (void)pid, (void)tid, (void)time_us;
	return 0;
}
RILL_TE_OFF uint64_t rill_trace_event_mangle(uint64_t id)
{
	return id;
}
RILL_TE_OFF int32_t rill_trace_event_thread_id(void)
{
	return 0;
}
/* There is no table, and what gets none is not connected. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"	/* in C++ a function may not share a struct's name */
RILL_TE_OFF const struct rill_trace_event_api *rill_trace_event_api(void)
{
	return NULL;
}
#pragma GCC diagnostic pop
RILL_TE_OFF int rill_trace_event_connect(const struct rill_trace_event_api *api)
{
	(void)api;
	return 0;
}

/* A byte that is 0 for ever, and has no name in the object. */
RILL_TE_OFF const uint8_t *rill_te_category(const char *group)
{
	(void)group;
	return (const uint8_t *)"";
}
RILL_TE_OFF const char *rill_te_category_name(const uint8_t *enabled)
{
	(void)enabled;
	return NULL;
}
RILL_TE_OFF int rill_te_traces_recorded(void)
{
	return -1;
}
RILL_TE_OFF void rill_te_end_event(const uint8_t *enabled, const char *name, uint64_t handle)
{
	(void)enabled, (void)name, (void)handle;
}
RILL_TE_OFF void rill_te_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle,
				      int32_t tid, int64_t now_us, int64_t thread_now_us)
{
	(void)enabled, (void)name, (void)handle, (void)tid, (void)now_us, (void)thread_now_us;
}
#define rill_te_add_event rill_trace_event_add
#define rill_te_mangle rill_trace_event_mangle
#define rill_te_thread_id rill_trace_event_thread_id

/* ---- a call site: see trace_event_site.h --------------------------------------------------- */

RILL_TE_OFF void rill_te_check(const char *text)
{
	(void)text;
}
#define RILL_TE_LOOK(on, site, category)                                                        \
	const uint8_t *const on = NULL;                                                         \
	if (0)                                                                                  \
		rill_te_check(category);
#define RILL_TE_IS_ON(on) ((void)(on), 0)
#define RILL_TE_WHEN_ON(category, call)                                                         \
	do {                                                                                    \
		if (0) {                                                                        \
			const uint8_t *const rill_te_on = NULL;                                 \
			rill_te_check(category);                                                \
			call;                                                                   \
		}                                                                               \
	} while (0)
#define RILL_TE_SCOPED(category, name, bind, flags, args)                                       \
	RILL_TE_WHEN_ON(category, rill_te_add('X', rill_te_on, name, rill_te_id_none(), bind,   \
					      flags, args))
#define RILL_TE_CONTEXT(category, name, id)                                                     \
	RILL_TE_WHEN_ON(category, rill_te_add('(', rill_te_on, name, RILL_TE_ID(id),            \
					      rill_te_id_none(), 0, rill_te_args0()))
#define RILL_TE_IS_NEW(ret) (*(ret) = false)

#endif
#endif
