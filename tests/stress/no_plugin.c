/* SPDX-License-Identifier: MIT
 * no_plugin.c - in place of plugin.c where the program is static.
 */
#include "stress.h"

void stress_plugin(const struct stress_scenario *self)
{
	(void)self;
	stress_skip("a static program loads no shared objects");
}
