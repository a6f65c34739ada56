/* SPDX-License-Identifier: MIT
 * trace_maker.c - writes a trace of one kind to standard output: usual ones of any size, and those that an attacker
 * would make to fill the memory or waste the time of whoever reads them.
 *
 *     trace_maker KIND COUNT
 */
#include "tests/hostile/maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct maker *find(const struct maker *list, const char *name)
{
	for (; list->name; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

static void list_all(const struct maker *list)
{
	for (; list->name; list++)
		fprintf(stderr, "  %-20s %s\n", list->name, list->what);
}

int main(int argc, char **argv)
{
	const struct maker *maker = NULL;

	if (argc == 3)
		maker = find(packet_makers, argv[1]);
	if (argc == 3 && !maker)
		maker = find(json_makers, argv[1]);
	if (!maker) {
		fputs("usage: trace_maker KIND COUNT\n", stderr);
		list_all(packet_makers);
		list_all(json_makers);
		return 2;
	}
	maker->run(strtoull(argv[2], NULL, 10));
	return fflush(stdout) == 0 ? 0 : 1;
}
