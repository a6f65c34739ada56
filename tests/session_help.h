/* SPDX-License-Identifier: MIT
 * session_help.h - what the tests of sessions share: a subscriber that counts, a sink that can be stuck, short forms.
 */
#ifndef RILL_TESTS_SESSION_HELP_H
#define RILL_TESTS_SESSION_HELP_H

#include "tests/now_help.h"
#include "tests/test.h"

#include <errno.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline void pause_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- a subscriber that counts --------------------------------------------------------------------- */

struct taken {
	_Atomic uint64_t count;		/* events of the test, metadata apart */
	_Atomic uint64_t foreign;	/* of a category other than `only` */
	const char *only;		/* NULL: any */
	char last[64];			/* name of the last one */
};

static inline void take_batch(void *ctx, const struct rill_batch *batch)
{
	struct taken *t = ctx;

	for (size_t i = 0; i < batch->count; i++) {
		const struct rill_event *e = &batch->events[i];

		if (strcmp(e->category, "__metadata") == 0)
			continue;
		atomic_fetch_add(&t->count, 1);
		if (t->only && strcmp(e->category, t->only) != 0)
			atomic_fetch_add(&t->foreign, 1);
		snprintf(t->last, sizeof t->last, "%s", e->name);
	}
}

static inline struct rill_session *start_with(const struct rill_session_options *options)
{
	struct rill_session *session = NULL;
	int error = rill_session_start(options, &session);

	if (error)
		fprintf(stderr, "%s\n", rill_error());
	CU_ASSERT_EQUAL_FATAL(error, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(session);
	return session;
}

static inline struct rill_session *start_counting(struct taken *t, const char *filter, bool shared)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.filter = filter;
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = t;
	o.shared = shared;
	return start_with(&o);
}

static inline void stop(struct rill_session *session)
{
	CU_ASSERT_EQUAL(rill_session_stop(session), 0);
}

/* ---- a sink that keeps what it gets, and can be stuck --------------------------------------------- */

struct kept {
	char *text;
	size_t size;
	_Atomic bool stuck, closed, waiting;
	_Atomic unsigned writes, opens;
	int open_error;
};

static inline int kept_open(void *ctx)
{
	struct kept *k = ctx;

	k->opens++;
	return k->open_error;
}

static inline int kept_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct kept *k = ctx;

	(void)pieces;
	for (; atomic_load(&k->stuck); pause_ms(1))
		atomic_store(&k->waiting, true);
	atomic_store(&k->waiting, false);
	k->text = realloc(k->text, k->size + size + 1);
	if (!k->text)
		abort();
	memcpy(k->text + k->size, data, size);
	k->size += size;
	k->text[k->size] = '\0';
	atomic_fetch_add(&k->writes, 1);
	return 0;
}

static inline void kept_close(void *ctx)
{
	atomic_store(&((struct kept *)ctx)->closed, true);
}

static const struct rill_sink_ops kept_ops = { "kept", 0, kept_open, kept_write, kept_close, NULL };

static inline struct rill_session_options to_kept(struct kept *k, const char *filter)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.filter = filter;
	o.out = RILL_OUT_SINK;
	o.sink.ops = &kept_ops;
	o.sink.ctx = k;
	return o;
}

#endif
