/* SPDX-License-Identifier: MIT
 * dynamic_off.h - the functions of dynamic.h where rill is compiled out (-DRILL_DISABLED). dynamic.h includes it.
 */
#ifndef RILL_DYNAMIC_OFF_H
#define RILL_DYNAMIC_OFF_H

#include <rill/dynamic.h>
#ifdef RILL_DISABLED

#ifdef __cplusplus
extern "C" {
#endif

/* The byte of every category: off, and at a place that cannot be written. */
RILL_API const uint8_t *rill_category(const char *group)
{
	(void)group;
	return (const uint8_t *)"";
}
RILL_API const char *rill_category_name(const uint8_t *enabled)
{
	(void)enabled;
	return NULL;
}
RILL_API uint64_t rill_add_event(const struct rill_dynamic *event)
{
	(void)event;
	return 0;
}
RILL_API void rill_end_event(const uint8_t *enabled, const char *name, uint64_t handle)
{
	(void)enabled, (void)name, (void)handle;
}
RILL_API void rill_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle, int32_t tid, int64_t now_us,
				int64_t thread_now_us)
{
	(void)enabled, (void)name, (void)handle, (void)tid, (void)now_us, (void)thread_now_us;
}
RILL_API bool rill_emit(char phase, const char *category, const char *name, uint64_t id, unsigned flags, unsigned nargs,
			const char *const *arg_names, const struct rill_arg *args)
{
	(void)phase, (void)category, (void)name, (void)id, (void)flags, (void)nargs, (void)arg_names, (void)args;
	return false;
}

#ifdef __cplusplus
}
#endif

#endif
#endif
