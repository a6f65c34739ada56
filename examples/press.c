/* SPDX-License-Identifier: MIT
 * press.c - a parallel file compressor, and the example of how a real program is instrumented
 * with rill.
 *
 *     press [-j N] [-o OUT] PATH...     archive the paths, with N workers
 *     press -t ARCHIVE                  check an archive
 *
 * Trace it:  rill record -- press -j 4 -o doc.tar.gz /usr/share/doc
 * Without a session the events in it cost a test and a branch each.
 */
#include "press.h"

#include <errno.h>
#include <fcntl.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: press [-j N] [-o OUT] PATH...   archive as .tar.gz, with N workers\n"
	"       press -t ARCHIVE              check an archive\n"
	"Without -o the archive goes to standard output, without -j a worker runs per processor.\n";

struct options {
	unsigned workers;
	const char *out;
	const char *check;
};

static unsigned processors(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > PRESS_WORKERS_MAX ? PRESS_WORKERS_MAX : (unsigned)n;
}

static bool parse_workers(const char *text, unsigned *workers)
{
	char *end;

	errno = 0;
	const long n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 1 || n > PRESS_WORKERS_MAX) {
		fprintf(stderr, "press: -j %s: give a number of workers from 1 to %d\n", text,
			PRESS_WORKERS_MAX);
		return false;
	}
	*workers = (unsigned)n;
	return true;
}

/* 0, or the exit code. */
static int parse(int argc, char **argv, struct options *options)
{
	int c;

	*options = (struct options){ .workers = processors() };
	while ((c = getopt(argc, argv, "hj:o:t:")) != -1) {
		switch (c) {
		case 'j':
			if (!parse_workers(optarg, &options->workers))
				return 2;
			break;
		case 'o':
			options->out = optarg;
			break;
		case 't':
			options->check = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if ((optind == argc) != (options->check != NULL)) {
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}

static int open_out(const char *path)
{
	if (!path) {
		if (!isatty(STDOUT_FILENO))
			return STDOUT_FILENO;
		fputs("press: standard output is a terminal: name a file with -o\n", stderr);
		return -1;
	}
	const int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		fprintf(stderr, "press: cannot create %s: %s\n", path, strerror(errno));
	return out;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Half an archive is of no use to anybody; a device or a pipe is not ours to remove. */
static void remove_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
}

static int archive(const struct options *options, char *const paths[])
{
	struct press_totals totals = { 0 };
	const double begin = seconds();
	const int out = open_out(options->out);

	if (out < 0)
		return 1;
	bool whole = press_run(options->workers, paths, out, &totals);
	if (options->out && close(out) < 0) {
		fprintf(stderr, "press: cannot close %s: %s\n", options->out, strerror(errno));
		whole = false;
	}
	if (!whole) {
		if (options->out)
			remove_file(options->out);
		return 1;
	}
	fprintf(stderr, "press: %llu files, %llu directories and links, ",
		(unsigned long long)totals.files, (unsigned long long)totals.others);
	fprintf(stderr, "%.1f MB to %.1f MB, %u workers, %.2f s\n", (double)totals.in_bytes / 1e6,
		(double)totals.out_bytes / 1e6, options->workers, seconds() - begin);
	if (totals.failed)
		fprintf(stderr, "press: %llu could not be read whole, see above\n",
			(unsigned long long)totals.failed);
	return totals.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options options;
	const int wrong = parse(argc, argv, &options);

	if (wrong)
		return wrong;
	rill_thread_name("main");
	if (options.check) {
		RILL_SCOPE("press", "check", "archive", options.check);
		return press_check(options.check) ? 0 : 1;
	}
	RILL_SCOPE("press", "archive", "workers", options.workers, "out", options.out);
	return archive(&options, argv + optind);
}
