/* SPDX-License-Identifier: MIT
 * packet_golden.h - the streams whose bytes are frozen: a small one, shown in doc/format.md, and one with all
 * that a stream can hold (tests/golden/packets_v1.hex). Version 1 never gives other bytes for them.
 */
#ifndef RILL_TESTS_PACKET_GOLDEN_H
#define RILL_TESTS_PACKET_GOLDEN_H

#include "tests/packet_tape.h"

/* A scope with one argument, and an instant, of one thread. */
static inline void golden_small(void)
{
	const struct rill_event begin =
		EVENT('B', .state = RILL_EVENT_SCOPE, ARGS(INT("bytes", 1500)));
	const struct rill_event end = EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN,
					    .ts_ns = 2000001000, .begin_ns = 2000000000);
	const struct rill_event instant = EVENT('I', .site = 18, .name = "drop", .line = 50,
						.ts_ns = 2000001300, .flags = RILL_FLAG_SCOPE_THREAD);

	help_begin(4096, 4096, 0);
	help_event(&begin);
	help_event(&end);
	help_event(&instant);
	help_send(RILL_PACKET_LAST);
}

static inline void golden_values(void)
{
	static const char nul_inside[] = "a\0b";
	const struct rill_event numbers = EVENT(
		'C', .site = 20, .name = "numbers", .ts_ns = 2000002000,
		ARGS(VALUE("i8", I8, i, -128), VALUE("i16", I16, i, 32767), VALUE("i32", I32, i, -2147483647),
		     VALUE("i64", I64, i, INT64_MIN), VALUE("u8", U8, u, 255), VALUE("u16", U16, u, 0),
		     VALUE("u32", U32, u, 4294967295), VALUE("u64", U64, u, UINT64_MAX),
		     VALUE("bool", BOOL, u, 1), VALUE("f32", F32, d, 0.5), VALUE("f64", F64, d, -21.37),
		     VALUE("pointer", POINTER, u, 0xbadf00d)));
	const struct rill_event texts = EVENT(
		'I', .site = 21, .name = "texts", .ts_ns = 2000002100, .file = NULL,
		ARGS(TEXT("string", STRING, "eth0"), TEXT("again", COPY, "eth0"), TEXT("json", JSON, "{\"a\":1}"),
		     TEXT("blob", BLOB, "\x00\xff\x80"), TEXT("empty", STRING, ""),
		     TEXT("nul", STRING, nul_inside), { .name = "null", .type = RILL_TYPE_STRING, .null = 1, .text = "" },
		     { .name = "cut", .type = RILL_TYPE_STRING, .cut = 1, .text = "long", .size = 4 },
		     { .name = "cutblob", .type = RILL_TYPE_BLOB, .cut = 1, .text = "bl", .size = 2 }));

	help_event(&numbers);
	help_event(&texts);
}

static inline void golden_phases(void)
{
	static const char phases[] = "XSTFpbnestfNODPcRM(),=";
	struct rill_event event = EVENT('I', .name = "phase");

	for (unsigned i = 0; phases[i]; i++) {
		event.phase = phases[i];
		event.site = 30 + i;
		event.ts_ns = 2000003000 + 10 * i;
		help_event(&event);
	}
}

static inline void golden_fields(void)
{
	const struct rill_event id = EVENT('b', .site = 60, .ts_ns = 2000004000, .id = UINT64_C(0xfedcba9876543210),
					   .flags = RILL_FLAG_HAS_ID, .scope = "dns");
	const struct rill_event local = EVENT('e', .site = 61, .ts_ns = 2000004100, .id = 7,
					      .flags = RILL_FLAG_HAS_LOCAL_ID, .thread = &help_worker, .tid = 4712);
	const struct rill_event flow = EVENT('X', .site = 62, .ts_ns = 2000004200, .bind_id = 99,
					     .flags = RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT);
	const struct rill_event foreign = EVENT('I', .site = 63, .ts_ns = 2000004300, .pid = 1, .tid = UINT32_MAX,
						.flags = RILL_FLAG_HAS_PROCESS_ID);
	const struct rill_event own = EVENT('I', .site = 64, .ts_ns = 2000004400, .own_time_us = -12345,
					    .state = RILL_EVENT_HAS_OWN_TIME | RILL_EVENT_HAS_THREAD_TIME,
					    .thread_time_ns = 777777);
	const struct rill_event late = EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN | RILL_EVENT_LATE |
						  RILL_EVENT_CLAMPED | RILL_EVENT_BEGIN_LOST,
					     .ts_ns = 2000001234, .begin_ns = 1999999999, .level = 2);
	const struct rill_event dynamic = EVENT('I', .site = 0, .file = NULL, .line = 0, .ts_ns = 2000004500,
						.state = RILL_EVENT_DYNAMIC, .name = "made up",
						ARGS(INT("k", 1), TEXT("s", STRING, "eth0")));
	const struct rill_event nobody = EVENT('I', .site = 0, .file = NULL, .line = 0, .ts_ns = 2000004600,
					       .thread = NULL, .name = "clock jumped", .category = "rill");

	help_event(&id);
	help_event(&local);
	help_event(&flow);
	help_event(&foreign);
	help_event(&own);
	help_event(&late);
	help_event(&dynamic);
	help_event(&dynamic);
	help_event(&nobody);
}

static inline void golden_all(void)
{
	const struct rill_gap gap = { .thread = &help_worker, .count = 12, .before_ns = 2000004100, .after_ns = 2000005000,
				      .level = 1, .cause = RILL_LOST_FULL };
	const struct rill_gap nobodys = { .count = 3, .cause = RILL_LOST_NO_RING };
	const struct rill_packet_snapshot snapshot = { 2000000000, 1999000000, 2500000000,
						       UINT64_C(1790000000000000000), 5200000000, 85, 1 };
	const struct rill_stats stats = { .delivered = 36, .lost_total = 15, .lost = { [RILL_LOST_FULL] = 12,
					  [RILL_LOST_NO_RING] = 3 }, .threads = 2 };

	golden_small();
	help_begin(4096, 4096, 0);
	rill_packet_metadata(&writer, "process_name", "{\"name\":\"golden\"}");
	rill_packet_snapshot(&writer, &snapshot);
	golden_values();
	golden_phases();
	help_send(0);
	golden_fields();
	rill_packet_gap(&writer, &gap);
	rill_packet_gap(&writer, &nobodys);
	help_send(0);
	rill_packet_repeat(&writer);
	help_stream();
	golden_phases();
	rill_packet_counts(&writer);
	rill_packet_totals(&writer, &stats);
	help_send(RILL_PACKET_LAST);
}

#endif
