/* SPDX-License-Identifier: MIT
 * quick.c - which session has the short way in a pass, and its books behind it.
 */
#include "route/quick.h"

static struct rill_route_session *only_direct(const struct rill_route_list *list)
{
	struct rill_route_session *only = NULL;

	for (unsigned bit = 0; bit < RILL_DIRECT_SESSIONS; bit++) {
		if (list->direct[bit] && only)
			return NULL;
		if (list->direct[bit])
			only = list->direct[bit];
	}
	return list->shared_count ? NULL : only;
}

void rill_route_quick_begin(struct rill_route *r)
{
	r->passes++;
	r->line.length_ticks = 0;
	r->quick = r->early || rill_route_is_leaving(r) ? NULL : only_direct(r->list);
	if (!r->quick)
		return;
	r->quick_mask = (uint8_t)(1u << r->quick->bit);
	r->quick_ticks = r->quick->start_ticks > r->watermark ? r->quick->start_ticks : r->watermark;
}

void rill_route_quick_end(struct rill_route *r)
{
	for (uint32_t i = 0; i < r->merge.count; i++) {
		struct rill_feed_level *l = r->merge.leaves[i];

		l->records += l->quick;
		if (l->quick)
			rill_route_count_thread(r->quick, l->feed->thread, l->quick, 0);
		l->quick = 0;
	}
}
