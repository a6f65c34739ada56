/* SPDX-License-Identifier: MIT
 * tool_trace_help.h - small traces of packets on the tape, for the tests of the tool.
 */
#ifndef RILL_TESTS_TOOL_TRACE_HELP_H
#define RILL_TESTS_TOOL_TRACE_HELP_H

#include "tests/packet_tape.h"
#include "tests/tool_help.h"

#include <stdbool.h>

enum { TRACE_SECOND = 1000000000 };

static struct rill_event trace_scope(char phase, uint64_t ns, uint64_t begin_ns, const char *name)
{
	struct rill_event e = EVENT(phase, .ts_ns = ns, .name = name, .category = "work",
				    .site = (uint32_t)name[0]);

	e.state = RILL_EVENT_SCOPE;
	if (phase == 'E') {
		e.begin_ns = begin_ns;
		e.state |= RILL_EVENT_HAS_BEGIN;
	}
	return e;
}

static inline void trace_begin(uint64_t ns, const char *name)
{
	const struct rill_event e = trace_scope('B', ns, 0, name);

	CU_ASSERT_EQUAL(help_event(&e), 0);
}

static inline void trace_end(uint64_t ns, uint64_t begin_ns, const char *name)
{
	const struct rill_event e = trace_scope('E', ns, begin_ns, name);

	CU_ASSERT_EQUAL(help_event(&e), 0);
}

/* At ns, of the worker; number is its argument. */
static inline void trace_instant(uint64_t ns, const char *category, int64_t number)
{
	const struct rill_event e =
		EVENT('I', .ts_ns = ns, .category = category, .name = "tick",
		      .thread = &help_worker, .tid = 4712, .site = 1000u + (uint32_t)category[0],
		      .flags = RILL_FLAG_SCOPE_THREAD, ARGS(INT("n", number)));

	CU_ASSERT_EQUAL(help_event(&e), 0);
}

/* Metadata, then `count` instants a millisecond apart from second 1 on, in packets of 512 bytes,
 * and the end. */
static inline void trace_make(unsigned count)
{
	struct rill_stats stats = { .delivered = count, .threads = 1 };

	help_begin(512, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, "process_name", "{\"name\":\"a\"}"), 0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, "board", "{\"value\":\"b\"}"), 0);
	for (unsigned i = 0; i < count; i++)
		trace_instant(TRACE_SECOND + i * UINT64_C(1000000), i % 2 ? "odd" : "even", i);
	if (rill_packet_totals(&writer, &stats) != 0) {
		help_send(0);
		CU_ASSERT_EQUAL(rill_packet_totals(&writer, &stats), 0);
	}
	help_send(RILL_PACKET_LAST);
}

/* Runs the verb on the bytes as standard input; args behind "-" and the output, which is standard
 * output. */
static inline struct tool_result trace_run(const struct rill_verb *verb, const void *bytes,
					   size_t size, const char *a, const char *b)
{
	const char *const args[] = { "-", "-o", "-", a, b, NULL };

	return tool_run(verb, args, bytes, size);
}

static inline unsigned trace_count(const char *text, const char *piece)
{
	unsigned count = 0;

	for (; (text = strstr(text, piece)); text++)
		count++;
	return count;
}

#endif
