/* SPDX-License-Identifier: MIT
 * abi.c - what every object with call sites asks for: a librill that knows their layout, and keeps the registers that they count on.
 * Who changes either counts the number up: otherwise objects of both kinds link, and fail where nobody looks.
 */
#include "config.h"

#include <rill/site.h>

/* What objects may ask for besides. A program that has librill.a in it and offers it to plugins (-rdynamic) offers what was linked, and
 * a plugin may hand over texts where the program itself does not. */
static void (*const offered[])(void) __attribute__((used)) = {
	RILL_ON(CONFIG_RILL_ARG_BLOBS) ? rill_abi_2__needs_config_rill_arg_blobs : NULL,
	RILL_ON(CONFIG_RILL_ARG_TEXTS) ? rill_abi_2__needs_config_rill_arg_texts : NULL,
	RILL_ON(CONFIG_RILL_EARLY) ? rill_abi_2__needs_config_rill_early : NULL,
	RILL_ON(CONFIG_RILL_FILE_LINE) ? rill_abi_2__needs_config_rill_file_line : NULL,
	RILL_ON(CONFIG_RILL_STRIP_NAMES) ? rill_abi_2__needs_config_rill_strip_names : NULL,
};

void rill_abi_2(void)
{
}
