/* SPDX-License-Identifier: MIT
 * stats.c - the books of a session.
 */
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "route/route.h"

#include <errno.h>

void rill_stats_of(const struct rill_session *s, struct rill_stats *stats)
{
	const struct rill_route_session *r = &s->route;
	uint64_t behind = atomic_load_explicit(&r->lost_behind, memory_order_relaxed);

	*stats = (struct rill_stats){ .delivered = r->delivered - behind, .threads = r->thread_count };
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
		stats->lost[cause] = r->lost[cause];
	stats->lost[r->refusal] += behind;
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
		stats->lost_total += stats->lost[cause];
	if (r->outlet) {
		stats->bytes = r->outlet->ops->bytes(r->outlet);
		stats->segments = r->outlet->ops->segments(r->outlet);
	}
}

int rill_session_stats(struct rill_session *session, struct rill_stats *stats)
{
	RILL_UNCANCELLED;
	struct rill_session *s = rill_session_get(session);

	if (!s)
		return -ENOENT;
	rill_route_lock();
	rill_stats_of(s, stats);
	rill_route_unlock();
	rill_session_put(s);
	return 0;
}

const char *rill_session_where(struct rill_session *session)
{
	RILL_UNCANCELLED;
	struct rill_session *s = rill_session_get(session);
	const char *where = "";

	if (s) {
		where = s->route.outlet->ops->where(s->route.outlet);
		rill_session_put(s);
	}
	return where;
}

int rill_traces_recorded(void)
{
	return __atomic_load_n(&rill_control.running, __ATOMIC_RELAXED) ? (int)rill_control.started : -1;
}

const char *rill_version(void)
{
	return RILL_VERSION;
}
