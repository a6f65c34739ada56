/* SPDX-License-Identifier: MIT
 * gaps.c - a bounded list of losses that wait for room in an outlet.
 */
#include "sink/gaps.h"

#include "format/gap.h"

#include <string.h>

_Static_assert((int)RILL_GAPS_MAX > (int)RILL_CAUSES,
	       "joined by cause, there must be room for one more");

static void join(struct rill_gap *into, const struct rill_gap *gap)
{
	into->thread = into->thread == gap->thread ? gap->thread : NULL;
	into->count += gap->count;
	if (gap->before_ns && gap->before_ns < into->before_ns)
		into->before_ns = gap->before_ns;
	/* 0 stands for "none yet", which is later than any. */
	if (into->after_ns && (gap->after_ns == 0 || gap->after_ns > into->after_ns))
		into->after_ns = gap->after_ns;
}

static void join_by_cause(struct rill_gaps *gaps)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < gaps->count; i++) {
		unsigned same = 0;

		while (same < kept && gaps->list[same].cause != gaps->list[i].cause)
			same++;
		if (same < kept)
			join(&gaps->list[same], &gaps->list[i]);
		else
			gaps->list[kept++] = gaps->list[i];
	}
	gaps->count = kept;
}

void rill_gaps_add(struct rill_gaps *gaps, const struct rill_gap *gap)
{
	if (gaps->count == RILL_GAPS_MAX)
		join_by_cause(gaps);
	gaps->list[gaps->count++] = *gap;
}

void rill_gaps_add_big(struct rill_gaps *gaps, const struct rill_event *event)
{
	const struct rill_gap gap = rill_gap_of_big(event);

	rill_gaps_add(gaps, &gap);
}

void rill_gaps_drop(struct rill_gaps *gaps, unsigned n)
{
	gaps->count -= n;
	memmove(gaps->list, gaps->list + n, gaps->count * sizeof(gaps->list[0]));
}
