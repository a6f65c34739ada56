/* SPDX-License-Identifier: MIT
 * lab.c - options, session, cases and lines of the benchmark programs of the host.
 */
#include "bench/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING_BYTES = 4 << 20, QUICK_TURNS = 64, QUICK_ROUNDS = 3 };

uint64_t lab_floor[LAB_FLOOR_WORDS];
bool lab_inline_ticks;
static double measured[24][BENCH_ROUNDS_MAX];

/* ---- options and session ----------------------------------------------------------------------- */

static void usage(const struct lab *lab, const char *what, const char *value)
{
	fprintf(stderr,
		"%s: %s'%s'\n"
		"usage: %s [--quick] [--no-insn] [--seconds N] [--ring-kib N] [--events N] [--dir FOLDER] [--count CASE TURNS]\n",
		lab->program, what, value, lab->program);
	exit(2);
}

static unsigned long number(const struct lab *lab, const char *option, const char *text, unsigned long most)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n < 1 || n > most) {
		fprintf(stderr, "%s: %s: a number from 1 to %lu is wanted\n", lab->program, option, most);
		usage(lab, "not ", text);
	}
	return n;
}

void lab_options(struct lab *lab, int argc, char **argv, double seconds)
{
	const char *name = strrchr(argv[0], '/');

	*lab = (struct lab){ .program = name ? name + 1 : argv[0], .seconds = seconds, .ring_bytes = RING_BYTES, .place = "." };
	lab_processors();
	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(option, "--quick")) {
			lab->quick = true;
			continue;
		}
		if (!strcmp(option, "--no-insn")) {
			lab->no_insn = true;
			continue;
		}
		if (!strcmp(option, "--seconds")) {
			lab->seconds = (double)number(lab, option, value, 3600);
		} else if (!strcmp(option, "--ring-kib")) {
			lab->ring_bytes = (uint64_t)number(lab, option, value, 1 << 20) << 10;
		} else if (!strcmp(option, "--events")) {
			lab->events = number(lab, option, value, 1000000000);
		} else if (!strcmp(option, "--dir") && *value) {
			lab->place = value;
		} else if (!strcmp(option, "--count") && *value) {
			lab->count_case = value;
			lab->count_turns = (unsigned)number(lab, option, ++i + 1 < argc ? argv[i + 1] : "", 1000000);
		} else {
			usage(lab, "there is no such option, or it has no value: ", option);
		}
		i++;
	}
}

static void refused(const struct lab *lab)
{
	fprintf(stderr, "%s: %s\n", lab->program, rill_error());
	exit(1);
}

void lab_configure(struct lab *lab, enum lab_consumer consumer)
{
	struct rill_config config = { .size = sizeof config, .buffer_bytes = lab->ring_bytes, .prefault = true };
	struct rill_clock_info clock;

	if (consumer == LAB_SLEEPS)
		config.wake = RILL_WAKE_POLL;
	if (consumer != LAB_USUAL)
		config.period_ms = 60000;
	if (rill_configure(&config) != 0)
		refused(lab);
	rill_clock_info(&clock);
	lab_inline_ticks = strncmp(clock.name, "monotonic", 9) != 0;
}

struct rill_session *lab_session(const struct lab *lab, const char *file, enum rill_format format)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	o.filter = "bench";
	o.file = file;
	o.format = format;
	if (rill_session_start(&o, &session) != 0)
		refused(lab);
	return session;
}

void lab_start(struct lab *lab)
{
	lab_configure(lab, LAB_SLEEPS);
	lab->session = lab_session(lab, "/dev/null", RILL_FORMAT_BY_NAME);
	lab_pin(0);
	lab_others_off(0);
	memset(lab_floor, 1, sizeof lab_floor);
}

int lab_books(struct lab *lab, struct rill_session *session, uint64_t emitted)
{
	struct rill_stats stats = { 0 };
	int wrong;

	rill_session_flush(session, 60000);
	rill_session_stats(session, &stats);
	wrong = stats.delivered + stats.lost_total != emitted;
	printf("books emitted=%llu delivered=%llu lost=%llu\n", (unsigned long long)emitted, (unsigned long long)stats.delivered,
	       (unsigned long long)stats.lost_total);
	fflush(stdout);
	if (wrong)
		fprintf(stderr, "%s: %llu events were emitted, but %llu delivered and %llu lost: this is a fault of rill\n", lab->program,
			(unsigned long long)emitted, (unsigned long long)stats.delivered, (unsigned long long)stats.lost_total);
	/* The books are closed already; a stop that gave up waiting for a slow outlet changes nothing in them. */
	if (rill_session_stop(session) != 0)
		fprintf(stderr, "%s: %s\n", lab->program, rill_error());
	return wrong;
}

/* ---- cases --------------------------------------------------------------------------------------- */

void lab_say(const struct lab_line *line)
{
	char insn[32] = "-";

	if (line->insn > 0)
		snprintf(insn, sizeof insn, "%.1f", line->insn);
	printf("bench case=%s args=%u threads=%u ns_min=%.2f ns_med=%.2f insn=%s floor_ns=%.2f ratio=%.3f lost=%llu bytes=%.2f%s\n", line->name,
	       line->args, line->threads, line->ns_min, line->ns_med, insn, line->floor_ns,
	       line->floor_ns > 0 ? line->ns_min / line->floor_ns : 0.0, (unsigned long long)line->lost, line->bytes,
	       line->rest ? line->rest : "");
	fflush(stdout);
}

static void run_counted(const struct lab *lab, struct bench *cases, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(cases[i].name, lab->count_case) != 0)
			continue;
		cases[i].run(1);	/* the first event of a thread makes its ring its own */
		lab_counted(cases[i].run, lab->count_turns);
		bench_emitted += (uint64_t)(lab->count_turns + 1) * cases[i].events;
		return;
	}
	usage(lab, "there is no case ", lab->count_case);
}

static uint64_t lost_so_far(struct rill_session *session)
{
	struct rill_stats stats = { 0 };

	rill_session_stats(session, &stats);
	return stats.lost_total;
}

static void say_case(const struct lab *lab, const struct bench *cases, const struct bench *b)
{
	const double loop_ns = b == cases || lab->gross ? 0 : bench_min(&cases[0]);
	const struct bench *const floor = &cases[b->floor];
	char added[40] = "";

	if (lab->gross && b != cases)
		snprintf(added, sizeof added, " added_ns=%.2f", bench_min(b) - bench_min(&cases[0]));

	lab_say(&(struct lab_line){
		.name = b->name,
		.args = b->args,
		.threads = 1,
		.ns_min = bench_net(bench_min(b), loop_ns),
		.ns_med = bench_net(bench_median(b), loop_ns),
		.insn = b == cases || b->insn == 0 ? b->insn : b->insn - cases[0].insn,
		.floor_ns = floor == cases ? 0 : bench_net(bench_min(floor), loop_ns),
		.lost = b->events ? lost_so_far(lab->session) : 0,
		.bytes = b->bytes,
		.rest = added,
	});
}

/* A round of all cases must fit the ring, or what is measured is how an event is refused; a quarter leaves room for the rest of blocks. */
static unsigned turns_that_fit(const struct lab *lab, const struct bench *cases, unsigned count)
{
	const unsigned most = lab->quick ? QUICK_TURNS : lab->turns ? lab->turns : BENCH_TURNS_MAX;
	uint64_t bytes = 1;

	for (unsigned i = 0; i < count; i++)
		bytes += cases[i].events ? cases[i].bytes : 0;
	return lab->ring_bytes / 4 / bytes < most ? (unsigned)(lab->ring_bytes / 4 / bytes) + 1 : most;
}

void lab_cases(struct lab *lab, struct bench *cases, unsigned count)
{
	const unsigned turns = turns_that_fit(lab, cases, count);

	if (lab->count_case) {
		run_counted(lab, cases, count);
		return;
	}
	lab_machine(lab);
	for (unsigned i = 0; i < count; i++)
		cases[i].ns = measured[i];
	bench_measure(cases, count, lab->session, turns, lab->quick ? QUICK_ROUNDS : BENCH_ROUNDS_MAX, lab->quick ? 0.01 : lab->seconds);
	for (unsigned i = 0; i < count && !lab->no_insn; i++)
		cases[i].insn = lab_instructions(lab, cases[i].name);
	printf("# stretches=%u of up to %u turns, one case after the other\n", cases[0].rounds, turns);
	for (unsigned i = 0; i < count; i++)
		say_case(lab, cases, &cases[i]);
}
