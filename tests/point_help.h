/* SPDX-License-Identifier: MIT
 * point_help.h - every label of ring/point.h times every action, each combination in a process of its own.
 *
 * A program has a table of labels and a table of actions; one line more in either is a column or a row more. A thread, the subject,
 * comes to a label; there either a signal handler acts on top of it, or it is held while somebody else acts. Which
 * combinations make no sense, and why, is said once (`why_not`); they are listed and not counted as passed.
 */
#ifndef RILL_POINT_HELP_H
#define RILL_POINT_HELP_H

#include "watch_help.h"

#include "ring/point.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct label {
	enum rill_point point;
	unsigned traits;	/* the program's own */
};

struct action {
	const char *name;
	void (*handler)(void);		/* in a signal handler on top of the subject; or NULL, and then: */
	bool (*meanwhile)(void);	/* by another thread, while the subject is held */
	unsigned traits;		/* the program's own */
};

static const char *const label_names[] = {
#define LABEL_NAME(label) #label,
	RILL_POINT_LIST(LABEL_NAME)
};

/* The combination that this process is for. */
static const struct label *label;
static const struct action *action;

/* ---- the subject ---------------------------------------------------------------------------------- */

static __thread bool subject;
static _Atomic uint32_t armed, held, go_on, nested_armed;	/* words: byte exchanges are calls of libatomic on RISC-V */
static _Atomic unsigned hits, handled;

static inline void at_point(enum rill_point at)
{
	if (!subject || at != label->point)
		return;
	if (atomic_exchange(&armed, false)) {
		hits++;
		if (action->handler) {
			raise(SIGUSR1);
			return;
		}
		atomic_store(&held, true);
		while (!atomic_load(&go_on))
			nanosleep(&(struct timespec){ 0, 50000 }, NULL);
	} else if (atomic_exchange(&nested_armed, false)) {
		raise(SIGUSR2);		/* the event of the first handler has come to the same label */
	}
}

static inline void on_signal(int sig)
{
	(void)sig;
	handled++;
	action->handler();
}

static inline void listen_to(int sig, void (*handler)(int), int flags)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &act, NULL);
}

/* False: the subject is through without having been held. */
static inline bool wait_until_held(const _Atomic bool *through)
{
	while (!atomic_load(&held) && !atomic_load(through))
		nanosleep(&(struct timespec){ 0, 50000 }, NULL);
	return atomic_load(&held);
}

/* ---- all combinations ----------------------------------------------------------------------------- */

enum { COMBINATION_LIMIT_S = 60 };

struct table {
	const struct label *labels;
	size_t label_count;
	const struct action *actions;
	size_t action_count;
	const char *(*why_not)(const struct label *label, const struct action *action);
	const char *(*why_skip)(const struct action *action);	/* with this sanitizer or emulator */
	const char *(*why_hung)(const struct action *action);	/* who did, if it was not rill */
	bool (*body)(void);	/* one combination */
};

static unsigned combinations_passed, combinations_failed, combinations_skipped, not_applicable;
static const char *why_skipped;

static inline int combination_status(const struct table *t)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(COMBINATION_LIMIT_S);
		exit(t->body() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static inline void run_combination(const struct table *t)
{
	const char *why = t->why_not(label, action);
	int status;

	if (why) {
		printf("  not applicable: %s x %s: %s\n", label_names[label->point], action->name, why);
		not_applicable++;
		return;
	}
	why = t->why_skip(action);
	if (why) {
		why_skipped = why;
		combinations_skipped++;
		return;
	}
	status = combination_status(t);
	if (status == 0) {
		combinations_passed++;
		return;
	}
	why = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? t->why_hung(action) : NULL;
	if (why) {
		why_skipped = why;
		combinations_skipped++;
		return;
	}
	combinations_failed++;
	printf("  FAILED: %s x %s: %s %d\n", label_names[label->point], action->name,
	       WIFSIGNALED(status) ? "killed by signal" : "exit code", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* A row of the table: one action at every label. */
static inline void at_every_label(const struct table *t, const char *name)
{
	unsigned failed = combinations_failed, passed = combinations_passed, skipped_before = combinations_skipped;

	for (size_t a = 0; a < t->action_count; a++) {
		if (strcmp(t->actions[a].name, name) != 0)
			continue;
		printf("\n");
		for (size_t l = 0; l < t->label_count; l++) {
			label = &t->labels[l];
			action = &t->actions[a];
			run_combination(t);
		}
	}
	CU_ASSERT_EQUAL(combinations_failed, failed);
	if (combinations_skipped > skipped_before)
		test_skip(why_skipped);
	else
		CU_ASSERT(combinations_passed > passed);
}

/* The last line is counted by tests/run.sh: each combination is a case. */
static inline int points_main(const char *suite, const struct test_case *cases, size_t count, int argc, char **argv)
{
	int code = test_main(suite, cases, count, argc, argv);

	if (code == 1 && !combinations_failed)
		combinations_failed++;
	printf("%u combinations are not applicable\n", not_applicable);
	printf("%u passed, %u failed, %u skipped\n", combinations_passed, combinations_failed, combinations_skipped);
	return code;
}
#define POINTS_MAIN(suite, cases, argc, argv) points_main(suite, cases, sizeof(cases) / sizeof(cases)[0], argc, argv)

#endif
