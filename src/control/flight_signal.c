/* SPDX-License-Identifier: MIT
 * flight_signal.c - snapshots that a signal asks for.
 *
 *     signal -> handler: a word to the consumer, then whoever had the signal before
 *            -> consumer: a thread for the snapshot, unless one is at it
 *            -> thread: snapshots until nobody has asked since the last one began
 *
 * The handler takes part in whatever the thread that it interrupted was doing, so it only asks. The consumer goes on emptying the
 * rings of streams meanwhile, and the thread is there for as long as a snapshot takes.
 */
#include "control/session_private.h"
#include "port/port.h"
#include "route/consumer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* One session of the process has a signal. */
static struct {
	int signal;			/* whose handler is ours, or has ours behind it; 0: none */
	struct sigaction before;	/* what it was, and goes on to be */
	struct rill_session *_Atomic session;	/* NULL: it has stopped */
} listener;

static _Atomic uint32_t asks, at_work;
static char asked;	/* its address is the consumer's command */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of the thread below */
static unsigned long thread;
static bool started;	/* and not joined */

/* ---- the handler ---------------------------------------------------------------------------------- */

static void pass_on(int number, siginfo_t *info, void *context)
{
	if (listener.before.sa_flags & SA_SIGINFO)
		listener.before.sa_sigaction(number, info, context);
	else if (listener.before.sa_handler != SIG_DFL && listener.before.sa_handler != SIG_IGN)
		listener.before.sa_handler(number);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	const int error = errno;

	if (atomic_load_explicit(&listener.session, memory_order_relaxed)) {
		atomic_fetch_add_explicit(&asks, 1, memory_order_relaxed);
		rill_consumer_command(&asked);
	}
	errno = error;
	pass_on(number, info, context);
}

static bool is_ours(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal;
}

int rill_flight_signal_check(uint32_t number)
{
	static const int taken[] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS };

	if (!number)
		return 0;
	for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
		if (number == (uint32_t)taken[i])
			return rill_fail(EINVAL, "signal %u cannot ask for a snapshot, since it ends or stops the program: take one like SIGUSR2",
					 number);
	if (number > (uint32_t)SIGRTMAX)
		return rill_fail(EINVAL, "there is no signal %u: 1 to %d", number, SIGRTMAX);
	if (atomic_load(&listener.session))
		return rill_fail(EBUSY, "another flight session has its snapshots by signal %d: only one can", listener.signal);
	if (listener.signal && listener.signal != (int)number)
		return rill_fail(EBUSY, "somebody's handler still leads to the one that signal %d had for snapshots: take that one again",
				 listener.signal);
	return 0;
}

void rill_flight_listen(struct rill_session *s, uint32_t number)
{
	struct sigaction ours = { .sa_sigaction = on_signal };

	if (!number)
		return;
	atomic_store(&listener.session, s);
	if (listener.signal)
		return;		/* still behind somebody else's handler */
	listener.signal = (int)number;
	/* Known before the handler may come. As it was for whoever had the signal before. */
	sigaction(listener.signal, NULL, &listener.before);
	ours.sa_mask = listener.before.sa_mask;
	ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | (listener.before.sa_flags & SA_NODEFER);
	sigaction(listener.signal, &ours, NULL);
}

/* Whoever has put his own handler on top of ours goes on calling it; it does nothing but to pass the signal on then. */
static void give_back(void)
{
	if (!listener.signal || !is_ours(listener.signal))
		return;
	sigaction(listener.signal, &listener.before, NULL);
	listener.signal = 0;
}

/* ---- the thread ----------------------------------------------------------------------------------- */

static void take_snapshots(void)
{
	struct rill_session *s;
	uint32_t begun;

	do {
		begun = atomic_load(&asks);
		s = atomic_load(&listener.session);
		if (s && rill_snapshot(s, NULL) != 0)
			rill_warn("no snapshot: %s", rill_error());
	} while (atomic_load(&asks) != begun);
}

/* Who asks behind the last look finds nobody at work, or is found by the look behind that. */
static void *run(void *unused)
{
	uint32_t seen;

	(void)unused;
	do {
		seen = atomic_load(&asks);
		take_snapshots();
		atomic_store(&at_work, 0);
	} while (atomic_load(&asks) != seen && !atomic_exchange(&at_work, 1));
	return NULL;
}

static void join(void)
{
	if (started)
		rill_port_thread_join(thread);
	started = false;
}

bool rill_flight_command(const void *what)
{
	static const struct rill_port_thread_options options = { .name = "rill-snapshot", .stack_bytes = 256 * 1024 };

	if (what != &asked)
		return false;
	if (atomic_exchange(&at_work, 1))
		return true;
	pthread_mutex_lock(&lock);
	join();
	started = rill_port_thread_start(&options, run, NULL, &thread) == 0;
	pthread_mutex_unlock(&lock);
	if (!started) {
		atomic_store(&at_work, 0);
		rill_warn("no snapshot: its thread cannot be started, the limit of threads or memory is reached");
	}
	return true;
}

void rill_flight_deaf(const struct rill_session *s)
{
	const struct timespec pause = { 0, 1000000 };

	if (atomic_load(&listener.session) != s)
		return;
	atomic_store(&listener.session, NULL);
	give_back();
	while (atomic_load(&at_work))	/* it comes to its end: a snapshot does not wait for ever */
		nanosleep(&pause, NULL);
	pthread_mutex_lock(&lock);
	join();
	pthread_mutex_unlock(&lock);
}

void rill_flight_signal_forked(void)
{
	atomic_store(&listener.session, NULL);
	give_back();
	pthread_mutex_init(&lock, NULL);
	started = false;
	atomic_store(&at_work, 0);
}
