/* SPDX-License-Identifier: MIT
 * other.c - the second file of main.c: it has the header's sites once more.
 */
#include "cases.h"

int other(int x)
{
	RILL_INSTANT("c,net", "other", "x", x);
	return in_header(x);
}
