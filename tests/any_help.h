/* SPDX-License-Identifier: MIT
 * any_help.h - for the programs that hold in every configuration (any-y): a session into what the build has, and its books.
 *
 * By the macros of rill/trace.h and the functions of rill/session.h alone. A session goes to a descriptor where the build has
 * packets or JSON, else to a subscriber; a build that has none of these refuses to start one.
 */
#ifndef RILL_TESTS_ANY_HELP_H
#define RILL_TESTS_ANY_HELP_H

#include "test.h"

#include "config.h"
#include "format/varint.h"

#include <errno.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FLUSH_MS = 20000, HEAD = 36,
	/* What rill itself says when the clocks of a machine part; it is in no book. */
	NOTICES_MAX = RILL_ON(CONFIG_RILL_CLOCK_NOTICES) ? 8 : 0
};

/* Where the trace of the last test goes, for who reads it with the tool. */
static const char *keep_file;

static inline bool has_bytes(void)
{
	return (RILL_ON(CONFIG_RILL_BINARY) || RILL_ON(CONFIG_RILL_JSON)) && (RILL_ON(CONFIG_RILL_SINK_FD) || RILL_ON(CONFIG_RILL_SINK_PLAIN));
}

/* ---- a session ------------------------------------------------------------------------------------ */

struct trace {
	struct rill_session *session;
	struct rill_stats stats;
	int fd;
	_Atomic uint64_t received;	/* by the subscriber */
	const char *wanted, *unwanted;	/* texts that the bytes hold, and hold not; NULL: any */
};

static inline void receive(void *ctx, const struct rill_batch *batch)
{
	atomic_fetch_add(&((struct trace *)ctx)->received, batch->count);
}

static inline bool start(struct trace *t, const char *filter)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	*t = (struct trace){ .fd = -1 };
	options.filter = filter;
	options.format = RILL_ON(CONFIG_RILL_BINARY) ? RILL_FORMAT_BINARY : RILL_FORMAT_JSON;
	options.out = has_bytes() ? RILL_OUT_FD : RILL_OUT_SUBSCRIBER;
	options.subscriber = receive;
	options.subscriber_ctx = t;
	if (has_bytes())
		options.fd = t->fd = memfd_create("trace", 0);
	if (has_bytes() || RILL_ON(CONFIG_RILL_SUBSCRIBERS)) {
		CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &t->session), 0);
		return true;
	}
	CU_ASSERT_EQUAL(rill_session_start(&options, &t->session), -ENOTSUP);
	CU_ASSERT_STRING_NOT_EQUAL(rill_error(), "");
	test_skip("this build has neither a format nor subscribers");
	return false;
}

/* Events in the packets, which follow one another without a hole. */
static inline uint64_t events_in_packets(const uint8_t *bytes, size_t size, uint64_t *lost)
{
	uint64_t events = 0;
	uint16_t sequence = 0;

	for (size_t at = 0; at < size;) {
		const uint8_t *head = bytes + at;

		CU_ASSERT_FATAL(size - at >= HEAD && head[0] == 0xd2 && head[1] == 0x6c);
		CU_ASSERT_EQUAL(rill_le16_get(head + 6), sequence++);
		events += rill_le16_get(head + HEAD);
		CU_ASSERT_EQUAL(rill_le64_get(head + 16), events);
		*lost = rill_le64_get(head + 24);
		at += HEAD + rill_le16_get(head + 4);
		CU_ASSERT_EQUAL((head[2] & 2) != 0, at == size);	/* the last one, and no other, says so */
	}
	return events;
}

/* The tests' events are instants, as are the notices of rill itself, which are in no book. */
static inline uint64_t events_in_json(const char *text)
{
	static const char instant[] = "\"ph\":\"I\",\"cat\":\"";
	uint64_t events = 0;

	for (const char *at = text; (at = strstr(at, instant)); at++)
		events += strncmp(at + sizeof instant - 1, "rill\"", 5) != 0;
	return events;
}

static inline void keep(const char *bytes, size_t size)
{
	FILE *file = keep_file ? fopen(keep_file, "w") : NULL;

	if (!file)
		return;
	CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static inline void check_bytes(const struct trace *t, uint64_t delivered, uint64_t lost)
{
	const off_t size = lseek(t->fd, 0, SEEK_END);
	char *bytes = calloc(1, (size_t)size + 1);
	uint64_t told = 0, in_packets;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL(pread(t->fd, bytes, (size_t)size, 0), (ssize_t)size);
	if (t->wanted)
		CU_ASSERT_PTR_NOT_NULL(memmem(bytes, (size_t)size, t->wanted, strlen(t->wanted)));
	if (t->unwanted)
		CU_ASSERT_PTR_NULL(memmem(bytes, (size_t)size, t->unwanted, strlen(t->unwanted)));
	if (RILL_ON(CONFIG_RILL_BINARY)) {
		in_packets = events_in_packets((const uint8_t *)bytes, (size_t)size, &told);
		CU_ASSERT(in_packets >= delivered && in_packets <= delivered + NOTICES_MAX);
		CU_ASSERT_EQUAL(told, lost);
		keep(bytes, (size_t)size);
	} else {
		CU_ASSERT_EQUAL(events_in_json(bytes), delivered);
		CU_ASSERT(size > 2 && bytes[size - 2] == ']');
	}
	free(bytes);
}

/* What was emitted so far is out: the smallest rings have room for few events. */
static inline void flush(struct trace *t)
{
	CU_ASSERT_EQUAL(rill_session_flush(t->session, FLUSH_MS), 0);
}

/* Everything that was emitted is delivered or counted as lost, and the stream says the same. */
static inline void stop(struct trace *t, uint64_t emitted)
{
	flush(t);
	CU_ASSERT_EQUAL_FATAL(rill_session_stats(t->session, &t->stats), 0);
	CU_ASSERT_EQUAL(rill_session_stop(t->session), 0);
	CU_ASSERT_EQUAL(t->stats.delivered + t->stats.lost_total, emitted);
	if (has_bytes())
		check_bytes(t, t->stats.delivered, t->stats.lost_total);
	else
		CU_ASSERT_EQUAL(atomic_load(&t->received), t->stats.delivered);
	if (t->fd >= 0)
		close(t->fd);
}

/* The same behind events whose texts or bytes are longer than a block: they are cut, and there, as far as the rings have room; what a
 * ring holds fits a packet. A line of JSON may take six bytes for each of theirs, and a small queue holds none: then all are lost. */
static inline void stop_behind_long(struct trace *t, uint64_t emitted)
{
	stop(t, emitted);
	if (!RILL_ON(CONFIG_RILL_BINARY) && CONFIG_RILL_QUEUE_BYTES < (64 << 10))
		return;
	CU_ASSERT(t->stats.delivered > 0);
	CU_ASSERT_EQUAL(t->stats.lost[RILL_LOST_SINK], 0);
}

#endif
