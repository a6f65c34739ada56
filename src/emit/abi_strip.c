/* SPDX-License-Identifier: MIT
 * abi_strip.c - what an object asks for that was compiled with -DRILL_STRIP_NAMES.
 */
#include <rill/site.h>

void rill_abi_2__needs_config_rill_strip_names(void)
{
}
