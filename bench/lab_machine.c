/* SPDX-License-Identifier: MIT
 * lab_machine.c - what a benchmark runs on: the line that says so, and the processors that its threads stay on.
 */
#define _GNU_SOURCE	/* processors of a thread */
#include "bench/lab.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- processors ---------------------------------------------------------------------------------- */

/* As it was before any thread was pinned: the first call is that of lab_options(), before there are others. */
static const cpu_set_t *allowed(void)
{
	static cpu_set_t set;
	static bool known;

	if (!known) {
		known = true;
		if (sched_getaffinity(0, sizeof set, &set) != 0)
			CPU_SET(0, &set);
	}
	return &set;
}

unsigned lab_processors(void)
{
	return (unsigned)CPU_COUNT(allowed());
}

static int nth(unsigned n)
{
	int cpu = 0;

	n %= lab_processors();
	for (;; cpu++)
		if (CPU_ISSET(cpu, allowed()) && n-- == 0)
			return cpu;
}

void lab_pin(unsigned n)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(nth(n), &one);
	sched_setaffinity(0, sizeof one, &one);
}

void lab_others_off(unsigned n)
{
	const pid_t self = (pid_t)syscall(SYS_gettid);
	cpu_set_t rest = *allowed();
	struct dirent *entry;
	DIR *tasks;

	if (lab_processors() < 2)
		return;
	tasks = opendir("/proc/self/task");
	if (!tasks)
		return;
	CPU_CLR(nth(n), &rest);
	while ((entry = readdir(tasks)) != NULL) {
		const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && tid != self)
			sched_setaffinity(tid, sizeof rest, &rest);
	}
	closedir(tasks);
}

/* ---- the line -------------------------------------------------------------------------------------- */

/* The value behind the first line of a file that begins with `key`, without spaces, so that it is one word; "-" if there is none. */
static void word_of(const char *path, const char *key, char *to, size_t size)
{
	char line[512];
	FILE *f = fopen(path, "re");

	snprintf(to, size, "-");
	while (f && fgets(line, sizeof line, f)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		value = value ? value + 1 : line;
		value += strspn(value, " \t");
		snprintf(to, size, "%.*s", (int)strcspn(value, "\n"), value);
		for (char *p = to; *p; p++)
			if (*p == ' ' || *p == '\t')
				*p = '_';
		break;
	}
	if (f)
		fclose(f);
}

void lab_machine(const struct lab *lab)
{
	struct rill_clock_info clock;
	struct utsname system;
	char model[128], mhz[32], load[64];

	rill_clock_info(&clock);
	memset(&system, 0, sizeof system);
	uname(&system);
	word_of("/proc/cpuinfo", "model name", model, sizeof model);
	word_of("/proc/cpuinfo", "cpu MHz", mhz, sizeof mhz);
	word_of("/proc/loadavg", "", load, sizeof load);
	printf("# program=%s rill=%s machine=%s processor=%s processors=%u mhz=%s system=%s-%s\n", lab->program, rill_version(), system.machine,
	       model, lab_processors(), mhz, system.sysname, system.release);
	printf("# compiler=%s-%s clock=%s read_ns=%.1f ordered_ns=%.1f hz=%llu load=%s ring_kib=%llu\n",
#ifdef __clang__
	       "clang", __clang_version__,
#else
	       "gcc", __VERSION__,
#endif
	       clock.name, clock.read_ns, clock.ordered_read_ns, (unsigned long long)clock.frequency_hz, load,
	       (unsigned long long)(lab->ring_bytes >> 10));
	fflush(stdout);
}
