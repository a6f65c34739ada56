/* SPDX-License-Identifier: MIT
 * bench_consumer.c - what a session takes beside its events: to start, to stop, while nothing happens, and of a processor while events
 * come at a moderate rate. With the options of somebody who sets none.
 *
 * bench_consumer [FILE]: FILE is written over and removed. Each case runs in a process of its own. Ends with 1 if an event was lost.
 */
#define _GNU_SOURCE
#include "bench/harness.h"

#include <rill/clock.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_SECONDS = 5, RATE_SECONDS = 4, RATE_PER_S = 100000, RATE_BURST = 100, STARTS = 21 };

static const char *path = "/tmp/bench_consumer";

/* How long the first start of a process took, each in one of its own, which share this. */
static double *firsts;
static unsigned first_number;

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct rill_session *start(enum rill_format format)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	options.file = path;
	options.format = format;
	if (rill_session_start(&options, &session) == 0)
		return session;
	fprintf(stderr, "bench_consumer: %s\n", rill_error());
	exit(1);
}

/* Stops it; how many events were lost. */
static unsigned long long stop(struct rill_session *session)
{
	struct rill_stats stats;

	rill_session_flush(session, 10000);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	return stats.lost_total;
}

/* A line as of any benchmark; rest begins with a space. No floor: what is measured is what the library does of its own accord. */
static void say(const char *what, const char *format, unsigned args, double ns_min, double ns_med, unsigned long long lost, const char *rest)
{
	printf("bench case=%s_%s args=%u threads=1 ns_min=%.2f ns_med=%.2f insn=- floor_ns=0.00 ratio=0.000 lost=%llu bytes=0.00%s\n", what,
	       format, args, ns_min, ns_med, lost, rest);
	fflush(stdout);
}

/* ---- cases: 0, or 1 if an event was lost ------------------------------------------------------------ */

/* Of all threads but this one, whose sleep is no work of rill's. */
static uint64_t wake_ups(void)
{
	struct rusage all, own;

	getrusage(RUSAGE_SELF, &all);
	getrusage(RUSAGE_THREAD, &own);
	return (uint64_t)(all.ru_nvcsw - own.ru_nvcsw);
}

/* The process sleeps; whoever wakes up meanwhile is rill. */
static int idle(enum rill_format format, const char *name)
{
	struct rill_session *session = start(format);
	uint64_t before, cpu;
	unsigned long long lost;
	char rest[100];

	RILL_INSTANT("bench", "first");
	rill_session_flush(session, 10000);
	sleep(1);	/* until it has found that nothing happens */
	before = wake_ups();
	cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	sleep(IDLE_SECONDS);
	cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	before = wake_ups() - before;
	lost = stop(session);
	snprintf(rest, sizeof rest, " seconds=%d wake_ups_per_s=%.1f cpu_percent=%.3f", IDLE_SECONDS, (double)before / IDLE_SECONDS,
		 (double)cpu / 1e7 / IDLE_SECONDS);
	/* Of one wake-up. */
	say("idle", name, 0, before ? (double)cpu / (double)before : 0, before ? (double)cpu / (double)before : 0, lost, rest);
	return lost != 0;
}

/* Bursts of a millisecond's worth; it sleeps in between. What is not the emitting thread's is the consumer's. */
static int at_rate(enum rill_format format, const char *name)
{
	const uint64_t burst_ns = UINT64_C(1000000000) * RATE_BURST / RATE_PER_S;
	struct rill_session *session = start(format);
	uint64_t begin = rill_clock_ns(), process = cpu_ns(CLOCK_PROCESS_CPUTIME_ID), own = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	unsigned long long lost;
	double each_ns;
	char rest[100];

	for (int64_t n = 0; n < (int64_t)RATE_SECONDS * RATE_PER_S; n++) {
		RILL_INSTANT("bench", "event", "n", n);
		if (n % RATE_BURST == RATE_BURST - 1) {
			const uint64_t next = begin + (uint64_t)(n / RATE_BURST + 1) * burst_ns;
			const struct timespec until = { (time_t)(next / 1000000000), (long)(next % 1000000000) };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		}
	}
	process = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - process;
	own = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - own;
	begin = rill_clock_ns() - begin;
	lost = stop(session);
	each_ns = (double)(process - own) / RATE_SECONDS / RATE_PER_S;
	snprintf(rest, sizeof rest, " events_per_s=%d consumer_cpu_percent=%.2f", RATE_PER_S, 100.0 * (double)(process - own) / (double)begin);
	say("rate", name, 1, each_ns, each_ns, lost, rest);
	return lost != 0;
}

static uint64_t start_to_event(enum rill_format format, struct rill_session **session)
{
	const uint64_t begin = rill_clock_ns();

	*session = start(format);
	RILL_INSTANT("bench", "first");
	return rill_clock_ns() - begin;
}

/* The first start of a process finds out about clocks and makes the rings and the file; the others find them. A file that is there would be
 * emptied, for which a disk may take as long as for all the rest. */
static int first_start(enum rill_format format, const char *name)
{
	struct rill_session *session;

	(void)name;
	unlink(path);
	firsts[first_number] = (double)start_to_event(format, &session);
	return stop(session) != 0;
}

/* Also says what the first starts were. */
static int start_and_stop(enum rill_format format, const char *name)
{
	static double starts[STARTS], stops[STARTS];
	struct bench begun = { .ns = starts }, ended = { .ns = stops }, first = { .ns = firsts, .rounds = STARTS };
	unsigned long long lost = 0;
	char rest[120];

	for (unsigned i = 0; i <= STARTS; i++) {
		struct rill_session *session;
		const uint64_t ns = start_to_event(format, &session);
		uint64_t from;

		rill_session_flush(session, 10000);
		from = rill_clock_ns();
		lost += rill_session_stop(session) != 0;
		if (i == 0)
			continue;
		starts[begun.rounds++] = (double)ns;
		stops[ended.rounds++] = (double)(rill_clock_ns() - from);
	}
	bench_end(&begun);
	bench_end(&ended);
	bench_end(&first);
	snprintf(rest, sizeof rest, " first_ms=%.3f first_least_ms=%.3f ms_min=%.3f ms_med=%.3f", bench_median(&first) / 1e6, bench_min(&first) / 1e6,
		 bench_min(&begun) / 1e6, bench_median(&begun) / 1e6);
	say("start", name, 0, bench_min(&begun), bench_median(&begun), lost, rest);
	snprintf(rest, sizeof rest, " ms_min=%.3f ms_med=%.3f", bench_min(&ended) / 1e6, bench_median(&ended) / 1e6);
	say("stop", name, 0, bench_min(&ended), bench_median(&ended), lost, rest);
	return lost != 0;
}

static int apart(int (*run)(enum rill_format format, const char *name), enum rill_format format, const char *name)
{
	int status = 1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		exit(run(format, name));
	if (child < 0 || waitpid(child, &status, 0) != child)
		fprintf(stderr, "bench_consumer: no process for a case\n");
	return status != 0;
}

/* Each of the first starts in a process of its own, then the others. */
static int starts(enum rill_format format, const char *name)
{
	int failed = 0;

	for (first_number = 0; first_number < STARTS; first_number++)
		failed |= apart(first_start, format, name);
	return failed | apart(start_and_stop, format, name);
}

int main(int argc, char **argv)
{
	static int (*const cases[])(enum rill_format format, const char *name) = { idle, at_rate };
	int failed;

	path = argc > 1 ? argv[1] : path;
	firsts = mmap(NULL, STARTS * sizeof *firsts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (firsts == MAP_FAILED) {
		fprintf(stderr, "bench_consumer: no memory\n");
		return 1;
	}
	failed = starts(RILL_FORMAT_BINARY, "binary") | starts(RILL_FORMAT_JSON, "json");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		failed |= apart(cases[i], RILL_FORMAT_BINARY, "binary");
		failed |= apart(cases[i], RILL_FORMAT_JSON, "json");
	}
	unlink(path);
	return failed;
}
