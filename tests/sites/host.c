/* SPDX-License-Identifier: MIT
 * host.c - loads two plugins again and again while a session runs: their events come, in memory nothing stays.
 *
 *     host SITES PLUGIN1 PLUGIN2
 */
#include "record.h"

#include <dlfcn.h>

enum { ROUNDS = 5 };

static int mapped(const char *path)
{
	const char *name = strrchr(path, '/');
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int count = 0;

	while (maps && fgets(line, sizeof line, maps))
		count += strstr(line, name ? name : path) != NULL;
	if (maps)
		fclose(maps);
	return count;
}

static int sites;
static void count_site(void *ctx, const struct rill_site_info *site)
{
	(void)ctx;
	sites += !strncmp(site->category, "plugin", 6) || !strncmp(site->category, "cxx", 3);
}

static void call(const char *path, int x)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int (*plugin)(int) = NULL;

	if (object)
		*(void **)&plugin = dlsym(object, "plugin");
	if (!plugin) {
		printf("%s\n", dlerror());
		exit(2);
	}
	plugin(x);
	dlclose(object);
	if (mapped(path))
		recorded.bad++, printf("%s stays in memory\n", path);
}

static const char *one, *two;
static void both(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		call(one, round);
		call(two, round);
	}
}

int main(int argc, char **argv)
{
	char expected[8192] = "";
	int before, after;

	if (argc < 4 || !(recorded.sites = fopen(argv[1], "w")))
		return 2;
	one = argv[2];
	two = argv[3];
	both();
	rill_call_sites(count_site, NULL);
	before = sites;
	for (int i = 0; i < 2 * ROUNDS; i++)
		snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
			 "I plain(x=%d s='text') I inline(x=%d) B inline_scope(x=%d) E inline_scope I template(x=%d.5) "
			 "B template_method(held=%d) E template_method B lambda(y=%d plugin=%d) E lambda "
			 "I static_inline(x=%d) ", i / 2, i / 2, i / 2, i / 2, i / 2, i / 2, i % 2 + 1, i / 2);
	RECORD("*", both, expected);
	sites = 0;
	rill_call_sites(count_site, NULL);
	after = sites;
	/* Both plugins have the same sites. */
	if (before != after || before != 6)
		recorded.bad++, printf("%d ids before, %d after; 6 are right\n", before, after);
	return fclose(recorded.sites) || recorded.bad;
}
