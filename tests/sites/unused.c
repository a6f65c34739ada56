/* SPDX-License-Identifier: MIT
 * unused.c - a file that nothing calls, for --gc-sections to drop or to keep.
 */
#include "cases.h"

void unused(int x);
void unused(int x)
{
	RILL_SCOPE("unused", "never", "x", x);
	RILL_INSTANT("unused", "called", "n", in_header(x));
}
