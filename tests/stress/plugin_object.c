/* SPDX-License-Identifier: MIT
 * plugin_object.c - the shared object that plugin.c loads and unloads. It takes rill's functions from the program.
 */
#include <rill/trace.h>

__attribute__((visibility("default"))) void stress_plugin_emit(uint64_t word);
void stress_plugin_emit(uint64_t word)
{
	RILL_INSTANT("stress.flip", "other", "word", word);
}
