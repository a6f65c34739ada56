/* SPDX-License-Identifier: MIT
 * sink_help.h - what the tests of the platform's sinks share: opening one, writing text, lines
 * to write.
 */
#ifndef RILL_TESTS_SINK_HELP_H
#define RILL_TESTS_SINK_HELP_H

#include "outlet_help.h"
#include "port/port.h"
#include "test.h"

#include <errno.h>
#include <rill/session.h>

static char folder[64];

static inline const char *in_folder(const char *name)
{
	static char path[4][256];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static inline struct rill_file_options json_options(const char *pattern)
{
	return (struct rill_file_options){
		.pattern = pattern, .name = "test", .pid = 42, .json = true, .json_tail = "]\n"
	};
}

/* Makes and opens a sink; the error of whichever failed. */
static inline int open_sink(const char *pattern, struct rill_sink *sink)
{
	struct rill_file_options options = json_options(pattern);
	int error = rill_port_file_sink(&options, sink);

	if (error < 0)
		return error;
	error = sink->ops->open(sink->ctx);
	if (error < 0)
		sink->ops->close(sink->ctx);
	return error;
}

static inline int put(struct rill_sink *sink, const char *text, unsigned pieces)
{
	return sink->ops->write(sink->ctx, text, strlen(text), pieces);
}

static inline size_t make_lines(char *text, unsigned first, unsigned count)
{
	size_t size = 0;

	for (unsigned i = first; i < first + count; i++)
		size += (size_t)sprintf(
			text + size,
			"%c{\"n\":%u,\"pad\":\"01234567890123456789012345678901234\"}\n",
			i ? ',' : '[', i);
	text[size] = '\0';
	return size;
}

#endif
