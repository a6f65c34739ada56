/* SPDX-License-Identifier: MIT
 * main.c - runs the scenarios, each in a process of its own, and prints the table.
 *
 *     stress [--seed N] [--scale PERCENT] [--emulated] [--list] [SCENARIO...]
 *
 * The seed is printed first and makes the same choices again; a scenario's own seed follows from it and the scenario's name, so that one
 * row can be repeated alone. The scale is the percentage of a long run. Exit code 0: every row is ok or skipped.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Written by the scenario's process, read by the one that prints. */
struct result {
	_Atomic uint64_t emitted, delivered, lost, checked, in_handlers;
	_Atomic uint32_t failures;
	bool skipped, finished;
	char note[256], why[2048];
};
static struct result *result;

static struct {
	uint32_t seed, scale_percent, limit_s;
	bool emulated;
	uint32_t own_seed;	/* of the scenario */
} setting = { .scale_percent = 1 };

/* ---- what scenarios ask --------------------------------------------------------------------------- */

uint64_t stress_part(uint64_t amount, uint64_t at_least)
{
	uint64_t part = amount * setting.scale_percent / 100 / (STRESS_TSAN || setting.emulated ? 10 : 1);

	return part > at_least ? part : at_least;
}

bool stress_emulated(void)
{
	return setting.emulated;
}

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

uint32_t stress_seed(uint32_t stream)
{
	return mix(setting.own_seed ^ mix(stream + 0x9e3779b9u)) | 1;
}

uint32_t stress_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return mix(x);
}

/* Several threads may find something at once. */
static _Atomic uint32_t writing;	/* a word: what exchanges a byte is a call of libatomic on RISC-V */

static void append(char *text, size_t size, const char *format, va_list values)
{
	size_t used;

	while (atomic_exchange(&writing, true))
		stress_sleep_us(10);
	used = strlen(text);
	if (used + 2 < size) {
		if (used)
			text[used++] = ' ';
		vsnprintf(text + used, size - used, format, values);
	}
	atomic_store(&writing, false);
}

void stress_fail(const char *format, ...)
{
	char line[256];
	va_list values;

	snprintf(line, sizeof line, "\n    %s", format);
	va_start(values, format);
	append(result->why, sizeof result->why, line, values);
	va_end(values);
	atomic_fetch_add(&result->failures, 1);
}

void stress_note(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	append(result->note, sizeof result->note, format, values);
	va_end(values);
}

void stress_skip(const char *why)
{
	result->skipped = true;
	stress_note("%s", why);
}

void stress_count_books(uint64_t emitted, uint64_t delivered, uint64_t lost)
{
	atomic_fetch_add(&result->emitted, emitted);
	atomic_fetch_add(&result->delivered, delivered);
	atomic_fetch_add(&result->lost, lost);
}

void stress_count_checked(uint64_t events, uint64_t in_handlers)
{
	atomic_fetch_add(&result->checked, events);
	atomic_fetch_add(&result->in_handlers, in_handlers);
}

uint64_t stress_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Until an instant: where a signal is always due, a sleep that is interrupted at once never gets any shorter. */
void stress_sleep_us(uint64_t us)
{
	uint64_t end_ns = stress_now_ns() + us * 1000;
	const struct timespec end = { (time_t)(end_ns / 1000000000), (long)(end_ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
}

/* ---- one row -------------------------------------------------------------------------------------- */

static uint32_t seed_of(const char *name)
{
	uint32_t h = setting.seed;

	while (*name)
		h = mix(h ^ (uint8_t)*name++);
	return h;
}

static int run(const struct stress_scenario *scenario)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(setting.limit_s);
		stress_contexts_init();
		scenario->run(scenario);
		result->finished = true;
		exit(0);	/* with all exit handlers */
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	return status;
}

/* How it ended, where that is not in order. */
static void judge(int status)
{
	if (status == -1)
		stress_fail("no process could be made for it");
	else if (WIFSIGNALED(status))
		stress_fail(WTERMSIG(status) == SIGALRM ? "it hung: killed after %d s" : "it died of signal %d",
			    WTERMSIG(status) == SIGALRM ? (int)setting.limit_s : WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		stress_fail("its exit code is %d", WEXITSTATUS(status));
	else if (!result->finished)
		stress_fail("it ended before its end");
}

static void print_row(const char *name, uint32_t seed, const struct result *r, const char *verdict, double seconds)
{
	char number[16] = "";

	if (seed)
		snprintf(number, sizeof number, "%u", seed);
	printf("%-32s %10s %12llu %12llu %12llu %12llu %11llu %6.1f %-7s %s\n", name, number, (unsigned long long)r->emitted,
	       (unsigned long long)r->delivered, (unsigned long long)r->lost, (unsigned long long)r->checked,
	       (unsigned long long)r->in_handlers, seconds, verdict, r->note);
}

static const char *row(const struct stress_scenario *scenario, struct result *sum)
{
	uint64_t start_ns = stress_now_ns();
	const char *verdict;

	memset(result, 0, sizeof *result);
	setting.own_seed = seed_of(scenario->name);
	judge(run(scenario));
	verdict = atomic_load(&result->failures) ? "BROKEN" : result->skipped ? "skipped" : "ok";
	print_row(scenario->name, setting.own_seed, result, verdict, (double)(stress_now_ns() - start_ns) / 1e9);
	if (atomic_load(&result->failures))
		printf("    repeat with: --seed %u --scale %u %s%s\n", setting.seed, setting.scale_percent, scenario->name, result->why);
	sum->emitted += result->emitted;
	sum->delivered += result->delivered;
	sum->lost += result->lost;
	sum->checked += result->checked;
	sum->in_handlers += result->in_handlers;
	return verdict;
}

/* ---- the table ------------------------------------------------------------------------------------ */

static bool asked_for(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strstr(name, *names))
			return true;
	return false;
}

static int run_all(char **names)
{
	struct result sum = { .emitted = 0 };
	unsigned ok = 0, broken = 0, skipped = 0;
	uint64_t start_ns = stress_now_ns();

	printf("stress: --seed %u --scale %u%s%s\n", setting.seed, setting.scale_percent, setting.emulated ? " --emulated" : "",
	       STRESS_TSAN ? ", ThreadSanitizer" : STRESS_ASAN ? ", AddressSanitizer" : "");
	printf("%-32s %10s %12s %12s %12s %12s %11s %6s %s\n", "scenario", "seed", "emitted", "delivered", "lost", "checked",
	       "in handlers", "s", "verdict");
	for (unsigned i = 0; i < stress_scenario_count; i++) {
		const char *verdict;

		if (!asked_for(stress_scenarios[i].name, names))
			continue;
		verdict = row(&stress_scenarios[i], &sum);
		ok += verdict[0] == 'o';
		broken += verdict[0] == 'B';
		skipped += verdict[0] == 's';
	}
	print_row("total", 0, &sum, broken ? "BROKEN" : "ok", (double)(stress_now_ns() - start_ns) / 1e9);
	printf("%u passed, %u failed, %u skipped\n", ok, broken, skipped);
	return broken || !ok;
}

static uint32_t number_of(const char *text, uint32_t least)
{
	char *end;
	unsigned long x = strtoul(text ? text : "", &end, 10);

	if (!text || end == text || *end || x < least || x > UINT32_MAX) {
		fprintf(stderr, "stress: '%s': a number from %u is wanted\n", text ? text : "", least);
		exit(2);
	}
	return (uint32_t)x;
}

int main(int argc, char **argv)
{
	int i = 1;

	setting.seed = (uint32_t)(stress_now_ns() ^ (uint64_t)getpid() << 16) % 1000000000;
	setting.limit_s = 0;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--seed") == 0) {
			setting.seed = number_of(argv[++i], 0);
		} else if (strcmp(argv[i], "--scale") == 0) {
			setting.scale_percent = number_of(argv[++i], 1);
		} else if (strcmp(argv[i], "--limit") == 0) {
			setting.limit_s = number_of(argv[++i], 1);
		} else if (strcmp(argv[i], "--emulated") == 0) {
			setting.emulated = true;
		} else if (strcmp(argv[i], "--list") == 0) {
			for (unsigned n = 0; n < stress_scenario_count; n++)
				puts(stress_scenarios[n].name);
			return 0;
		} else {
			fprintf(stderr, "usage: stress [--seed N] [--scale PERCENT] [--limit SECONDS] [--emulated] [--list] [SCENARIO...]\n");
			return 2;
		}
	}
	if (!setting.limit_s)	/* of one scenario */
		setting.limit_s = 120 + 18 * setting.scale_percent;
	setvbuf(stdout, NULL, _IOLBF, 0);
	result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		return 1;
	return run_all(argv + i);
}
