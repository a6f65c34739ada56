/* SPDX-License-Identifier: MIT
 * no_memory.c - stands in where the configuration leaves the memory sink out.
 */
#include "sink/memory.h"

#include "port/port.h"

#include <errno.h>

int rill_memory_sink(const struct rill_memory_options *options, struct rill_sink *sink, struct rill_memory **memory)
{
	(void)sink;
	*memory = NULL;
	return rill_fail(ENOTSUP, "this librill cannot keep the last %zu KiB in memory: it was built without CONFIG_RILL_SINK_MEMORY",
			 options->bytes / 1024);
}

int rill_memory_read(struct rill_memory *memory, void (*take)(void *ctx, const void *segment, size_t size), void *ctx)
{
	(void)memory;
	(void)take;
	(void)ctx;
	return 0;
}
