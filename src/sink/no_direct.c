/* SPDX-License-Identifier: MIT
 * no_direct.c - stands in where the configuration leaves out an application's own sinks: none can stand in a call.
 */
#include "sink/direct.h"

#include <stddef.h>

void rill_direct_opened(void)
{
}

void rill_direct_closed(void)
{
}

unsigned rill_direct_open(void)
{
	return 0;
}

unsigned rill_direct_begin(const char *sink)
{
	(void)sink;
	return 0;
}

void rill_direct_end(unsigned call)
{
	(void)call;
}

const char *rill_direct_stands(uint32_t limit_ms)
{
	(void)limit_ms;
	return NULL;
}

void rill_direct_reset(void)
{
}
