/* SPDX-License-Identifier: MIT
 * outlet_env.h - what the tests of the JSON outlet share: its surroundings, threads, events, and
 * a folder for its files.
 */
#ifndef RILL_TESTS_OUTLET_ENV_H
#define RILL_TESTS_OUTLET_ENV_H

#include "now_help.h"
#include "outlet_help.h"
#include "port/port.h"
#include "sink/outlet.h"
#include "test.h"

#include <errno.h>
#include <rill/session.h>
#include <stdatomic.h>

static char folder[64];
static atomic_ullong lost_events;
static unsigned metadata_count = 3;

static inline void each_metadata(void (*take)(void *ctx, const char *name, const char *args_json),
				 void *ctx)
{
	static const char *const names[] = { "process_name", "rill_version", "rill_clock" };

	for (unsigned i = 0; i < metadata_count; i++)
		take(ctx, names[i], "{\"name\":\"test\"}");
}

static inline bool may_wait(void)
{
	return true;
}

static inline void count_lost(void *session, uint64_t count)
{
	(void)session;
	atomic_fetch_add(&lost_events, count);
}

static struct rill_outlet_env env = {
	.pid = 42,
	.session_name = "s",
	.each_metadata = each_metadata,
	.may_wait = may_wait,
	.lost = count_lost,
};

static inline struct rill_outlet *open_outlet(struct rill_session_options *options)
{
	struct rill_outlet *outlet;

	options->size = sizeof(*options);
	env.start_ns = rill_port_monotonic_ns();
	atomic_store(&lost_events, 0);
	if (rill_outlet_open(options, &env, &outlet) < 0) {
		printf("%s\n", rill_error());
		return NULL;
	}
	return outlet;
}

static inline struct rill_outlet *open_file(struct rill_session_options *options, const char *name)
{
	static char pattern[256];

	snprintf(pattern, sizeof(pattern), "%s/%s", folder, name);
	options->out = RILL_OUT_FILE;
	options->file = pattern;
	return open_outlet(options);
}

static inline const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static struct rill_thread threads[8] = {
	{ .tid = 100, .serial = 1, .name = "main" },
	{ .tid = 101, .serial = 2, .name = "worker" },
	{ .tid = 102, .serial = 3, .name = "" },
};

static inline struct rill_event make_event(char phase, const char *name,
					   const struct rill_thread *thread)
{
	return (struct rill_event){
		.ts_ns = rill_port_monotonic_ns(),
		.category = "cat",
		.name = name,
		.thread = thread,
		.pid = 42,
		.tid = thread->tid,
		.phase = phase,
		.flags = phase == 'I' ? RILL_FLAG_SCOPE_THREAD : 0,
	};
}

static inline int put(struct rill_outlet *outlet, char phase, const char *name,
		      const struct rill_thread *thread)
{
	struct rill_event event = make_event(phase, name, thread);

	return outlet->ops->event(outlet, &event);
}

/* The queue may be full: its writer gets as much of the machine as others leave. */
static inline void put_surely(struct rill_outlet *outlet, const char *name, const struct rill_thread *thread)
{
	while (put(outlet, 'I', name, thread) < 0)
		sleep_ms(1);
}

static inline void stop(struct rill_outlet *outlet)
{
	struct rill_stats stats = { .delivered = 1 };

	outlet->ops->stop(outlet, &stats);
}

static inline void flush(struct rill_outlet *outlet)
{
	static uint64_t token;

	outlet->ops->flush(outlet, ++token);
	CU_ASSERT(outlet->ops->done(outlet, token, BUSY_MS));
}

static inline struct json_object *must_parse(const char *name)
{
	struct json_object *root = parse_file(in_folder(name));

	CU_ASSERT_PTR_NOT_NULL(root);
	return root;
}

static inline size_t length_of(struct json_object *root)
{
	return root ? json_object_array_length(events_of(root)) : 0;
}

#endif
