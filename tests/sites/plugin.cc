/* SPDX-License-Identifier: MIT
 * plugin.cc - a shared object that host.c loads; built twice, with PLUGIN 1 and 2.
 */
#include "cases.h"

int evaluated;

extern "C" __attribute__((visibility("default"))) int plugin(int x);
int plugin(int x)
{
	auto lambda = [](int y) {
		RILL_SCOPE("plugin", "lambda", "y", y, "plugin", PLUGIN);
		return y;
	};

	RILL_INSTANT("plugin", "plain", "x", x, "s", "text");
	return cxx_inline(x) + cxx_inline_scope(x) + (int)cxx_template(x + 0.5) + cxx_box<int>{ x }.take() + lambda(x) +
	       in_header(x);
}
