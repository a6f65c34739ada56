/* SPDX-License-Identifier: MIT
 * program.c - a program with names to hide: strip_names.sh compiles it with and without -DRILL_STRIP_NAMES, as C and as C++.
 *
 *     program PLACE [EVENTS [PLUGIN]]    a session to PLACE; of events named like EVENTS; loads and unloads PLUGIN three times
 *
 * With DIE in the environment it ends by abort().
 */
#include <dlfcn.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>

static inline int worked(int x)
{
	RILL_SCOPE("hidden", "secret_scope", "secret_depth", x, "secret_text", "shown");
	RILL_COUNTER("hidden", "secret_counter", "secret_low", x, "secret_high", x + 1.5);
	return x + 1;
}

static void plug(const char *path)
{
	for (int i = 0; i < 3; i++) {
		void *plugin = dlopen(path, RTLD_NOW);
		void (*work)(void) = NULL;

		if (plugin)
			*(void **)&work = dlsym(plugin, "plugin_work");
		if (!work)
			exit(3);
		work();
		dlclose(plugin);
	}
}

int main(int argc, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.file = argv[1];
	o.filter = "hidden,plugged";
	o.events = argc > 2 && argv[2][0] ? argv[2] : NULL;
	if (argc < 2 || rill_session_start(&o, &s)) {
		fprintf(stderr, "%s\n", rill_error());
		return 1;
	}
	for (int i = 0; i < 10; i++) {
		worked(i);
		RILL_INSTANT("hidden", "secret_instant", "secret_i", i);
		RILL_ASYNC_BEGIN("hidden", "secret_async", RILL_ID_SCOPED("scope", i), "secret_a", i);
		RILL_ASYNC_END("hidden", "secret_async", RILL_ID_SCOPED("scope", i));
	}
	if (argc > 3)
		plug(argv[3]);
	if (getenv("DIE"))
		abort();
	return rill_session_stop(s) ? 1 : 0;
}
