/* SPDX-License-Identifier: MIT
 * packet_numbered.h - a stream whose events can be checked one by one, whichever of them come out.
 */
#ifndef RILL_TESTS_PACKET_NUMBERED_H
#define RILL_TESTS_PACKET_NUMBERED_H

#include "tests/packet_help.h"

enum { NUMBERED = 3000 };

/* Event n says so itself: time, argument and text must agree. */
static inline bool is_numbered(uint64_t index, const struct rill_event *e)
{
	char text[32];
	uint64_t n;

	(void)index;
	if (e->nargs != 2 || e->args[0].i < 0 || !e->thread)
		return false;
	n = (uint64_t)e->args[0].i;
	snprintf(text, sizeof text, "text %llu", (unsigned long long)(n % 50));
	return n < NUMBERED && e->ts_ns == 2000000000 + n * 100 && !strcmp(e->args[1].text, text) &&
	       e->phase == 'I' && !strcmp(e->name, n % 3 ? "odd" : "even") && !strcmp(e->category, "net") &&
	       e->pid == HELP_PID && e->thread->serial == 1 + n % 2;
}

static inline void write_numbered(uint32_t packet_bytes, bool framed, unsigned rounds)
{
	char text[32];

	help_begin(packet_bytes, packet_bytes, 0);
	tape.framed = framed;
	for (uint64_t n = 0; n < NUMBERED; n++) {
		const struct rill_value values[] = {
			{ .name = "n", .type = RILL_TYPE_I64, .i = (int64_t)n },
			{ .name = "text", .type = RILL_TYPE_STRING, .text = text,
			  .size = (uint32_t)snprintf(text, sizeof text, "text %llu", (unsigned long long)(n % 50)) },
		};
		const struct rill_thread *thread = n % 2 ? &help_worker : &help_main;
		const struct rill_event event =
			EVENT('I', .ts_ns = 2000000000 + n * 100, .site = 16 + (n % 3 != 0),
			      .name = n % 3 ? "odd" : "even", .thread = thread, .tid = thread->tid, .args = values, .nargs = 2);

		if (rounds && n % (NUMBERED / rounds) == 0) {
			rill_packet_repeat(&writer);
			help_stream();
		}
		help_event(&event);
	}
	help_send(RILL_PACKET_LAST);
}

/* Events that were delivered or are known to be missing are all that were written up to the last whole packet. */
static inline void books_are_closed(const struct help_read *h, uint64_t written)
{
	CU_ASSERT_EQUAL(h->wrong, 0);
	CU_ASSERT_EQUAL(h->missing_events, h->result.missing_events);
	CU_ASSERT_EQUAL(h->events + h->missing_events + h->result.undefined, written);
}

#endif
