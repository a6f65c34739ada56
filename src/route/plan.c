/* SPDX-License-Identifier: MIT
 * plan.c - making plans, and values of which some are texts.
 */
#include "route/plan.h"

#include <string.h>

struct rill_plan rill_plans[RILL_PLANS];

_Static_assert(RILL_ID_SITES > RILL_ID_END, "0 is the key of no record");

/* Nothing but values, and not too many. */
static bool is_ordinary(const struct rill_record *record, const struct rill_decoded *d)
{
	const struct rill_event *e = &d->event;

	if (record->id != RILL_ID_END && (record->id < RILL_ID_SITES || rill_site_entry(record->id)->nargs != e->nargs))
		return false;
	return e->nargs <= RILL_PLAN_VALUES && !(e->state & ~(RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN)) &&
	       !(e->flags & RILL_FLAG_HAS_PROCESS_ID) && !e->tid;
}

bool rill_plan_make(struct rill_plan *p, uint64_t key, const struct rill_record *record, uint32_t words, uint32_t pid,
		    struct rill_decoded *d)
{
	if (p->key >> RILL_PLAN_PASS_SHIFT == key >> RILL_PLAN_PASS_SHIFT)
		return false;	/* this place is another site's, until the pass ends */
	p->key = key;
	p->usable = rill_decode(record, words, 0, d) && is_ordinary(record, d);
	if (!p->usable)
		return false;
	p->event = d->event;
	p->event.args = p->values;
	p->event.pid = pid;
	p->texts = false;
	p->words = (uint8_t)(1 + (record->id == RILL_ID_END ? 1 : d->event.nargs));
	for (unsigned i = 0; i < d->event.nargs; i++) {
		p->values[i] = d->values[i];
		p->texts |= RILL_TYPE_HAS_TAIL(d->values[i].type);
	}
	return true;
}

bool rill_plan_take_texts(struct rill_plan *p, const struct rill_record *record, uint32_t words)
{
	const uint64_t *at = record->payload, *const end = (const uint64_t *)(const void *)record + words;

	for (unsigned i = 0; i < p->event.nargs; i++) {
		struct rill_value *v = &p->values[i];
		uint64_t word;

		if (at == end)
			return false;
		word = *at++;
		if (!RILL_TYPE_HAS_TAIL(v->type)) {
			rill_decode_scalar(v, v->type, word);
			continue;
		}
		v->text = (const char *)at;
		v->size = RILL_TAIL_SIZE(word);
		v->cut = (word & RILL_TAIL_CUT) != 0;
		v->null = (word & RILL_TAIL_NULL) != 0;
		if (RILL_TAIL_BYTES(v->size) / 8 > (size_t)(end - at))
			return false;
		at += RILL_TAIL_BYTES(v->size) / 8;
	}
	return at == end;
}
