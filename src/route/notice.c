/* SPDX-License-Identifier: MIT
 * notice.c - what rill itself puts into every stream when the clocks of the machine part: the counter jumped, the machine slept, the
 * wall clock was set. An event of the category "rill" with all clocks as of then.
 *
 * It stands in the order of time among the events and is in no book. The outlet of the only session gets it when it has room; of several,
 * one that has none now does not get it.
 */
#include "route/route_private.h"

void rill_route_notice_take(struct rill_route *r)
{
	const struct rill_clock_snapshot *s = &r->timebase.newest;
	struct rill_route_notice *n = &r->notices[RILL_NOTICES_MAX - 1];

	if (!s->jumped && !s->slept_ns && !s->set_ns)
		return;
	/* They wait as long as events of before do. Were there ever too many, the last one would tell of several. */
	if (r->notice_count < RILL_NOTICES_MAX) {
		n = &r->notices[r->notice_count++];
		*n = (struct rill_route_notice){ .ticks = s->ticks };
	}
	n->monotonic_ns = s->monotonic_ns;
	n->realtime_ns = s->realtime_ns;
	n->boottime_ns = s->boottime_ns;
	n->slept_ns += s->slept_ns;
	n->set_ns += s->set_ns;
	n->epoch = s->epoch;
	n->jumped |= s->jumped;
	r->notice_ticks = r->notices[0].ticks;
}

struct offer {
	const struct rill_event *event;
	bool *refused;
};

static void give(struct rill_outlet *outlet, const void *offer)
{
	const struct offer *o = offer;

	*o->refused |= outlet->ops->event(outlet, o->event) != 0;
}

/* Microseconds: a reader's double holds those of today exactly, nanoseconds not. */
static struct rill_value microseconds(const char *name, uint64_t ns)
{
	return (struct rill_value){ .name = name, .type = RILL_TYPE_U64, .u = ns / 1000 };
}

static struct rill_value difference(const char *name, int64_t ns)
{
	return (struct rill_value){ .name = name, .type = RILL_TYPE_I64, .i = ns / 1000 };
}

/* False: refused by somebody. */
static bool give_to_all(struct rill_route *r, const struct rill_route_notice *n)
{
	bool refused = false;
	const struct rill_value args[] = {
		{ .name = "epoch", .type = RILL_TYPE_U32, .u = n->epoch },
		difference("slept_us", n->slept_ns),
		difference("set_us", n->set_ns),
		microseconds("monotonic_us", n->monotonic_ns),
		microseconds("realtime_us", n->realtime_ns),
		microseconds("boottime_us", n->boottime_ns),
	};
	const struct rill_event event = {
		.ts_ns = rill_route_ns(n->ticks), .category = "rill",
		.name = n->jumped ? "clock jumped" : n->slept_ns ? "machine slept" : "wall clock set",
		.phase = 'I', .flags = RILL_FLAG_SCOPE_GLOBAL, .state = RILL_EVENT_DYNAMIC, .pid = r->pid, .tid = r->pid,
		.args = args, .nargs = sizeof args / sizeof args[0],
	};

	rill_route_each_outlet(r->list, give, &(struct offer){ &event, &refused });
	return !refused;
}

bool rill_route_notices_give(struct rill_route *r, uint64_t ticks)
{
	uint32_t given = 0, left = 0;
	bool room = true;

	while (room && given < r->notice_count && r->notices[given].ticks <= ticks) {
		room = give_to_all(r, &r->notices[given]) || !r->may_defer;
		given += room;
	}
	for (uint32_t i = given; i < r->notice_count; i++)
		r->notices[left++] = r->notices[i];
	r->notice_count = left;
	r->notice_ticks = left ? r->notices[0].ticks : UINT64_MAX;
	return room;
}
