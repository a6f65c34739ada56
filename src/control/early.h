/* SPDX-License-Identifier: MIT
 * early.h - keep-first, where the build has it (CONFIG_RILL_EARLY).
 */
#ifndef RILL_CONTROL_EARLY_H
#define RILL_CONTROL_EARLY_H

#include <rill/session.h>
#include <rill/site.h>

/* Before the sites of an object are registered. Not from a signal handler. */
void rill_early_start(const struct rill_site *from, const struct rill_site *to);

/* The first session takes what waits; false: nothing does. Holder of control's lock; the session's place is taken, the drain role is
 * held, and nothing was drained yet. */
bool rill_early_hand_over(struct rill_session *session);

#endif
