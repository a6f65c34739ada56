/* SPDX-License-Identifier: MIT
 * abi_early.c - what an object asks for that was compiled with -DRILL_EARLY.
 */
#include <rill/site.h>

void rill_abi_2__needs_config_rill_early(void)
{
}
