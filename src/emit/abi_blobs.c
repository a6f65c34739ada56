/* SPDX-License-Identifier: MIT
 * abi_blobs.c - what an object asks for that hands over bytes as an argument.
 */
#include <rill/site.h>

void rill_abi_2__needs_config_rill_arg_blobs(void)
{
}
