/* SPDX-License-Identifier: MIT
 * other.cc - the second file of main.cc: it has the header's inline functions and templates once more.
 */
#include "cases.h"

int other(int x)
{
	RILL_INSTANT("c,net", "other", "x", x);
	return in_header(x) + cxx_inline(x) + cxx_inline_scope(x) + cxx_template(x) + (int)cxx_template(x + 0.5) +
	       cxx_box<int>{ x }.take() + cxx_method().twice(x);
}
