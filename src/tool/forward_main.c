/* SPDX-License-Identifier: MIT
 * forward_main.c - the program `rill-forward`: `rill forward` alone, without what the other verbs need.
 */
#include "config.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("rill-forward " RILL_VERSION);
		return rill_finish_output(RILL_EXIT_OK);
	}
	return rill_verb_forward.run(&rill_verb_forward, argc - 1, argv + 1);
}
