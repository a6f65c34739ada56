/* SPDX-License-Identifier: MIT
 * no_metadata.c - stands in where the configuration leaves metadata out: a trace says whose it is, and (own_thread.c) the names of its threads.
 */
#include "control/session_private.h"
#include "port/port.h"

#include <errno.h>

static int refuse(void)
{
	return rill_fail(ENOTSUP, "this librill writes no metadata: it was built without CONFIG_RILL_METADATA");
}

int rill_metadata(const char *name, const char *value)
{
	(void)name;
	(void)value;
	return refuse();
}

int rill_metadata_json(const char *name, const char *args_json)
{
	(void)name;
	(void)args_json;
	return refuse();
}

int rill_process_name(const char *name)
{
	(void)name;
	return refuse();
}

int rill_process_sort_index(int32_t index)
{
	(void)index;
	return refuse();
}

int rill_clock_sync_receiver(const char *sync_id)
{
	(void)sync_id;
	return refuse();
}

int rill_clock_sync_issuer(const char *sync_id, int64_t issue_us, int64_t issue_end_us)
{
	(void)sync_id;
	(void)issue_us;
	(void)issue_end_us;
	return refuse();
}

void rill_metadata_each(void (*take)(void *ctx, const char *name, const char *args_json), void *ctx)
{
	(void)take;
	(void)ctx;
}

void rill_metadata_reset(void)
{
}
