/* SPDX-License-Identifier: MIT
 * no_early.c - a build that keeps nothing from before the first session.
 */
#include <rill/session.h>

void rill_early_end(void)
{
}
