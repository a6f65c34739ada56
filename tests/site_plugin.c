/* SPDX-License-Identifier: MIT
 * site_plugin.c - a shared object with events, for test_site.c.
 */
#include <rill/trace.h>

__attribute__((visibility("default"))) int site_plugin_work(int x);
int site_plugin_work(int x)
{
	RILL_SCOPE("site.plugin", "plugin_scope", "x", x);
	RILL_INSTANT("site.plugin", "plugin_instant", "x", x, "text", "of the plugin");
	return x + 1;
}
