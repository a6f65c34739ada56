/* SPDX-License-Identifier: MIT
 * big.c - events longer than a block: a text is cut and flagged, what does not fit even then is lost with cause "big", one each, and
 * the neighbours are intact.
 */
#include "stress.h"

void stress_big(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	struct stress_crowd crowd = { .producers = self->producers, .timer_ns = self->timer_ns, .mode = STRESS_BIG, .pace = &w };
	uint64_t impossible;

	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0) || !stress_watch_start(&w, "stress"))
		return;
	stress_crowd_start(&crowd);
	stress_watch_wait(&w, stress_part(self->amount, 20000));
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	impossible = stress_impossible();
	STRESS_NEED(impossible > 0);
	STRESS_NEED(w.kinds[STRESS_CUT] > 0);
	/* A handler on top of two events has no ring: then its event is lost as too deep, before anybody looks at its size. */
	STRESS_NEED(w.lost[RILL_LOST_BIG] <= impossible);
	STRESS_NEED(w.lost[RILL_LOST_BIG] + w.lost[RILL_LOST_DEEP] + w.lost[RILL_LOST_NO_RING] >= impossible);
	stress_note("cut=%llu too-big=%llu", (unsigned long long)w.kinds[STRESS_CUT], (unsigned long long)w.lost[RILL_LOST_BIG]);
}
