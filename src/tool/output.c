/* SPDX-License-Identifier: MIT
 * output.c - a file, or standard output, that is written in large pieces and never is the input.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#include "output.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

static int refuse(const char *path)
{
	const int error = errno;

	rill_say("cannot write %s: %s%s", path, strerror(error),
		 error == ENOENT ? " (is its folder there?)" : "");
	return RILL_EXIT_FAILED;
}

int rill_output_open(struct rill_output *o, const char *path, const struct stat *input)
{
	struct stat st;
	int code;

	*o = (struct rill_output){ .path = path, .fd = STDOUT_FILENO };
	if (strcmp(path, "-")) {
		o->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (o->fd < 0)
			return refuse(path);
		if (fstat(o->fd, &st) < 0)
			memset(&st, 0, sizeof st);
		if (input && input->st_ino && st.st_dev == input->st_dev &&
		    st.st_ino == input->st_ino) {
			rill_say(
				"%s is the input: give -o another name, and move it over the input when it is right",
				path);
			close(o->fd);
			return RILL_EXIT_USAGE;
		}
		o->made = S_ISREG(st.st_mode);
		if (o->made && ftruncate(o->fd, 0) < 0) {
			code = refuse(path);
			close(o->fd);
			return code;
		}
	}
	o->room = ROOM;
	o->buffer = rill_alloc(o->room, 1);
	return 0;
}

void rill_output_flush(struct rill_output *o)
{
	size_t done = 0;

	while (done < o->used && !o->error) {
		const ssize_t put = write(o->fd, o->buffer + done, o->used - done);

		if (put > 0)
			done += (size_t)put;
		else if (put == 0)
			o->error = EIO;
		else if (errno != EINTR)
			o->error = errno;
	}
	o->used = 0;
	if (o->error && o->broken)
		*o->broken = true;
}

void rill_output_make_room(struct rill_output *o, size_t size)
{
	rill_output_flush(o);
	if (size <= o->room)
		return;
	o->room = size;
	o->buffer = rill_grow(o->buffer, size, 1);
}

void rill_output_put(struct rill_output *o, const void *bytes, size_t size)
{
	memcpy(rill_output_room(o, size), bytes, size);
	o->used += size;
}

int rill_output_close(struct rill_output *o, bool keep)
{
	rill_output_flush(o);
	if (o->fd != STDOUT_FILENO && close(o->fd) < 0 && !o->error)
		o->error = errno;
	free(o->buffer);
	o->buffer = NULL;
	/* A reader that has seen enough (rill tail x.rill | head) is no error worth a message. */
	if (o->error && !(o->error == EPIPE && o->fd == STDOUT_FILENO))
		rill_say("cannot write all of %s: %s%s", o->path, strerror(o->error),
			 o->error == ENOSPC ? " (make room, or give -o another disk)" : "");
	if (o->made && (!keep || o->error))
		unlink(o->path);
	return o->error ? RILL_EXIT_FAILED : RILL_EXIT_OK;
}
