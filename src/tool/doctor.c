/* SPDX-License-Identifier: MIT
 * doctor.c - `rill doctor`: what rill will find on this machine, what that costs, and what is
 * missing.
 *
 * Each finding is one line: what, how it is, and where something is missing how to get it.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#include "config.h"
#include "port/port.h"
#include "tool.h"
#include "words.h"

#include <rill/clock.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill doctor [-b SIZE] [-t THREADS]\n"
	"\n"
	"Shows what rill finds on this machine: the clock and what a read costs, how it orders events, the\n"
	"memory that a recording takes, limits that would stop it; and what to do about what is missing.\n"
	"\n"
	"  -b, --buffer SIZE        count the memory with rings of this size\n"
	"  -t, --threads N          and for this many threads (4)\n"
	"\n"
	"Exit code: 0 nothing stands in the way of a recording here, 1 something does, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill doctor\n"
	"  rill doctor -b 64k -t 12      what would 12 threads with small rings take?\n";

static const struct rill_option options[] = {
	{ 'b', "buffer", "SIZE" },
	{ 't', "threads", "N" },
	{ 0, NULL, NULL },
};

struct doctor {
	uint64_t buffer, threads;
	unsigned problems;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct doctor *d = ctx;

	if (id == 'b') {
		if (rill_parse_size(value, &d->buffer) == 0 && d->buffer >= 512 &&
		    d->buffer <= 1 << 30)
			return 0;
		return rill_usage(&rill_verb_doctor,
				  "--buffer '%s': a size from 512 to 1G is wanted", value);
	}
	if (rill_parse_number(value, 1, CONFIG_RILL_THREADS_MAX, &d->threads) == 0)
		return 0;
	return rill_usage(&rill_verb_doctor, "--threads '%s': a number from 1 to %d is wanted",
			  value, CONFIG_RILL_THREADS_MAX);
}

static void line(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(const char *what, const char *format, ...)
{
	va_list args;

	printf("%-12s ", what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void show_system(void)
{
	struct utsname u;

	line("rill", "%s", RILL_VERSION);
	if (uname(&u) == 0)
		line("system", "%s %s, %s, %ld processors, pages of %ld bytes", u.sysname,
		     u.release, u.machine, sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_PAGESIZE));
}

/* Those that were not taken: what each costs, or why it cannot be had. */
static void show_other_clocks(const char *chosen)
{
	const struct rill_clock_source *source;
	unsigned i = 0;

	do {
		const char *why;
		uint64_t begin_ns, took_ns;

		source = rill_clock_sources[i++];
		if (strcmp(source->name, chosen) == 0)
			continue;
		if (!source->usable(&why)) {
			line("", "not %s: %s", source->name, why);
			continue;
		}
		begin_ns = rill_port_monotonic_ns();
		for (unsigned reads = 0; reads < 1000; reads++)
			(void)source->read();
		took_ns = rill_port_monotonic_ns() - begin_ns;
		line("", "%s would be %llu.%llu ns per read", source->name, (unsigned long long)(took_ns / 1000),
		     (unsigned long long)(took_ns / 100 % 10));
	} while (strcmp(source->name, "monotonic") != 0);
	if (!rill_port_clock_in_user_space())
		line("", "the kernel gives programs no vDSO: each read of its clocks is a system call");
}

static void show_clock(void)
{
	struct rill_clock_info info;

	rill_clock_info(&info);
	line("clock", "%s, %llu.%03llu MHz, %.1f ns per read (%.1f ordered): %s", info.name,
	     (unsigned long long)(info.frequency_hz / 1000000),
	     (unsigned long long)(info.frequency_hz / 1000 % 1000), info.read_ns,
	     info.ordered_read_ns, info.why);
	show_other_clocks(info.name);
	if (info.read_ns > 200)
		line("",
		     "a read this slow is most of the cost of an event: a kernel with a vDSO, or a machine whose "
		     "clocksource is its own counter, would help");
}

static void show_order(void)
{
	const int error = rill_port_barrier_register();

	if (!error)
		line("order",
		     "by membarrier: events reach the output in exact order, without a fence in emit");
	else
		line("order",
		     "lag mode, since membarrier is refused (%s): exact order too, but output waits 1 ms longer; "
		     "Linux 4.14 has it, seccomp filters may hide it",
		     strerror(-error));
}

/* ---- memory
 * --------------------------------------------------------------------------------------- */

static uint64_t power_of_two(uint64_t bytes)
{
	uint64_t size = 512;

	while (size < bytes)
		size *= 2;
	return size;
}

static void show_memory(const struct doctor *d)
{
	/* Of the consumer, and of a file's writer. */
	enum { STACKS = 2, STACK_BYTES = 128 << 10 };
	const uint64_t ring = power_of_two(d->buffer);
	const uint64_t nested = CONFIG_RILL_NESTED_BYTES < ring ? CONFIG_RILL_NESTED_BYTES : ring;
	const uint64_t thread = ring + (CONFIG_RILL_LEVELS - 1) * nested;
	const uint64_t session = 2 * (uint64_t)CONFIG_RILL_QUEUE_BYTES + STACKS * STACK_BYTES;

	line("ring",
	     "%s for each thread that emits, and %d x %s for signal handlers inside events; blocks of %s",
	     rill_size_word(ring).text, CONFIG_RILL_LEVELS - 1, rill_size_word(nested).text,
	     rill_size_word(CONFIG_RILL_BLOCK_BYTES < ring / 2 ? CONFIG_RILL_BLOCK_BYTES : ring / 2)
		     .text);
	line("memory",
	     "threads x (%s + %d x %s) + 2 x %s queue + %d x %s stack; touched only as it is used",
	     rill_size_word(ring).text, CONFIG_RILL_LEVELS - 1, rill_size_word(nested).text,
	     rill_size_word(CONFIG_RILL_QUEUE_BYTES).text, STACKS,
	     rill_size_word(STACK_BYTES).text);
	line("", "%llu threads and one file: at most %s, beside what call sites mean; nothing while no session runs",
	     (unsigned long long)d->threads, rill_bytes_word(d->threads * thread + session).text);
	line("limits", "%d threads at a time, %d call sites, %d category groups",
	     CONFIG_RILL_THREADS_MAX, CONFIG_RILL_SITES_MAX, CONFIG_RILL_CATEGORIES_MAX);
}

/* The runtime reserves rings for all slots at once; a limit on address space can forbid that. */
static void show_limits(struct doctor *d)
{
	const uint64_t pool = (uint64_t)CONFIG_RILL_THREADS_MAX *
			      (power_of_two(d->buffer) +
			       (CONFIG_RILL_LEVELS - 1) * (uint64_t)CONFIG_RILL_NESTED_BYTES);
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < pool) {
		d->problems++;
		line("limit",
		     "address space is limited to %s, and rings for %d threads reserve %s: raise it (ulimit -v), or "
		     "record with a smaller --buffer, or RILL_OPTIONS=threads_max=N",
		     rill_bytes_word(limit.rlim_cur).text, CONFIG_RILL_THREADS_MAX,
		     rill_bytes_word(pool).text);
	}
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		line("limit",
		     "files end at %s (ulimit -f): a longer trace is lost from there on, and counted",
		     rill_bytes_word(limit.rlim_cur).text);
	if (sizeof(void *) == 4 && pool > UINT64_C(1) << 30) {
		d->problems++;
		line("limit",
		     "rings for %d threads reserve %s of a 32-bit address space: build with a smaller "
		     "RILL_THREADS_MAX or RILL_BUFFER_BYTES, or set RILL_OPTIONS=threads_max=N",
		     CONFIG_RILL_THREADS_MAX, rill_bytes_word(pool).text);
	}
}

/* ---- outputs
 * -------------------------------------------------------------------------------------- */

static void show_folder(struct doctor *d)
{
	char *here = getcwd(NULL, 0);
	struct statvfs fs;

	if (!here || access(here, W_OK | X_OK) < 0) {
		d->problems++;
		line("output",
		     "%s: %s; a recording needs -o with a directory that you may write to",
		     here ? here : "the current directory", strerror(errno));
	} else if (statvfs(here, &fs) == 0) {
		line("output",
		     "%s is free in this directory, room for about %llu million events of JSON",
		     rill_bytes_word((uint64_t)fs.f_bavail * fs.f_frsize).text,
		     (unsigned long long)((uint64_t)fs.f_bavail * fs.f_frsize / 100000000));
	}
	free(here);
}

static void show_kernel_trace(void)
{
	static const char *const files[] = {
		"/sys/kernel/tracing/trace_marker",
		"/sys/kernel/debug/tracing/trace_marker",
	};

	if (!RILL_ON(CONFIG_RILL_TRACE_MARKER)) {
		line("ftrace",
		     "this build puts no clock mark into the kernel's trace (RILL_TRACE_MARKER=n)");
		return;
	}
	for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
		if (access(files[i], W_OK) < 0)
			continue;
		line("ftrace", "%s is writable: recordings of the kernel line up with rill's",
		     files[i]);
		return;
	}
	line("ftrace",
	     "trace_marker is not writable (%s): rill works without; to line up with recordings of the kernel, "
	     "mount tracefs and give this user write permission",
	     strerror(errno));
}

static void show_build(struct doctor *d)
{
	line("build",
	     "files %s, descriptors %s, subscribers %s, start by environment %s, early events %s",
	     RILL_ON(CONFIG_RILL_SINK_FILE) ? "yes" : "no",
	     RILL_ON(CONFIG_RILL_SINK_FD) ? "yes" : "no",
	     RILL_ON(CONFIG_RILL_SUBSCRIBERS) ? "yes" : "no",
	     RILL_ON(CONFIG_RILL_ENV) ? "yes" : "no", RILL_ON(CONFIG_RILL_EARLY) ? "yes" : "no");
	if (RILL_ON(CONFIG_RILL_ENV) && RILL_ON(CONFIG_RILL_SINK_FILE))
		return;
	d->problems++;
	line("",
	     "'rill record' needs RILL_ENV=y and RILL_SINK_FILE=y in the build of the program's librill");
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct doctor d = { .buffer = CONFIG_RILL_BUFFER_BYTES, .threads = 4 };
	int code = rill_options(verb, &d, &argc, argv);

	if (code >= 0)
		return code;
	if (argc)
		return rill_usage(verb, "no operand is wanted, but '%s' was given", argv[0]);
	show_system();
	show_clock();
	show_order();
	show_memory(&d);
	show_limits(&d);
	show_build(&d);
	show_folder(&d);
	show_kernel_trace();
	line("result", "%s",
	     d.problems ? "something above stands in the way of a recording" : "ready to record");
	return rill_finish_output(d.problems ? RILL_EXIT_FAILED : RILL_EXIT_OK);
}

const struct rill_verb rill_verb_doctor = {
	"doctor",    "show the clock, costs, memory and limits of this machine",
	help_text,   options,
	take_option, run,
	0,
};
