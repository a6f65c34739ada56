/* SPDX-License-Identifier: MIT
 * session_off.h - the functions of session.h where rill is compiled out (-DRILL_DISABLED). session.h includes it.
 *
 * What would start or need a session fails with -ENOSYS, and rill_error() says why; what asks gets nothing; names and
 * metadata are accepted, since nobody would show them anyway.
 */
#ifndef RILL_SESSION_OFF_H
#define RILL_SESSION_OFF_H

#include <rill/session.h>
#ifdef RILL_DISABLED

#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

RILL_API int rill_configure(const struct rill_config *config)
{
	(void)config;
	return -ENOSYS;
}
RILL_API int rill_session_start(const struct rill_session_options *options, struct rill_session **session)
{
	(void)options;
	if (session)
		*session = NULL;
	return -ENOSYS;
}
RILL_API int rill_session_stop(struct rill_session *session)
{
	(void)session;
	return -ENOSYS;
}
RILL_API int rill_session_enable(struct rill_session *session, const char *categories)
{
	(void)session, (void)categories;
	return -ENOSYS;
}
RILL_API int rill_session_disable(struct rill_session *session, const char *categories)
{
	(void)session, (void)categories;
	return -ENOSYS;
}
/* NULL flushes every session there is: none. */
RILL_API int rill_session_flush(struct rill_session *session, uint32_t timeout_ms)
{
	(void)timeout_ms;
	return session ? -ENOSYS : 0;
}
RILL_API int rill_session_stats(struct rill_session *session, struct rill_stats *stats)
{
	(void)session, (void)stats;
	return -ENOSYS;
}
RILL_API int rill_session_thread_stats(struct rill_session *session, struct rill_thread_stats *out, size_t max)
{
	(void)session, (void)out, (void)max;
	return -ENOSYS;
}
RILL_API const char *rill_session_where(struct rill_session *session)
{
	(void)session;
	return "";
}
RILL_API int rill_snapshot(struct rill_session *session, const char *file)
{
	(void)session, (void)file;
	return -ENOSYS;
}
RILL_API int rill_session_memory(struct rill_session *session, void (*take)(void *ctx, const void *segment, size_t size),
				 void *ctx)
{
	(void)session, (void)take, (void)ctx;
	return -ENOSYS;
}
/* An empty text, of length 0. */
RILL_API int rill_session_filter(struct rill_session *session, char *text, size_t size)
{
	(void)session;
	if (size)
		text[0] = '\0';
	return 0;
}
RILL_API int rill_categories(void (*take)(void *ctx, const char *group, uint8_t sessions), void *ctx)
{
	(void)take, (void)ctx;
	return 0;
}
RILL_API int rill_enabled_categories(struct rill_session *session, char *text, size_t size)
{
	(void)session;
	if (size)
		text[0] = '\0';
	return 0;
}
RILL_API int rill_call_sites(void (*take)(void *ctx, const struct rill_site_info *site), void *ctx)
{
	(void)take, (void)ctx;
	return 0;
}
/* Accepted and never called: there is no state to hear of. */
RILL_API int rill_observer_add(rill_observer *observer, void *ctx)
{
	(void)observer, (void)ctx;
	return 0;
}
RILL_API int rill_observer_remove(rill_observer *observer, void *ctx)
{
	(void)observer, (void)ctx;
	return 0;
}
RILL_API int rill_metadata(const char *name, const char *value)
{
	(void)name, (void)value;
	return 0;
}
RILL_API int rill_metadata_json(const char *name, const char *args_json)
{
	(void)name, (void)args_json;
	return 0;
}
RILL_API int rill_thread_name(const char *name)
{
	(void)name;
	return 0;
}
RILL_API int rill_thread_sort_index(int32_t index)
{
	(void)index;
	return 0;
}
RILL_API int rill_process_name(const char *name)
{
	(void)name;
	return 0;
}
RILL_API int rill_process_sort_index(int32_t index)
{
	(void)index;
	return 0;
}
RILL_API int rill_clock_sync_receiver(const char *sync_id)
{
	(void)sync_id;
	return 0;
}
RILL_API int rill_clock_sync_issuer(const char *sync_id, int64_t issue_us, int64_t issue_end_us)
{
	(void)sync_id, (void)issue_us, (void)issue_end_us;
	return 0;
}
RILL_API int rill_control_open(const char *path)
{
	(void)path;
	return 0;
}
RILL_API void rill_control_close(void)
{
}
/* The arguments stay where they are: a program that knows them not says so itself. */
RILL_API int rill_init_argv(int *argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}
RILL_API void rill_early_end(void)
{
}
RILL_API int rill_traces_recorded(void)
{
	return -1;
}
RILL_API const char *rill_error(void)
{
	return "rill is compiled out of this file: build it without RILL_DISABLED to trace";
}
RILL_API const char *rill_version(void)
{
	return "none";
}

#ifdef __cplusplus
}
#endif

#endif
#endif
