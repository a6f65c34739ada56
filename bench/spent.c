/* SPDX-License-Identifier: MIT
 * spent.c - asks the kernel what happened meanwhile.
 */
#define _GNU_SOURCE	/* RUSAGE_THREAD */
#include "bench/spent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The eighth number of the first line of /proc/stat. */
static double steal_seconds(void)
{
	unsigned long long ticks = 0;
	FILE *f = fopen("/proc/stat", "re");
	char line[256] = "";

	if (!f)
		return 0;
	if (fgets(line, sizeof line, f)) {
		char *p = line + strcspn(line, " ");

		for (unsigned i = 0; i < 8; i++)
			ticks = strtoull(p, &p, 10);
	}
	fclose(f);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void spent_now(struct spent *s)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	*s = (struct spent){ .preemptions = u.ru_nivcsw, .faults = u.ru_minflt + u.ru_majflt, .thread_s = seconds(CLOCK_THREAD_CPUTIME_ID),
			     .process_s = seconds(CLOCK_PROCESS_CPUTIME_ID), .steal_s = steal_seconds() };
}

struct spent spent_since(const struct spent *then)
{
	struct spent now;

	spent_now(&now);
	return (struct spent){ now.preemptions - then->preemptions, now.faults - then->faults, now.thread_s - then->thread_s,
			       now.process_s - then->process_s, now.steal_s - then->steal_s };
}

unsigned long spent_resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128] = "", *second = NULL;

	if (!f)
		return 0;
	if (fgets(line, sizeof line, f))
		second = strchr(line, ' ');
	fclose(f);
	return second ? strtoul(second, NULL, 10) * (unsigned long)(sysconf(_SC_PAGESIZE) / 1024) : 0;
}

unsigned long spent_resident_most_kib(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? (unsigned long)u.ru_maxrss : 0;
}
