/* SPDX-License-Identifier: MIT
 * reenter.c - a subscriber that emits into its own session: it is never called inside itself, its events are in the books like
 * everybody's, and those of the producers are as complete as without it.
 */
#include "stress.h"

static uint32_t own_context;
static _Atomic uint32_t depth, deepest;
static _Atomic bool may_emit = true;

static void emit_too(struct stress_watch *w)
{
	uint32_t d = atomic_fetch_add(&depth, 1) + 1;

	(void)w;
	if (d > atomic_load(&deepest))
		atomic_store(&deepest, d);
	if (!own_context)
		own_context = stress_context_new(STRESS_ALL);
	/* More than a batch holds: what answers each event with one would feed itself for ever, and only the books would tell. */
	for (unsigned i = 0; i < 200 && atomic_load(&may_emit); i++)
		stress_emit(own_context);
	atomic_fetch_sub(&depth, 1);
}

void stress_reenter(const struct stress_scenario *self)
{
	struct stress_watch w = { .batch = emit_too };
	struct stress_crowd crowd = { .producers = self->producers, .mode = STRESS_ALL, .pace = &w };

	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, 0) || !stress_watch_start(&w, "stress"))
		return;
	stress_crowd_start(&crowd);
	stress_watch_wait(&w, stress_part(self->amount, 20000));
	stress_crowd_stop(&crowd);
	atomic_store(&may_emit, false);
	while (atomic_load(&depth))	/* a call that began before it may still be emitting */
		stress_sleep_us(100);
	stress_watch_finish(&w);
	STRESS_NEED(deepest == 1);
	STRESS_NEED(own_context != 0);
	stress_note("emitted-by-the-subscriber=%u", atomic_load(&stress_contexts[own_context].begun));
}
