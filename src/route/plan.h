/* SPDX-License-Identifier: MIT
 * plan.h - what is the same for all events of a call site, worked out once in a pass: such an event needs nothing but its times, its
 * thread and its values filled in.
 *
 * Only for the ordinary ones: values that rill/trace.h writes, or the end of a scope. Everything else (ids, times of the
 * caller's, names that came with the event, CPU time of the thread) is decoded one by one (decode.c).
 */
#ifndef RILL_ROUTE_PLAN_H
#define RILL_ROUTE_PLAN_H

#include "format/scalar.h"
#include "route/decode.h"

enum { RILL_PLANS = 64, RILL_PLAN_VALUES = 8, RILL_PLAN_PASS_SHIFT = 17 };	/* 21 KiB; a power of two */

struct rill_plan {
	uint64_t key;		/* of which pass and which site: an id may mean another one in the next pass */
	bool usable;
	bool texts;		/* its records differ in length */
	uint8_t words;		/* of a record, if they do not */
	struct rill_event event;
	struct rill_value values[RILL_PLAN_VALUES];
};
extern struct rill_plan rill_plans[RILL_PLANS];

/* Makes the plan for records like this one; `scratch` is overwritten. False: there is none in this pass. */
bool rill_plan_make(struct rill_plan *plan, uint64_t key, const struct rill_record *record, uint32_t words, uint32_t pid,
		    struct rill_decoded *scratch);

/* Fills in the values. False: this record is not like the others. */
bool rill_plan_take_texts(struct rill_plan *plan, const struct rill_record *record, uint32_t words);
static inline bool rill_plan_take(struct rill_plan *plan, const struct rill_record *record, uint32_t words)
{
	if (plan->texts)
		return rill_plan_take_texts(plan, record, words);
	if (words != plan->words)
		return false;
	for (unsigned i = 0; i < plan->event.nargs; i++)
		rill_decode_scalar(&plan->values[i], plan->values[i].type, record->payload[i]);
	return true;
}

#endif
