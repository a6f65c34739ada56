/* SPDX-License-Identifier: MIT
 * outlet_numbered.h - events for outlets that write packets, each known by its number when it is read back.
 */
#ifndef RILL_TESTS_OUTLET_NUMBERED_H
#define RILL_TESTS_OUTLET_NUMBERED_H

#include "outlet_env.h"
#include "packet_help.h"

static inline struct rill_event numbered(uint64_t n, struct rill_value values[2])
{
	values[0] = (struct rill_value){ .name = "n", .type = RILL_TYPE_U64, .u = n };
	values[1] = (struct rill_value){ .name = "s", .type = RILL_TYPE_STRING, .text = "some text", .size = 9 };
	return (struct rill_event){ .ts_ns = 5000000000 + n * 1000, .category = "cat", .name = "numbered", .site = 99,
				    .thread = &threads[n % 2], .pid = 42, .tid = threads[n % 2].tid, .phase = 'I',
				    .args = values, .nargs = 2 };
}

static inline bool is_numbered(uint64_t index, const struct rill_event *event)
{
	struct rill_value values[2];
	const struct rill_event wanted = numbered(index, values);

	return same_event(event, &wanted);
}

static inline int put_numbered(struct rill_outlet *outlet, uint64_t n)
{
	struct rill_value values[2];
	const struct rill_event event = numbered(n, values);

	return outlet->ops->event(outlet, &event);
}

#endif
