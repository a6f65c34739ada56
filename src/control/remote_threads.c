/* SPDX-License-Identifier: MIT
 * remote_threads.c - the threads of the process and how full their rings are, told to a caller.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "route/feed.h"

#include <stdio.h>
#include <stdlib.h>

struct one {
	uint32_t tid, serial;
	uint64_t ring_bytes, fill_bytes, high_bytes;
	char name[RILL_THREAD_NAME_MAX];
};

static struct one one_of(const struct rill_feed *f)
{
	struct one one = {
		.tid = f->thread->tid,
		.serial = f->serial,
		.ring_bytes = f->level[0].cursor.ring->size,
		.fill_bytes = rill_feed_fill(f),
		.high_bytes = f->high_bytes,
	};

	snprintf(one.name, sizeof one.name, "%s", f->thread->name);
	if (one.high_bytes < one.fill_bytes)
		one.high_bytes = one.fill_bytes;
	return one;
}

/* While nobody can free one of them; who listens is waited for behind that. */
static struct one *all_of(uint32_t *count)
{
	const uint32_t slots = rill_slots_used();
	struct one *const all = calloc(slots + 1, sizeof *all);

	*count = 0;
	rill_route_lock();
	for (uint32_t i = 0; all && i < slots; i++) {
		const struct rill_feed *const f = rill_feed_of(i);

		if (f && f->thread)
			all[(*count)++] = one_of(f);
	}
	rill_route_unlock();
	return all;
}

static bool tell(struct rill_remote_caller *c, const struct one *one)
{
	rill_remote_begin(&c->reply, "thread");
	rill_remote_put_number(&c->reply, "tid", one->tid);
	rill_remote_put_number(&c->reply, "serial", one->serial);
	rill_remote_put(&c->reply, "name", one->name);
	rill_remote_put_number(&c->reply, "ring_bytes", one->ring_bytes);
	rill_remote_put_number(&c->reply, "fill_bytes", one->fill_bytes);
	rill_remote_put_number(&c->reply, "high_bytes", one->high_bytes);
	return rill_remote_send(c);
}

bool rill_remote_threads(struct rill_remote_caller *c)
{
	uint32_t count;
	struct one *const all = all_of(&count);
	bool heard = true;

	if (!all)
		return rill_remote_fail(c, "the process has no memory for a list of its threads");
	for (uint32_t i = 0; i < count && heard; i++)
		heard = tell(c, &all[i]);
	free(all);
	return heard && rill_remote_done(c, "threads", count);
}
