/* SPDX-License-Identifier: MIT
 * packet_remind.c - on a line, what has been told is told again for those who came late or missed it: whose stream it is,
 * forms, threads, metadata, totals.
 *
 * All that takes at most a twentieth of the line, whatever else is on it: credit grows with the time and shrinks with
 * each byte of a definition. Nothing is told at one go, since the queue of a slow line holds less than a second: forms and
 * threads come with their next use, the rest piece by piece. A new round begins when for ROUND_NS
 * nothing that was used was put off; the first at once, since what was lost at the beginning keeps everything waiting.
 *
 * What was never told is told at once, credit or not: events are nothing without it.
 */
#include "sink/packet_outlet.h"

#include <errno.h>

enum {
	SHARE = 20,
	CREDIT_MAX = 512	/* a line that rested does not begin with a burst */
};
static const uint64_t ROUND_NS = UINT64_C(1000000000), SECOND_NS = UINT64_C(1000000000);

static void reckon(struct rill_packet_outlet *o, uint64_t now_ns)
{
	const uint64_t most_ns = 60 * SECOND_NS;
	uint64_t passed_ns = now_ns > o->credit_ns ? now_ns - o->credit_ns : 0;
	int64_t more;

	if (passed_ns > most_ns)
		passed_ns = most_ns;
	more = (int64_t)(passed_ns * (o->line.bytes_per_second / SHARE) / SECOND_NS);
	if (!more)
		return;
	o->credit_ns = now_ns;
	o->writer.credit += more;
	if (o->writer.credit > CREDIT_MAX)
		o->writer.credit = CREDIT_MAX;
}

struct reminder {
	struct rill_packet_outlet *o;
	unsigned seen;
	bool later;
};

static void remind_of_metadata(void *ctx, const char *name, const char *args_json)
{
	struct reminder *const r = ctx;
	struct rill_packet_outlet *const o = r->o;
	int error;

	/* The first is whose stream it is. */
	if (r->later || ++r->seen < o->reminded)
		return;
	if (o->writer.credit <= 0) {
		r->later = true;
		return;
	}
	do
		error = rill_packet_metadata(&o->writer, name, args_json);
	while (rill_packet_outlet_again(o, error));
	r->later = error == -ENOBUFS;
	o->reminded += !r->later;
}

/* Metadata comes last: events can be read without it. */
static void go_on(struct rill_packet_outlet *o, bool forms_wait)
{
	struct reminder r = { .o = o };

	if (o->reminded == 0 && (o->writer.credit <= 0 || !rill_packet_outlet_origin(o)))
		return;
	o->reminded += o->reminded == 0;
	if (forms_wait)
		return;
	o->env.each_metadata(remind_of_metadata, &r);
	o->reminding = r.later;
}

void rill_packet_outlet_remind(struct rill_packet_outlet *o, uint64_t now_ns)
{
	bool forms_wait = o->writer.put_off;

	reckon(o, now_ns);
	o->writer.put_off = false;
	if (forms_wait)
		o->reminded_ns = now_ns;
	if (o->headed && !o->reminding && now_ns >= o->reminded_ns + ROUND_NS && o->writer.credit > 0) {
		rill_packet_remind(&o->writer);
		o->reminded_ns = now_ns;
		o->reminding = forms_wait = true;
		o->reminded = 0;
		rill_packet_outlet_counts(o);
	}
	if (o->reminding)
		go_on(o, forms_wait);
}
