/* SPDX-License-Identifier: MIT
 * output.h - a file, or standard output, that is written in large pieces and never is the input.
 */
#ifndef RILL_TOOL_OUTPUT_H
#define RILL_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct rill_output {
	const char *path;
	int fd;
	bool made; /* a regular file, whose old content is gone */
	int error; /* the first one; nothing is written any more */
	bool *broken; /* becomes true with it; NULL: nobody wants to know */
	char *buffer;
	size_t used, room;
};

/* Opens without touching what is there before it is certain that it is not the input (NULL: there
 * is none). 0, or an exit code after a message. */
int rill_output_open(struct rill_output *output, const char *path, const struct stat *input);

/* Makes room for size more bytes behind output->buffer + output->used. */
void rill_output_make_room(struct rill_output *output, size_t size);
void rill_output_flush(struct rill_output *output);

/* keep false: nothing usable is in it, the file goes. 0, or an exit code after a message. */
int rill_output_close(struct rill_output *output, bool keep);

static inline char *rill_output_room(struct rill_output *output, size_t size)
{
	if (output->room - output->used < size)
		rill_output_make_room(output, size);
	return output->buffer + output->used;
}

/* Takes what was written from rill_output_room() up to end. */
static inline void rill_output_commit(struct rill_output *output, const char *end)
{
	output->used = (size_t)(end - output->buffer);
}

void rill_output_put(struct rill_output *output, const void *bytes, size_t size);

#endif
