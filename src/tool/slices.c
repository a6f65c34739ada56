/* SPDX-License-Identifier: MIT
 * slices.c - pairs B and E of a thread, and finds which slice lies in which, for self time and
 * busy time.
 *
 * A complete slice arrives either when it began (X in order of time: parents first) or when it
 * ended (B and E, and rill's own X: children first). Both are handled by one stack of intervals
 * per thread:
 *
 *     children first   a new slice covers intervals on top of the stack: they are its children
 * unless they
 *                      have a parent already, and leave the stack
 *     parents first    the interval on top covers the new slice: it is the parent
 *
 * Self time of a name is a sum, so nothing has to wait until a slice is final: its time is added
 * when it arrives, and the time of a child is taken off when the child is found. Busy time of a
 * thread is what has no parent.
 */
#include "model.h"
#include "tool.h"

#include <string.h>

static int64_t clamp(uint64_t time)
{
	return time > INT64_MAX ? INT64_MAX : (int64_t)time;
}

static void take_off(int64_t *from, uint64_t time)
{
	if (__builtin_sub_overflow(*from, clamp(time), from))
		*from = INT64_MIN;
}

static void add_to(int64_t *to, uint64_t time)
{
	if (__builtin_add_overflow(*to, clamp(time), to))
		*to = INT64_MAX;
}

static bool covers(int64_t from, int64_t to, const struct rill_interval *i)
{
	return from <= i->from && i->to <= to;
}

/* Two neighbours as one: a parent of both covers it just the same. What has a parent is part of
 * that one's time. */
static struct rill_interval joined(const struct rill_interval *a, const struct rill_interval *b)
{
	return (struct rill_interval){
		.from = a->from < b->from ? a->from : b->from,
		.to = a->to > b->to ? a->to : b->to,
		.time = (a->has_parent ? 0 : a->time) + (b->has_parent ? 0 : b->time),
		.has_parent = a->has_parent && b->has_parent,
	};
}

/* Room for one more; at the limit, the half that waits longest is joined in pairs. */
static void make_room(struct rill_lane *lane)
{
	size_t half;

	if (lane->interval_count < lane->interval_room)
		return;
	if (lane->interval_room < RILL_OPEN_MAX) {
		lane->interval_room = lane->interval_room ? 2 * lane->interval_room : 16;
		lane->intervals =
			rill_grow(lane->intervals, lane->interval_room, sizeof lane->intervals[0]);
		return;
	}
	half = lane->interval_count / 4 * 2;
	for (size_t i = 0; i < half / 2; i++)
		lane->intervals[i] = joined(&lane->intervals[2 * i], &lane->intervals[2 * i + 1]);
	memmove(lane->intervals + half / 2, lane->intervals + half,
		(lane->interval_count - half) * sizeof lane->intervals[0]);
	lane->interval_count -= half / 2;
}

void rill_slice_complete(struct rill_lane *lane, struct rill_row *row, int64_t ts, int64_t duration)
{
	const int64_t to =
		__builtin_add_overflow(ts, duration, &(int64_t){ 0 }) ? INT64_MAX : ts + duration;
	struct rill_interval *top, *new;
	bool has_parent = false;

	rill_sketch_add(&row->time, (uint64_t)duration);
	row->count++;
	add_to(&row->self_ns, (uint64_t)duration);
	add_to(&lane->busy_ns, (uint64_t)duration);
	for (; lane->interval_count; lane->interval_count--) {
		top = &lane->intervals[lane->interval_count - 1];
		if (covers(ts, to, top)) {
			if (!top->has_parent) {
				take_off(&row->self_ns, top->time);
				take_off(&lane->busy_ns, top->time);
			}
		} else if (!top->has_parent || top->to > ts) {
			break; /* else: over, and its parent is known, so nobody asks for it again */
		}
	}
	if (lane->interval_count) {
		top = &lane->intervals[lane->interval_count - 1];
		if (top->row && top->from <= ts && to <= top->to) {
			has_parent = true;
			take_off(&top->row->self_ns, (uint64_t)duration);
			take_off(&lane->busy_ns, (uint64_t)duration);
		}
	}
	make_room(lane);
	new = &lane->intervals[lane->interval_count++];
	*new = (struct rill_interval){ row, ts, to, (uint64_t)duration, has_parent };
}

void rill_slice_begin(struct rill_model *model, struct rill_lane *lane, struct rill_row *row,
		      int64_t ts)
{
	if (lane->begun_count == RILL_OPEN_MAX) {
		model->too_deep++;
		return;
	}
	if (lane->begun_count == lane->begun_room) {
		lane->begun_room = lane->begun_room ? 2 * lane->begun_room : 16;
		lane->begun = rill_grow(lane->begun, lane->begun_room, sizeof lane->begun[0]);
	}
	lane->begun[lane->begun_count++] = (struct rill_begun_slice){ row, ts };
}

/* An end closes the innermost slice of its name: the ends of those inside it were lost. If no
 * open slice has the name, it closes the innermost one, as the viewers do; an end without a name
 * means that one as well. */
void rill_slice_end(struct rill_model *model, struct rill_lane *lane, const char *name, int64_t ts)
{
	size_t at = lane->begun_count;
	struct rill_begun_slice *b;

	if (!at) {
		model->ends_unmatched++;
		return;
	}
	if (*name) {
		while (at && strcmp(lane->begun[at - 1].row->name, name))
			at--;
		if (!at)
			model->names_mismatched++;
	}
	if (!at)
		at = lane->begun_count;
	model->begins_unended += lane->begun_count - at;
	b = &lane->begun[at - 1];
	lane->begun_count = at - 1;
	rill_slice_complete(lane, b->row, b->ts, ts > b->ts ? ts - b->ts : 0);
}
