/* SPDX-License-Identifier: MIT
 * litmus_help.h - what the litmus programs share: how long they run, who runs where, and three ways to end.
 *
 * A litmus program asks the real library for the one thing that must never happen, in the form in which it is most likely, and
 * then takes away what forbids it (the mutant) and must see it happen. A mutant that has not shown itself within the limit says
 * nothing about the code: such a check is skipped, never passed.
 *
 *     RILL_LITMUS=long     the long forms, minutes instead of seconds (make litmus)
 */
#ifndef RILL_LITMUS_HELP_H
#define RILL_LITMUS_HELP_H

#include "tests/watch_help.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>

enum { NOT_SHOWN = 76, NOT_HERE = 77 };	/* exit codes of an isolated case, beside 0 and 1 */

static inline bool litmus_long(void)
{
	const char *form = getenv("RILL_LITMUS");

	return form && strcmp(form, "long") == 0;
}

/* The limit of an isolated case is for cases that are quick. */
static inline void litmus_limit_s(unsigned limit_s)
{
	alarm(limit_s + ISOLATED_LIMIT_S);
}

/* A mutant's case: passed only when the fault was seen, in one of so many tries. */
static inline void litmus_mutant(bool (*body)(void), unsigned tries)
{
	int status;

	do {
		status = isolated_status(body);
	} while (--tries && WIFEXITED(status) && WEXITSTATUS(status) == NOT_SHOWN);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_SHOWN)
		test_skip("the mutant did not show the fault within the limit: nothing is known of this check here");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		test_skip("this machine cannot show the fault");
	else
		CU_ASSERT_EQUAL(status, 0);
}

/* ---- figures -------------------------------------------------------------------------------------- */

/* Lines of key=value, printed behind the last case: among the cases they would tear the runner's lines apart. Shared with the children
 * that the cases run in. */
static struct litmus_figures {
	char text[8192];
	size_t used;
} *litmus_figures;

static inline void litmus_figure(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void litmus_figure(const char *format, ...)
{
	struct litmus_figures *f = litmus_figures;
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(f->text + f->used, sizeof f->text - f->used, format, args);
	va_end(args);
	if (size > 0 && (size_t)size < sizeof f->text - f->used)
		f->used += (size_t)size;
}

static inline int litmus_main(const char *suite, const struct test_case *cases, size_t count, int argc, char **argv)
{
	int code;

	litmus_figures = mmap(NULL, sizeof *litmus_figures, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (litmus_figures == MAP_FAILED)
		return 2;
	code = test_main(suite, cases, count, argc, argv);
	fputs(litmus_figures->text, stdout);
	return code;
}
#define LITMUS_MAIN(suite, cases, argc, argv) litmus_main(suite, cases, sizeof(cases) / sizeof(cases)[0], argc, argv)

/* ---- who runs where ------------------------------------------------------------------------------- */

static inline unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Binds the calling thread to the n-th processor that it may use, counted round. `all` is what it could use before anybody bound it. */
static inline void run_on(const cpu_set_t *all, unsigned n)
{
	unsigned skip = n % (unsigned)CPU_COUNT(all);
	cpu_set_t one;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, all) || skip--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof one, &one);
		return;
	}
}

/* ---- cold stores ---------------------------------------------------------------------------------- */

/* Each store of a batch misses all caches, so that it stays in the processor's store buffer for as long as can be, and the stores
 * behind it with it: the mark of an event among them. */
enum { COLD_BYTES = 64 << 20, COLD_STORES = 40 };

static inline char *cold_memory(void)
{
	char *cold = malloc(COLD_BYTES);

	if (cold)
		memset(cold, 1, COLD_BYTES);
	return cold;
}

static inline void store_cold(char *cold, uint64_t *random)
{
	for (unsigned i = 0; i < COLD_STORES; i++) {
		*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		*(volatile char *)&cold[(*random >> 36) & (COLD_BYTES - 1)] = 1;
	}
}

#endif
