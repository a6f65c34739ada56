/* SPDX-License-Identifier: MIT
 * peer_main.c - the command line of the programs that measure rill and its peers, and the line that they print.
 *
 *     PROGRAM cost EVENT THREADS STRETCHES EVENTS_OF_A_STRETCH [OUTLET]
 *     PROGRAM rate EVENT THREADS EVENTS_PER_SECOND MILLISECONDS [OUTLET]
 *
 * EVENT is none, int64, text, off or loop. The rate is that of each thread; 0 is as fast as it goes.
 */
#define _GNU_SOURCE
#include "bench/peers/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *volatile peer_text = "sixteen bytes 16";

PEER_LOOP(peer_run_loop, (void)0)

static const struct {
	const char *name;
	peer_run *run;
} events[] = {
	{ "none", peer_run_none }, { "int64", peer_run_int64 }, { "text", peer_run_text }, { "off", peer_run_off }, { "loop", peer_run_loop },
};

uint64_t peer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void peer_sleep_until_ns(uint64_t when_ns)
{
	struct timespec t = { .tv_sec = (time_t)(when_ns / 1000000000u), .tv_nsec = (long)(when_ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

void peer_pin(unsigned thread)
{
	cpu_set_t allowed, one;
	unsigned wanted;

	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return;		/* more processors than the set has room for: the scheduler decides */
	wanted = thread % (unsigned)CPU_COUNT(&allowed);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, &allowed) || wanted-- != 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof one, &one);
		return;
	}
}

/* A number from least to most; ends the program with a message if the text is none. */
static uint64_t number(const char *what, const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= least && value <= most)
		return value;
	fprintf(stderr, "%s: a number from %" PRIu64 " to %" PRIu64 " is wanted, not '%s'\n", what, least, most, text);
	exit(2);
}

static bool print(const char *how, const struct peer_task *task, const struct peer_result *r, const struct peer_books *books)
{
	printf("%s\tevent=%s\tthreads=%u", how, task->event, task->threads);
	if (how[0] == 'c')
		printf("\tns_min=%.2f\tns_med=%.2f", r->ns_min, r->ns_median);
	else
		printf("\toffered=%" PRIu64 "\treached=%.0f\tseconds=%.3f", task->rate_per_s * task->threads, r->reached_per_s, r->seconds);
	printf("\tpreempted=%" PRIu64 "\temitted=%" PRIu64, r->preempted, r->emitted);
	if (books->known)
		printf("\tdelivered=%" PRIu64 "\tlost=%" PRIu64, books->delivered, books->lost);
	putchar('\n');
	return fflush(stdout) == 0;
}

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s cost EVENT THREADS STRETCHES EVENTS_OF_A_STRETCH [OUTLET]\n"
			"       %s rate EVENT THREADS EVENTS_PER_SECOND MILLISECONDS [OUTLET]\n"
			"EVENT: none, int64, text, off, loop\n", program, program);
	return 2;
}

int main(int argc, char **argv)
{
	struct peer_task task = { 0 };
	struct peer_result result = { 0 };
	struct peer_books books = { 0 };
	bool cost = argc > 1 && !strcmp(argv[1], "cost"), done;

	if (argc < 6 || argc > 7 || (!cost && strcmp(argv[1], "rate")))
		return usage(argv[0]);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (!strcmp(argv[2], events[i].name)) {
			task.event = events[i].name;
			task.run = events[i].run;
		}
	}
	if (!task.run)
		return usage(argv[0]);
	task.threads = (unsigned)number("THREADS", argv[3], 1, PEER_THREADS_MAX);
	if (cost) {
		task.stretches = (unsigned)number("STRETCHES", argv[4], 1, 100000);
		task.stretch_events = (unsigned)number("EVENTS_OF_A_STRETCH", argv[5], 1, 100000000);
	} else {
		task.rate_per_s = number("EVENTS_PER_SECOND", argv[4], 0, 1000000000);
		task.milliseconds = (unsigned)number("MILLISECONDS", argv[5], 1, 3600000);
	}
	if (!peer_begin(argc > 6 ? argv[6] : NULL))
		return 1;
	done = cost ? peer_cost(&task, &result) : peer_rate(&task, &result);
	if (!peer_end(&books) || !done)
		return 1;
	return print(argv[1], &task, &result, &books) ? 0 : 1;
}
