/* SPDX-License-Identifier: MIT
 * abi.c - what every object with call sites asks for: a librill that knows their layout.
 */
#include <rill/site.h>

void rill_abi_1(void)
{
}
