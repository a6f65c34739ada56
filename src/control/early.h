/* SPDX-License-Identifier: MIT
 * early.h - keep-first. Only a build that has it (CONFIG_RILL_EARLY) has these functions.
 */
#ifndef RILL_CONTROL_EARLY_H
#define RILL_CONTROL_EARLY_H

#include <rill/session.h>
#include <rill/site.h>

/* Before the sites of an object are registered. Not from a signal handler. */
void rill_early_start(const struct rill_site *from, const struct rill_site *to);

/* The first session takes what waits; false: nothing does. Holder of control's lock, without the drain role; the session's place
 * is taken. */
bool rill_early_hand_over(struct rill_session *session);
/* It did, and the sites know it; or (false) it could not start, and the next one may take what waits. Holder of control's lock, without the
 * role. */
void rill_early_end_hand_over(bool started);

/* Are there scopes that may still be ended for nobody but the first session? Holder of control's lock. */
bool rill_early_ends(void);

/* In the child of a fork: what waits here is the parent's. */
void rill_early_forked(void);

#endif
