/* SPDX-License-Identifier: MIT
 * no_status.c - stands in where no environment starts a session, so that there is no `rill record` to tell anything.
 */
#include "control/session_private.h"
#include "port/port.h"
#include "route/route.h"

void rill_status_start(struct rill_session *session)
{
	(void)session;
}

void rill_status_stop(const char *where, const struct rill_stats *stats)
{
	(void)where;
	(void)stats;
}

/* What no session can count any more is said here, at least. */
void rill_status_stopped(void)
{
	static uint64_t told;
	struct rill_route_books books;

	rill_route_books(&books);
	if (books.stopped > told)
		rill_warn("%llu events were still being written when their session had stopped: they are in no trace",
			  (unsigned long long)(books.stopped - told));
	told = books.stopped;	/* less than before in the child of a fork, which has books of its own */
}
