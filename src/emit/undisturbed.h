/* SPDX-License-Identifier: MIT
 * undisturbed.h - no signal handler comes on top of a thread that holds something of rill's.
 *
 * A handler that forks would wait for the lock that its own thread holds; one that leaves by siglongjmp(), or ends the
 * thread, would leave lock, session or read section taken for ever. Signals wait until the thread has given back what it holds. Those
 * that the processor raises at an instruction cannot wait, and come.
 */
#ifndef RILL_EMIT_UNDISTURBED_H
#define RILL_EMIT_UNDISTURBED_H

/* In pairs, which nest. Any thread, signal handlers too. */
void rill_undisturbed_begin(void);
void rill_undisturbed_end(void);

/* Around a call of the application: it gets its own mask, and what waits comes on top of it. */
unsigned rill_undisturbed_pause(void);
void rill_undisturbed_resume(unsigned paused);

#endif
