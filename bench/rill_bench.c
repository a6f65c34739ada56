/* SPDX-License-Identifier: MIT
 * rill_bench.c - rill-bench: what rill costs on this board. One static program; it needs no argument, no root and no other tool.
 *
 * Prints a table for people, then lines of key=value for machines, and leaves a trace of its own run. Each part has a share of the
 * time, whatever the board's speed.
 */
#include "bench/board.h"
#include "bench/spent.h"

#include <rill/clock.h>
#include <rill/trace.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill-bench [--seconds N] [-o FILE]\n"
	"\n"
	"Measures on this machine what a trace event costs, off and on, in one thread and in several, in a signal\n"
	"handler inside an event, and how fast the consumer encodes; beside a floor of the same run: a read of the\n"
	"clock and 32 bytes stored. Prints a table and lines of key=value. Needs neither root nor another tool.\n"
	"\n"
	"  --seconds N    how long it measures, 1 to 600 (10)\n"
	"  -o FILE        the trace of its own run; rill-bench.rill here, else in /tmp\n"
	"  --help         this text\n"
	"\n"
	"Exit code: 0 measured, 1 something is wrong (the message says what), 2 wrong usage.\n";

/* ---- the report ------------------------------------------------------------------------------------ */

static char report[16384];	/* the lines for machines, until the table is complete */

void board_say(const char *format, ...)
{
	size_t used = strlen(report);
	va_list values;

	va_start(values, format);
	vsnprintf(report + used, sizeof report - used, format, values);
	va_end(values);
}

void board_case(const struct board *board, const char *name, const char *text, unsigned threads, double ns_min, double ns_median,
		const char *rest)
{
	char line[256];

	printf("  %-52s %10.1f %10.1f\n", text, ns_min, ns_median);
	fflush(stdout);
	bench_line(line, sizeof line, name, threads, ns_min, ns_median, board->floor_ns, rest);
	board_say("%s", line);
	RILL_COUNTER("rill-bench", "ns", "min", ns_min, "median", ns_median);
}

void board_left_out(const char *name, const char *why)
{
	printf("  %-52s left out: %s\n", name, why);
	board_say("left_out case=%s\n", name);
}

/* ---- the parts ------------------------------------------------------------------------------------- */

static void emitting(struct board *board, double seconds)
{
	RILL_SCOPE("rill-bench", "emit");
	bench_measure(bench_cases, bench_cases_count, board->session, BOARD_TURNS, BENCH_ROUNDS_MAX, seconds);
	board->loop_ns = bench_min(&bench_cases[BENCH_LOOP]);
	board->floor_ns = bench_net(bench_min(&bench_cases[BENCH_FLOOR]), board->loop_ns);
	for (unsigned i = 0; i < bench_cases_count; i++) {
		const struct bench *b = &bench_cases[i];
		double loop_ns = i == BENCH_LOOP ? 0 : board->loop_ns;

		board_case(board, b->name, b->text, 1, bench_net(bench_min(b), loop_ns), bench_net(bench_median(b), loop_ns), "");
	}
}

static void memory(unsigned long before_kib)
{
	unsigned long now_kib = spent_resident_kib();

	printf("\n  A ring has %d KiB. ", BOARD_RING_BYTES >> 10);
	if (now_kib)
		printf("In memory: %lu KiB before the first session, %lu KiB at the end.\n", before_kib, now_kib);
	else
		printf("There is no /proc that says what of the memory is in use.\n");
	board_say("memory ring_bytes=%d resident_before_kib=%lu resident_kib=%lu\n", BOARD_RING_BYTES, before_kib, now_kib);
}

static void head(void)
{
	struct rill_clock_info clock;
	struct utsname name;

	rill_clock_info(&clock);
	memset(&name, 0, sizeof name);
	uname(&name);
	printf("rill-bench %s on %s, %s %s, %ld processor(s)\n", rill_version(), name.machine, name.sysname, name.release,
	       sysconf(_SC_NPROCESSORS_ONLN));
	printf("clock: %s, %.0f ns for a read, %.0f ns ordered, %llu Hz: %s\n\n", clock.name, clock.read_ns, clock.ordered_read_ns,
	       (unsigned long long)clock.frequency_hz, clock.why);
	printf("  %-52s %10s %10s\n", "nanoseconds, without the loop", "least", "median");
	board_say("clock name=%s read_ns=%.2f ordered_ns=%.2f hz=%llu\n", clock.name, clock.read_ns, clock.ordered_read_ns,
		  (unsigned long long)clock.frequency_hz);
	RILL_INSTANT("rill-bench", "board", "machine", (const char *)name.machine, "release", (const char *)name.release, "clock",
		     clock.name, "read_ns", clock.read_ns);
}

/* 0, or 1 if an event is neither delivered nor counted as lost. */
static int books(const struct board *board)
{
	struct rill_stats stats = { 0 };
	int wrong;

	rill_session_flush(board->session, 10000);
	rill_session_stats(board->session, &stats);
	wrong = stats.delivered + stats.lost_total != bench_emitted;
	board_say("books emitted=%llu delivered=%llu lost=%llu\n", (unsigned long long)bench_emitted, (unsigned long long)stats.delivered,
		  (unsigned long long)stats.lost_total);
	if (wrong)
		fprintf(stderr, "rill-bench: %llu events were emitted, but %llu delivered and %llu lost: this is a fault of rill\n",
			(unsigned long long)bench_emitted, (unsigned long long)stats.delivered, (unsigned long long)stats.lost_total);
	return wrong;
}

/* ---- the sessions ---------------------------------------------------------------------------------- */

/* What is measured goes to memory, so that no file system has a part in it. */
static int start_measured(struct rill_session **session)
{
	static const char *const places[] = { "memory:64", "/dev/null" };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	int rc = -EINVAL;

	o.filter = "bench";
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		o.file = places[i];
		rc = rill_session_start(&o, session);
		if (rc == 0)
			return 0;
	}
	fprintf(stderr, "rill-bench: %s\n", rill_error());
	return rc;
}

/* NULL, with a message, where it cannot be had. */
static struct rill_session *start_own(const char *file)
{
	const char *const places[] = { file ? file : "rill-bench.rill", file ? NULL : "/tmp/rill-bench.rill" };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session = NULL;

	o.filter = "rill-bench";
	o.format = RILL_FORMAT_BINARY;
	for (size_t i = 0; i < sizeof places / sizeof *places && places[i]; i++) {
		o.file = places[i];
		if (rill_session_start(&o, &session) == 0)
			return session;
	}
	printf("no trace of this run: %s\n", rill_error());
	return NULL;
}

static int run(double seconds, const char *file)
{
	struct rill_config config = { .size = sizeof config, .buffer_bytes = BOARD_RING_BYTES, .wake = RILL_WAKE_POLL,
				      .period_ms = 60000, .prefault = true };
	struct board board = { 0 };
	struct rill_session *own;
	unsigned long before_kib = spent_resident_kib();
	int wrong;

	if (rill_configure(&config) != 0) {
		fprintf(stderr, "rill-bench: %s\n", rill_error());
		return 1;
	}
	if (start_measured(&board.session) != 0)
		return 1;
	own = start_own(file);
	head();
	emitting(&board, seconds * 0.5);
	{
		RILL_SCOPE("rill-bench", "threads");
		board_threads(&board, seconds * 0.25);
	}
	{
		RILL_SCOPE("rill-bench", "nested");
		board_nested(&board, seconds * 0.1);
	}
	wrong = books(&board);
	rill_session_stop(board.session);
	{
		RILL_SCOPE("rill-bench", "consumer");
		board_consumer(&board, seconds * 0.15);
	}
	memory(before_kib);
	if (own) {
		printf("  The trace of this run: %s\n", rill_session_where(own));
		board_say("trace file=%s\n", rill_session_where(own));
		rill_session_stop(own);
	}
	printf("\n%s", report);
	return fflush(stdout) != 0 || wrong;
}

static int usage(const char *what, const char *value)
{
	fprintf(stderr, "rill-bench: %s'%s'; rill-bench --help says more\n", what, value);
	return 2;
}

int main(int argc, char **argv)
{
	const char *file = NULL;
	long seconds = 10;

	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";
		char *end;

		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(help_text, stdout);
			return fflush(stdout) != 0;
		} else if (!strcmp(argv[i], "--seconds")) {
			seconds = strtol(next, &end, 10);
			if (!*next || *end || seconds < 1 || seconds > 600)
				return usage("--seconds: a number from 1 to 600 is wanted, not ", next);
			i++;
		} else if (!strcmp(argv[i], "-o")) {
			if (!*next)
				return usage("-o: a file is wanted, not ", next);
			file = next;
			i++;
		} else {
			return usage("there is no option or argument ", argv[i]);
		}
	}
	return run((double)seconds, file);
}
