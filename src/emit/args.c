/* SPDX-License-Identifier: MIT
 * args.c - events of call sites with any arguments, and both ends of a scope.
 */
#include "emit/record.h"

#include <rill/clock.h>

static bool write_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args, struct rill_writing *w)
{
	struct rill_want want = { &site->enabled, 0xff, site->id, 0 };
	uint32_t share;
	size_t bytes = rill_args_size(count, args, 0, &share);
	uint64_t *to;

	if (!rill_record_begin(w, &want, bytes))
		return false;
	to = w->payload;
	for (unsigned i = 0; i < count; i++)
		to = rill_put_arg(to, &args[i], share);
	rill_record_commit(w);
	return true;
}

void rill_emit_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args)
{
	struct rill_writing w;

	write_args(site, count, args, &w);
}

struct rill_begun rill_begin(const struct rill_hot *site, unsigned count, const struct rill_arg *args)
{
	struct rill_begun begun = { 0, 0 };
	struct rill_writing w;

	if (write_args(site, count, args, &w)) {
		begun.ticks = w.ticks;
		begun.sessions = w.mask;
	}
	return begun;
}

/* The end goes to those sessions that got the begin and still run, whatever became of the category. */
void rill_end(uint64_t begin_ticks, const struct rill_hot *site, uint32_t sessions)
{
	struct rill_want want = { &rill_running_bits, (uint8_t)sessions, RILL_ID_END, 0 };
	struct rill_writing w;
	uint64_t ticks = rill_clock_ticks() - begin_ticks;
	size_t words = ticks < RILL_END_TICKS_MAX / 2 ? 1 : 2;

	if (!rill_record_begin(&w, &want, 8 * words))
		return;
	ticks = words == 1 ? w.ticks - begin_ticks : RILL_END_TICKS_MAX;
	w.payload[0] = (uint64_t)site->id << 48 | ticks;
	if (words == 2)
		w.payload[1] = begin_ticks;
	rill_record_commit(&w);
}
