/* SPDX-License-Identifier: MIT
 * own_thread.c - what a thread says of itself: its name, and its place among the others in a viewer. Every configuration has it.
 */
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/attach.h"
#include "port/port.h"

#include <errno.h>

int rill_thread_name(const char *name)
{
	RILL_UNCANCELLED;

	if (!name)
		return rill_fail(EINVAL, "a thread name is missing");
	rill_own_name_set(name);
	return 0;
}

int rill_thread_sort_index(int32_t index)
{
	RILL_UNCANCELLED;

	rill_own_sort_index_set(index);
	return 0;
}
