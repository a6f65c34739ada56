/* SPDX-License-Identifier: MIT
 * tool_help.h - runs a verb of the tool inside a test, in a child process, and keeps what it wrote.
 */
#ifndef RILL_TESTS_TOOL_HELP_H
#define RILL_TESTS_TOOL_HELP_H

#include "tests/test.h"
#include "tool/tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct tool_result {
	int code; /* -1: ended by a signal */
	char *out, *err;
	size_t out_size;
};

static inline char *tool_read(int fd, size_t *size)
{
	off_t length = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)length + 1);

	*size = (size_t)pread(fd, text, (size_t)length, 0);
	close(fd);
	return text;
}

static inline int tool_scratch(const char *text, size_t size)
{
	char path[] = "/tmp/rill-test-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* args ends with NULL and holds what follows the verb; input goes to standard input. */
static inline struct tool_result tool_run(const struct rill_verb *verb, const char *const *args,
					  const char *input, size_t input_size)
{
	int in = tool_scratch(input, input_size), out = tool_scratch("", 0),
	    err = tool_scratch("", 0), status, n = 0;
	struct tool_result r;
	char *argv[32];
	size_t size;
	pid_t child;

	while (args[n]) {
		argv[n] = strdup(args[n]);
		n++;
	}
	argv[n] = NULL;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(in, 0);
		dup2(out, 1);
		dup2(err, 2);
		status = verb->run(verb, n, argv);
		fflush(NULL);
		_exit(status);
	}
	waitpid(child, &status, 0);
	close(in);
	r.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	r.out = tool_read(out, &r.out_size);
	r.err = tool_read(err, &size);
	while (n)
		free(argv[--n]);
	return r;
}

static inline void tool_done(struct tool_result *r)
{
	free(r->out);
	free(r->err);
}

/* For a message that is right: code and a piece of it. */
#define TOOL_SAYS(verb, wanted_code, piece, ...)                                           \
	do {                                                                               \
		struct tool_result r_ =                                                    \
			tool_run(verb, (const char *const[]){ __VA_ARGS__, NULL }, "", 0); \
		CU_ASSERT_EQUAL(r_.code, wanted_code);                                     \
		CU_ASSERT_PTR_NOT_NULL(strstr(r_.err, piece));                             \
		if (!strstr(r_.err, piece))                                                \
			printf("\n'%s' is not in: %s", piece, r_.err);                     \
		tool_done(&r_);                                                            \
	} while (0)

#endif
