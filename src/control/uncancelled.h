/* SPDX-License-Identifier: MIT
 * uncancelled.h - a thread cannot be cancelled inside the functions of session.h.
 *
 * They wait, write and call the application; a thread that ended in the middle of one would leave a lock taken, or a session in use
 * for ever, and the next stop would hang. The request stays pending and is obeyed behind the call.
 */
#ifndef RILL_CONTROL_UNCANCELLED_H
#define RILL_CONTROL_UNCANCELLED_H

#include <pthread.h>

static inline int rill_cancel_off(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static inline void rill_cancel_restore(const int *before)
{
	int unused;

	pthread_setcancelstate(*before, &unused);
}

/* From this declaration to the end of its block, however that is left. */
#define RILL_UNCANCELLED const int rill_cancel_before __attribute__((cleanup(rill_cancel_restore), unused)) = rill_cancel_off()

#endif
