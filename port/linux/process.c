/* SPDX-License-Identifier: MIT
 * process.c - the process: may its environment be trusted, and what is it called?
 */
#define _GNU_SOURCE
#include "port/linux/linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

bool rill_port_secure(void)
{
	return getauxval(AT_SECURE) != 0;
}

const char *rill_port_env(const char *name)
{
	return rill_port_secure() ? NULL : getenv(name);
}

/* The name goes into file names: a program may have been started under any argv[0], or none. */
const char *rill_port_program_name(void)
{
	const char *name = program_invocation_name, *slash = name ? strrchr(name, '/') : NULL;

	if (slash)
		name = slash + 1;
	return name && *name ? name : "program";
}
