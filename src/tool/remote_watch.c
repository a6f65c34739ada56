/* SPDX-License-Identifier: MIT
 * remote_watch.c - the events of a running program, for as long as somebody looks.
 */
#define _GNU_SOURCE
#include "input.h"
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { END_MS = 2000 };

bool rill_remote_is_process(const char *name)
{
	return *name && !name[strspn(name, "0123456789")] && access(name, F_OK) < 0;
}

static int begin(struct rill_remote *r, const char *name, const char *filter, int *fd)
{
	char out[32];
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		rill_say("no pipe can be had: %s", strerror(errno));
		return RILL_EXIT_FAILED;
	}
	snprintf(out, sizeof out, "rill %s", name);
	rill_remote_begin(&r->request, "start");
	rill_remote_put(&r->request, "name", name);
	rill_remote_put(&r->request, "filter", filter ? filter : "");
	rill_remote_put(&r->request, "format", "binary");
	rill_remote_put(&r->request, "out", out);
	rill_remote_put(&r->request, "option", "flush_ms=50");
	code = rill_remote_ask(r, ends[1], NULL, NULL);
	close(ends[1]);
	*fd = ends[0];
	if (code)
		close(ends[0]);
	return code;
}

/* Hangs up, and takes what the session still writes: were the pipe closed first, the program would complain of it. */
static void end(struct rill_remote *r, int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	char bytes[4096];

	rill_remote_close(r);
	while (poll(&waiting, 1, END_MS) > 0 && read(fd, bytes, sizeof bytes) > 0)
		;
	close(fd);
}

int rill_remote_watch(const struct rill_verb *verb, const char *who, const char *filter, struct rill_input_options *o,
		      int (*run)(void *ctx, struct rill_remote *remote), void *ctx)
{
	struct rill_remote *r;
	int code, fd = -1;

	if (o->baud || o->wait || o->listen || o->follow)
		return rill_usage(verb, "-b, -f, -l and -w are not for a PID: a program is there, or it is not");
	/* Who reads what is written may go first: the session is still to end in order. */
	signal(SIGPIPE, SIG_IGN);
	r = rill_alloc(1, sizeof *r);
	code = rill_remote_open(verb, r, who);
	if (!code)
		code = begin(r, verb->name, filter, &fd);
	if (!code) {
		o->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		code = run(ctx, r);
		end(r, fd);
	}
	rill_remote_close(r);
	free(r);
	return code;
}
