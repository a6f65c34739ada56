/* SPDX-License-Identifier: MIT
 * no_early.c - a build that keeps nothing from before the first session.
 */
#include "control/early.h"

void rill_early_start(const struct rill_site *from, const struct rill_site *to)
{
	(void)from;
	(void)to;
}

bool rill_early_hand_over(struct rill_session *session)
{
	(void)session;
	return false;
}

void rill_early_handed_over(void)
{
}

bool rill_early_ends(void)
{
	return false;
}

void rill_early_end(void)
{
}
