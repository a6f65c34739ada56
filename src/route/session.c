/* SPDX-License-Identifier: MIT
 * session.c - giving events to one session and keeping its books.
 */
#include "route/session.h"

#include "route/route.h"

#include <stdlib.h>
#include <string.h>

/* ---- does it want it ------------------------------------------------------------------------------ */

enum { CATEGORIES = CONFIG_RILL_CATEGORIES_MAX, SITES = RILL_ID_SITES + CONFIG_RILL_SITES_MAX, YES = 1, NO = 2 };

size_t rill_route_known_bytes(void)
{
	return CATEGORIES + SITES;
}

void rill_route_forget(struct rill_route_session *s)
{
	if (s->known)
		memset(s->known, 0, rill_route_known_bytes());
}

/* Asks once per category or site and remembers. */
static bool ask(struct rill_route_session *s, uint8_t *known, const struct rill_decoded *d, const char *name)
{
	if (!*known)
		*known = s->wants(s, d->event.category, name) ? YES : NO;
	return *known == YES;
}

bool rill_route_wants(struct rill_route_session *s, const struct rill_decoded *d)
{
	bool direct = !CONFIG_RILL_SHARED_SESSIONS_MAX || s->bit < RILL_DIRECT_SESSIONS;
	bool by_name = s->by_name && d->event.phase != 'M';

	/* The record's mask holds the answer for a direct session, but a dynamic event's mask is only its group's. */
	if (direct && (!by_name || d->site_id != RILL_ID_DYNAMIC))
		return true;
	if (d->site_id == RILL_ID_DYNAMIC && by_name)
		return s->wants(s, d->event.category, d->event.name);
	if (d->category_id >= CATEGORIES)
		return s->wants(s, d->event.category, d->event.name);
	return by_name ? ask(s, s->known + CATEGORIES + d->site_id, d, d->event.name) :
			 ask(s, s->known + d->category_id, d, NULL);
}

/* ---- the books ------------------------------------------------------------------------------------ */

static struct rill_thread_stats *slot_of(struct rill_thread_stats *table, uint32_t room, uint32_t serial)
{
	uint32_t i = serial * 2654435761u & (room - 1);

	while (table[i].serial && table[i].serial != serial)
		i = (i + 1) & (room - 1);
	return &table[i];
}

static bool grow(struct rill_route_session *s)
{
	uint32_t room = s->thread_room ? 2 * s->thread_room : 32;
	struct rill_thread_stats *table;

	if (room > 2 * RILL_SESSION_THREADS_MAX)
		return false;
	table = calloc(room, sizeof *table);
	if (!table)
		return false;
	for (uint32_t i = 0; i < s->thread_room; i++)
		if (s->threads[i].serial)
			*slot_of(table, room, s->threads[i].serial) = s->threads[i];
	free(s->threads);
	s->threads = table;
	s->thread_room = room;
	return true;
}

struct rill_thread_stats *rill_route_thread_stats(struct rill_route_session *s, uint32_t tid, uint32_t serial)
{
	struct rill_thread_stats *t = s->thread_room ? slot_of(s->threads, s->thread_room, serial) : NULL;

	if (t && t->serial)
		return t;
	if (2 * (s->thread_count + 1) > s->thread_room) {
		if (!grow(s))
			return NULL;
		t = slot_of(s->threads, s->thread_room, serial);
	}
	t->tid = tid;
	t->serial = serial;
	s->thread_count++;
	return t;
}

void rill_route_count_thread(struct rill_route_session *s, const struct rill_thread *thread, uint64_t delivered, uint64_t lost)
{
	struct rill_thread_stats *t = RILL_ON(CONFIG_RILL_THREAD_BOOKS) && thread ? rill_route_thread_stats(s, thread->tid, thread->serial) : NULL;

	if (!t)
		return;
	t->delivered += delivered;
	t->lost += lost;
}

/* ---- giving --------------------------------------------------------------------------------------- */

static void add_hole(struct rill_route_session *s, uint64_t first, uint64_t last)
{
	if (s->hole_count == RILL_HOLES) {	/* the two oldest become one: it may call a begin lost that was not */
		s->holes[1].first_ticks = s->holes[0].first_ticks;
		memmove(s->holes, s->holes + 1, sizeof s->holes - sizeof s->holes[0]);
		s->hole_count--;
	}
	s->holes[s->hole_count++] = (struct rill_hole){ first, last };
}

static bool in_hole(const struct rill_route_session *s, uint64_t ticks)
{
	for (uint32_t i = 0; i < s->hole_count; i++)
		if (ticks >= s->holes[i].first_ticks && ticks <= s->holes[i].last_ticks)
			return true;
	return false;
}

uint64_t rill_route_gap_ns(uint64_t ticks)
{
	return ticks ? rill_route_ns(ticks) : 0;
}

/* An event that comes late (RILL_EVENT_LATE) may be older than what was accepted before the gap: then the gap lies between its time and
 * that one. */
static void report_refused(struct rill_route_session *s, uint64_t after_ticks)
{
	const bool late = after_ticks && after_ticks < s->last_accepted;
	const uint64_t from = late ? after_ticks : s->last_accepted, to = late ? s->last_accepted : after_ticks;
	struct rill_gap gap = {
		.count = s->refused,
		.before_ns = rill_route_gap_ns(from),
		.after_ns = rill_route_gap_ns(to),
		.cause = s->refusal,
	};

	add_hole(s, s->refused_first, s->refused_last);
	s->refused = 0;
	s->outlet->ops->gap(s->outlet, &gap);
}

static void refuse(struct rill_route_session *s, const struct rill_event *e, uint64_t ticks)
{
	if (!s->refused++)
		s->refused_first = ticks;
	s->refused_last = ticks;
	s->lost[s->refusal]++;
	rill_route_count_thread(s, e->thread, 0, 1);
}

bool rill_route_give(struct rill_route_session *s, struct rill_decoded *d, uint64_t ticks, bool may_defer)
{
	struct rill_event *e = &d->event;

	if (e->state & RILL_EVENT_HAS_BEGIN) {
		e->state &= (uint16_t)~RILL_EVENT_BEGIN_LOST;
		if (s->hole_count && in_hole(s, d->begin_ticks))
			e->state |= RILL_EVENT_BEGIN_LOST;
	}
	if (s->refused)
		report_refused(s, ticks);
	if (s->outlet->ops->event(s->outlet, e) != 0) {
		if (may_defer)
			return false;
		refuse(s, e, ticks);
		return true;
	}
	if (ticks > s->last_accepted)
		s->last_accepted = ticks;
	s->delivered++;
	rill_route_count_thread(s, e->thread, 1, 0);
	return true;
}

void rill_route_lose(struct rill_route_session *s, const struct rill_gap *gap)
{
	s->lost[gap->cause] += gap->count;
	rill_route_count_thread(s, gap->thread, 0, gap->count);
	s->outlet->ops->gap(s->outlet, gap);
}

void rill_route_settle(struct rill_route_session *s)
{
	if (!CONFIG_RILL_SHARED_SESSIONS_MAX || s->bit < RILL_DIRECT_SESSIONS)	/* a shared one's are counted by site, in each pass */
		rill_route_ring_losses(s, s->bit);
	if (s->refused)
		report_refused(s, 0);
}
