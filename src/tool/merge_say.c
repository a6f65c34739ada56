/* SPDX-License-Identifier: MIT
 * merge_say.c - what `rill merge` says of the clocks: the offset of each to the first, how sure it is,
 * and by what it is known.
 */
#include "merge_clock.h"
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>

/* "+12.345678901 s" */
static char *seconds(int64_t ns)
{
	const uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	return rill_text("%c%" PRIu64 ".%09" PRIu64 " s", ns < 0 ? '-' : '+', size / 1000000000,
			 size % 1000000000);
}

/* "within 1.234 us" */
static char *bound(const struct rill_merge_clock *c)
{
	const uint64_t ns = c->uncertainty_ns;

	if (!c->certain)
		return rill_text("%s", "uncertainty unknown");
	if (ns < 1000)
		return rill_text("within %" PRIu64 " ns", ns);
	if (ns < 1000000)
		return rill_text("within %" PRIu64 ".%03" PRIu64 " us", ns / 1000, ns % 1000);
	if (ns < 1000000000)
		return rill_text("within %" PRIu64 ".%03" PRIu64 " ms", ns / 1000000,
				 ns / 1000 % 1000);
	return rill_text("within %" PRIu64 ".%03" PRIu64 " s", ns / 1000000000,
			 ns / 1000000 % 1000);
}

static char *reason(const struct rill_merge_clock *c)
{
	switch (c->way) {
	case RILL_MERGE_BY_HAND: return rill_text("%s", "--offset");
	case RILL_MERGE_REALTIME:
		return rill_text("by CLOCK_REALTIME, %zu snapshots", c->sample_count);
	case RILL_MERGE_SYNC: return rill_text("by %zu clock_sync marks", c->pairs);
	default:
		return rill_text("%s", c->certain ? "CLOCK_MONOTONIC of the same start of the machine"
						  : "taken for the CLOCK_MONOTONIC of the same machine");
	}
}

/* Over the events of the clock, in a billionth: integers, for the locale may have a comma. */
static char *drift(const struct rill_merge_clock *c)
{
	const int64_t change = rill_line_offset(&c->line, c->last_ns) -
			       rill_line_offset(&c->line, c->first_ns);
	const double ppb = change ? (double)change * 1e9 / (double)(c->last_ns - c->first_ns) : 0;
	char *text, *whole = seconds(change);

	if (change)
		text = rill_text(", changing by %s (%+lld ppb)", whole, (long long)ppb);
	else
		text = rill_text("%s", "");
	free(whole);
	return text;
}

static void say_one(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	const struct rill_merge_input *const in = &k->inputs[c->input];
	char *offset = seconds(rill_line_offset(&c->line, c->first_ns));
	char *uncertainty = bound(c), *why = reason(c), *change = drift(c);
	char *part = in->clock_count > 1 ? rill_text(" (start %u)", c->number + 1)
					 : rill_text("%s", "");

	rill_say("%s%s: offset %s, %s%s (%s)", in->look.path, part, offset, uncertainty, change, why);
	free(part);
	free(change);
	free(why);
	free(uncertainty);
	free(offset);
}

static void say_steps(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	char *all = seconds(c->stepped_ns);

	rill_say("%s: its CLOCK_REALTIME was set %u times, by %s in all: what was before counts as if "
		 "it had been right",
		 k->inputs[c->input].look.path, c->steps, all);
	free(all);
}

void rill_merge_clocks_say(const struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct rill_merge_clock *const c = &k->clocks[i];

		if (!c->any)
			continue;
		if (i == k->first && c->way != RILL_MERGE_BY_HAND)
			rill_say("%s: its clock is the output's", k->inputs[c->input].look.path);
		else
			say_one(k, c);
		if (c->steps && k->way == RILL_MERGE_REALTIME)
			say_steps(k, c);
	}
	if (k->assumed)
		rill_say("nothing in the inputs says that their clocks are one; if they are not of one "
			 "machine: --clock realtime, --clock sync or --offset FILE=NS");
	if (k->shift_ns)
		rill_say("all times are %lld s later than on that clock, so that none is before 0",
			 (long long)(k->shift_ns / 1000000000));
}
