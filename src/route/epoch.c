/* SPDX-License-Identifier: MIT
 * epoch.c - the counter has begun again, as it does on machines that lose it in their sleep, or behind a migration, or by a wrap: what
 * was remembered of it is forgotten.
 */
#include "route/route_private.h"

static void at_least(uint64_t *ticks, const struct rill_route_session *s)
{
	if (s && s->start_ticks > *ticks)
		*ticks = s->start_ticks;
}

/* Sessions that began behind the last pass would take what lies at the watermark for events of before them. */
uint64_t rill_route_leaving_ticks(const struct rill_route *r)
{
	uint64_t ticks = r->watermark;

	for (unsigned i = 0; i < RILL_DIRECT_SESSIONS; i++)
		at_least(&ticks, r->list->direct[i]);
	for (uint32_t i = 0; i < r->list->shared_count; i++)
		at_least(&ticks, r->list->shared[i]);
	return ticks;
}

static void forget_in_rings(void)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			f->level[level].cursor.last_ticks = 0;
	}
}

/* It runs already, so that all that comes began after it. */
static void forget_in_session(struct rill_route_session *s)
{
	if (s)
		s->start_ticks = 0;
}

void rill_route_leave_ticks(struct rill_route *r)
{
	forget_in_rings();
	for (unsigned i = 0; i < RILL_DIRECT_SESSIONS; i++)
		forget_in_session(r->list->direct[i]);
	for (uint32_t i = 0; i < r->list->shared_count; i++)
		forget_in_session(r->list->shared[i]);
	if (r->early_end != UINT64_MAX)
		r->early_end = 0;
	for (uint32_t i = 0; i < r->notice_count; i++)
		r->notices[i].ticks = 0;	/* refused so far: they come first now */
	if (r->notice_count)
		r->notice_ticks = 0;
	r->lag_ticks = r->now_ticks;
	r->watermark = 0;
	r->leaving = false;
}
