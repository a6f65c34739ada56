/* SPDX-License-Identifier: MIT
 * no_notice.c - stands in where the configuration leaves out what rill says in a stream about clocks that part.
 */
#include "route/route_private.h"

void rill_route_notice_take(struct rill_route *route)
{
	(void)route;
}

bool rill_route_notices_give(struct rill_route *route, uint64_t ticks)
{
	(void)route;
	(void)ticks;
	return true;
}
