/* SPDX-License-Identifier: MIT
 * remote_watch.c - the events of a running program, for as long as somebody looks.
 */
#define _GNU_SOURCE
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { END_MS = 2000 };

bool rill_remote_is_process(const char *name)
{
	return *name && !name[strspn(name, "0123456789")] && access(name, F_OK) < 0;
}

int rill_remote_watch(struct rill_remote *r, const char *name, const char *filter, int *fd)
{
	char out[32];
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		rill_say("no pipe can be had: %s", strerror(errno));
		return RILL_EXIT_FAILED;
	}
	rill_remote_begin(&r->request, "start");
	rill_remote_put(&r->request, "name", name);
	rill_remote_put(&r->request, "filter", filter ? filter : "");
	rill_remote_put(&r->request, "format", "binary");
	snprintf(out, sizeof out, "rill %s", name);
	rill_remote_put(&r->request, "out", out);
	rill_remote_put(&r->request, "option", "flush_ms=50");
	code = rill_remote_ask(r, ends[1], NULL, NULL);
	close(ends[1]);
	*fd = ends[0];
	if (code)
		close(ends[0]);
	return code;
}

void rill_remote_watch_end(struct rill_remote *r, int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	char bytes[4096];

	rill_remote_close(r);
	while (poll(&waiting, 1, END_MS) > 0 && read(fd, bytes, sizeof bytes) > 0)
		;
	close(fd);
}
