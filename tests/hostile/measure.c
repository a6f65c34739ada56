/* SPDX-License-Identifier: MIT
 * measure.c - runs a command and writes what it took to a file: the largest resident size in KiB, the processor's time in
 * milliseconds, and the exit code, 128 and the signal where one ended it.
 *
 *     measure FILE COMMAND [ARGUMENT...]
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static long long ms(const struct timeval *t)
{
	return (long long)t->tv_sec * 1000 + t->tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status, code;
	pid_t child;
	FILE *out;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child) {
		perror("measure");
		return 1;
	}
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%ld %lld %d\n", usage.ru_maxrss, ms(&usage.ru_utime) + ms(&usage.ru_stime), code) < 0 ||
	    fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return code;
}
