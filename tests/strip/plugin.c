/* SPDX-License-Identifier: MIT
 * plugin.c - a shared object with an event of its own, whose name it hides.
 */
#include <rill/trace.h>

__attribute__((visibility("default"))) void plugin_work(void);
void plugin_work(void)
{
	RILL_INSTANT("plugged", "secret_plugin", "secret_p", 1);
}
