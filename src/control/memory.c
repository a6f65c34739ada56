/* SPDX-License-Identifier: MIT
 * memory.c - hands out what a session keeps in memory.
 */
#include "sink/memory.h"

#include "control/session_private.h"
#include "control/uncancelled.h"
#include "port/port.h"

#include <errno.h>

enum { FLUSH_MAX_MS = 1000 };

int rill_session_memory(struct rill_session *session, void (*take)(void *ctx, const void *segment, size_t size), void *ctx)
{
	RILL_UNCANCELLED;
	struct rill_session *s;
	int result = rill_session_flush(session, FLUSH_MAX_MS);

	/* What could not be flushed in time is missing at the end; the rest is what was asked for. */
	if (result && result != -ETIMEDOUT)
		return result;
	s = rill_session_get(session);
	if (!s)
		return -ENOENT;
	result = s->memory ? rill_memory_read(s->memory, take, ctx) :
		rill_fail(EINVAL, "this session keeps nothing in memory: start it with file \"memory:256\"");
	rill_session_put(s);
	return result;
}
