/* SPDX-License-Identifier: MIT
 * abi_texts.c - what an object asks for that hands over a text as an argument.
 */
#include <rill/site.h>

void rill_abi_2__needs_config_rill_arg_texts(void)
{
}
