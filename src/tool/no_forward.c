/* SPDX-License-Identifier: MIT
 * no_forward.c - stands in where the configuration leaves `rill forward` out.
 */
#include "tool.h"

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return rill_usage(verb, "this rill was built without CONFIG_RILL_FORWARD");
}

const struct rill_verb rill_verb_forward = {
	"forward", "several processes' traces over one line (not in this build)",
	"This rill was built without CONFIG_RILL_FORWARD.\n", NULL, NULL, run, 0,
};
