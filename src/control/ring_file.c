/* SPDX-License-Identifier: MIT
 * ring_file.c - whether the rings lie in a file, and in which (CONFIG_RILL_RING_FILE).
 */
#include "control/session_private.h"
#include "emit/define.h"
#include "port/port.h"
#include "ring/ring_file.h"
#include "ring/ring_set.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char configured[PATH_MAX];	/* "": by the environment */
static bool keep, disk;
static char path[PATH_MAX];	/* of the pool that is, or was made last */

int rill_control_set_ring_file(const struct rill_config *c)
{
	keep = c->ring_keep;
	disk = c->ring_disk;
	if (!c->ring_file)
		return 0;
	if (strlen(c->ring_file) >= sizeof configured)
		return rill_fail(ENAMETOOLONG, "the name of the ring file is too long: %zu bytes", strlen(c->ring_file));
	strcpy(configured, c->ring_file);
	return 0;
}

/* RILL_RING_FILE, or what rill_configure() was given: NULL: neither. */
static int find_path(const char **found)
{
	const char *pattern = *configured ? configured : rill_port_env("RILL_RING_FILE");
	int error;

	*found = NULL;
	if (!pattern || !*pattern)
		return 0;
	error = rill_port_ring_file_name(pattern, "ring", path, sizeof path);
	*found = error ? NULL : path;
	return error;
}

int rill_control_create_rings(void)
{
	const char *found;
	int error;

	if (rill_ring_set_exists())
		return 0;
	error = find_path(&found);
	if (error)
		return error;
	rill_ring_file_ask(found, keep, disk);
	error = rill_ring_set_create();
	if (!error)
		rill_define_all();
	return error;
}
