/* SPDX-License-Identifier: MIT
 * plugin.c - a shared object with call sites of its own, loaded, used and unloaded in a loop while others emit.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void plugin_emit(uint64_t word);

static char path[PATH_MAX];

/* It lies beside this program. */
static bool find_plugin(void)
{
	ssize_t size = readlink("/proc/self/exe", path, sizeof path - 32);

	if (size <= 0)
		return false;
	path[size] = '\0';
	strcpy(path + strlen(dirname(path)), "/stress_plugin.so");
	return true;
}

static bool use_once(uint32_t context, uint32_t events)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	plugin_emit *emit;

	if (!object) {
		stress_fail("%s", dlerror());
		return false;
	}
	*(void **)&emit = dlsym(object, "stress_plugin_emit");
	for (uint32_t i = 0; emit && i < events; i++) {
		uint32_t number = stress_emit_begin(context);

		emit(stress_word(context, number));
		stress_emit_end(context, number);
	}
	if (!emit || dlclose(object) != 0)
		stress_fail("%s", dlerror());
	return emit != NULL;
}

void stress_plugin(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	struct stress_crowd crowd = { .producers = self->producers, .mode = STRESS_ALL, .pace = &w };
	uint64_t wanted = stress_part(self->amount, 200), loads = 0;
	uint32_t context = stress_context_new(STRESS_FLIP), random = stress_seed(0);
	int sites = 0;

	if (!find_plugin() || !stress_configure(self->ring_bytes, self->block_bytes, 16, 0) ||
	    !stress_watch_start(&w, "stress,stress.flip"))
		return;
	stress_crowd_start(&crowd);
	for (; loads < wanted; loads++) {
		if (!use_once(context, stress_below(&random, 20)))
			break;
		if (loads == 0)
			sites = rill_call_sites(NULL, NULL);
	}
	STRESS_NEED(rill_call_sites(NULL, NULL) == sites);	/* the same sites each time */
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	STRESS_NEED(w.kinds[STRESS_OTHER] > 0);
	stress_note("loads=%llu", (unsigned long long)loads);
}
