/* SPDX-License-Identifier: MIT
 * port_help.h - a test in a child of its own, or in this program started anew.
 */
#ifndef RILL_TEST_PORT_HELP_H
#define RILL_TEST_PORT_HELP_H

#include "tests/emulated.h"
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char self[4096];	/* this program's file */

static inline bool find_self(void)
{
	return readlink("/proc/self/exe", self, sizeof(self) - 1) > 0;
}

/* Runs in a child; its return value, or -1 if it did not get that far. */
static inline int in_child(int (*run)(void))
{
	int status = -1;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		alarm(60);
		_exit(run());
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What this program, or a copy of it, says when it is started anew with `question` (see its
 * main). */
static inline const char *ask(const char *program, uid_t uid, const char *variable,
			      const char *value, const char *question)
{
	static char text[4096];
	ssize_t length, size = 0;
	int ends[2];
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (!child) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv(variable, value, 1);
		if (uid && setuid(uid))
			_exit(126);
		become(program, (char *[]){ (char *)(uintptr_t)program, (char *)(uintptr_t)question, NULL }, environ);
		_exit(127);
	}
	close(ends[1]);
	while ((length = read(ends[0], text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += length;
	close(ends[0]);
	waitpid(child, NULL, 0);
	text[size] = '\0';
	return text;
}

#endif
