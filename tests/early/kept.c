/* SPDX-License-Identifier: MIT
 * kept.c - what is recorded before the first session, in the ways that the first argument names; early.sh says what is expected. Prints
 * what went wrong; files for sessions are the other arguments.
 */
#define RILL_EARLY
#include <rill/session.h>
#include <rill/trace.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int wrong;
#define NEED(what) ((what) ? (void)0 : (void)(wrong = 1, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #what)))

static struct rill_session *start(const char *file, int shared)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s = NULL;

	o.file = file;
	o.filter = "early";
	o.shared = shared;
	if (rill_session_start(&o, &s) != 0) {
		printf("%s\n", rill_error());
		exit(1);
	}
	return s;
}

static void books(struct rill_session *s, struct rill_stats *stats)
{
	rill_session_flush(s, 10000);
	rill_session_stats(s, stats);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- a thread that has ended; its text is gone, too ----------------------------------------------- */

static void *speak(void *unused)
{
	char text[] = "said in time";
	uint64_t before_ns = now_ns();

	pthread_setname_np(pthread_self(), "speaker");
	RILL_INSTANT("early", "spoken", "text", (const char *)text, "before", before_ns);
	memset(text, 'x', sizeof text - 1);
	RILL_INSTANT("early", "over", "after", now_ns());
	return unused;
}

static void ended(char **files)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	pthread_t t;

	pthread_create(&t, NULL, speak, NULL);
	pthread_join(t, NULL);
	RILL_INSTANT("early", "joined");
	o.file = "/dev/null/no such folder";
	NEED(rill_session_start(&o, &s) != 0);	/* one that cannot start takes nothing */
	rill_session_stop(start(files[0], 0));
	rill_session_stop(start(files[1], 0));	/* gets nothing of it */
}

/* ---- everybody at once, handlers too, until long after the buffer is full ------------------------- */

enum { THREADS = 4, ROUNDS = 300 };
static _Atomic unsigned long emitted, handled;

static void handler(int number)
{
	(void)number;
	RILL_INSTANT("early", "handler", "n", 1);
	RILL_INSTANT("other", "handler");
	handled++;
	emitted++;
}

static void *crowd(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		RILL_SCOPE("early", "scope", "i", i);
		RILL_INSTANT("other", "not wanted");
		if (i % 16 == 0)
			raise(SIGUSR1);
	}
	return unused;
}

static void all_at_once(char **files, int shared)
{
	struct rill_stats stats;
	struct rill_session *s;
	pthread_t t[THREADS];
	sigset_t alarm;

	/* Timers interrupt events anywhere; how often they come is nobody's matter. */
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	timer_t timer;
	struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	NEED(timer_create(CLOCK_MONOTONIC, &by_signal, &timer) == 0);
	timer_settime(timer, 0, &(struct itimerspec){ { 0, 50000 }, { 0, 50000 } }, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, crowd, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	timer_delete(timer);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	s = start(files[0], shared);
	books(s, &stats);
	NEED(handled >= THREADS * (ROUNDS / 16));
	/* A scope is two events where its begin found room, else one. */
	NEED(stats.lost[RILL_LOST_FULL] == stats.lost_total && stats.lost_total > 0);
	NEED(stats.delivered > 0);
	NEED(stats.delivered + stats.lost_total >= emitted + THREADS * ROUNDS);
	NEED(stats.delivered + stats.lost_total <= emitted + 2 * THREADS * ROUNDS);
	printf("emitted %lu\n", (unsigned long)emitted);
	rill_session_stop(s);
}

/* ---- exactly: single events only ------------------------------------------------------------------ */

static void *singles(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		RILL_INSTANT("early", "single", "i", i);
		RILL_INSTANT("other", "not wanted");
		emitted++;
	}
	return unused;
}

static void exact(char **files, int shared)
{
	struct rill_stats stats;
	struct rill_session *s;
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, singles, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	s = start(files[0], shared);
	RILL_INSTANT("early", "behind");
	books(s, &stats);
	NEED(stats.delivered + stats.lost_total == emitted + 1);
	NEED(stats.lost_total > 0 && stats.lost[RILL_LOST_FULL] == stats.lost_total);
	rill_session_stop(s);
	s = start(files[0], shared);
	books(s, &stats);
	NEED(stats.delivered == 0 && stats.lost_total == 0);
	rill_session_stop(s);
}

/* ---- fork, before anybody took anything ----------------------------------------------------------- */

static void forked(char **files)
{
	struct rill_stats stats;
	struct rill_session *s;
	int status = 0;
	pid_t pid;

	for (int i = 0; i < 2000; i++)
		RILL_INSTANT("early", "parent's");	/* more than there is room for */
	pid = fork();
	if (pid == 0)
		RILL_INSTANT("early", "child's");
	s = start(files[pid == 0], 0);
	books(s, &stats);
	NEED(stats.delivered + stats.lost_total == (pid ? 2000 : 1));
	rill_session_stop(s);
	if (pid) {
		waitpid(pid, &status, 0);
		NEED(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

/* ---- nobody wants it ------------------------------------------------------------------------------ */

static int evaluated;

static int evaluate(void)
{
	return ++evaluated;
}

static void dismissed(char **files)
{
	struct rill_stats stats;
	struct rill_session *s;
	int before;

	RILL_INSTANT("early", "dismissed", "n", evaluate());
	before = evaluated;
	rill_early_end();
	RILL_INSTANT("early", "dismissed", "n", evaluate());
	NEED(evaluated == before);	/* the site is off */
	s = start(files[0], 1);		/* on the bit that was the buffer's */
	RILL_INSTANT("early", "wanted", "n", evaluate());
	books(s, &stats);
	NEED(evaluated == before + 1 && stats.delivered == 1 && stats.lost_total == 0);
	rill_session_stop(s);
	printf("%d\n", before);
}

int main(int argc, char **argv)
{
	char **files = argv + 2;

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "ended"))
		ended(files);
	else if (!strcmp(argv[1], "crowd"))
		all_at_once(files, argc > 3);
	else if (!strcmp(argv[1], "exact"))
		exact(files, argc > 3);
	else if (!strcmp(argv[1], "forked"))
		forked(files);
	else if (!strcmp(argv[1], "dismissed"))
		dismissed(files);
	else if (!strcmp(argv[1], "nobody"))
		singles(NULL);	/* and no session ever */
	return wrong;
}
