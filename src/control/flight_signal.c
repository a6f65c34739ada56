/* SPDX-License-Identifier: MIT
 * flight_signal.c - the signal that asks for a snapshot, and how others learn which one that is.
 *
 * The handler asks flight_shots.c, and then calls whoever had the signal before.
 */
#include "control/flight_private.h"
#include "port/port.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

/* One session of the process has a signal. */
static struct {
	int signal;			/* whose handler is ours, or has ours behind it; 0: none */
	struct sigaction before;	/* what it was, and goes on to be */
	struct rill_session *_Atomic session;	/* NULL: it has stopped */
} listener;

static _Atomic uint32_t shown_number;
static _Atomic char shown_state;
static char show;	/* its address is a command for the consumer */

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

	if (atomic_load_explicit(&listener.session, memory_order_relaxed))
		rill_flight_ask();
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

/* Known before the handler may come. As it was for whoever had the signal before. */
static void take_signal(int number)
{
	struct sigaction ours = { .sa_sigaction = on_signal };

	listener.signal = number;
	sigaction(listener.signal, NULL, &listener.before);
	ours.sa_mask = listener.before.sa_mask;
	ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | (listener.before.sa_flags & SA_NODEFER);
	sigaction(listener.signal, &ours, NULL);
}

void rill_flight_listen(struct rill_session *s, uint32_t number)
{
	if (!number)
		return;
	atomic_store(&listener.session, s);
	if (!listener.signal)	/* else still behind somebody else's handler */
		take_signal((int)number);
	rill_flight_show(s, 0, '.');
}

/* Whoever has put his own handler on top of ours goes on calling it; it does nothing but to pass the signal on then. */
static void give_back(void)
{
	if (!listener.signal || !is_ours(listener.signal))
		return;
	sigaction(listener.signal, &listener.before, NULL);
	listener.signal = 0;
}

/* ---- which one it is ------------------------------------------------------------------------------ */

struct rill_session *rill_flight_listener(void)
{
	return atomic_load(&listener.session);
}

void rill_flight_show(const struct rill_session *s, uint32_t number, char state)
{
	if (s != rill_flight_listener())
		return;
	atomic_store(&shown_number, number);
	atomic_store(&shown_state, state);
	rill_flight_call(&show);
}

bool rill_flight_show_command(const void *what)
{
	char name[32] = "rill";

	if (what != &show)
		return false;
	if (rill_flight_listener())
		snprintf(name, sizeof name, "rill/%d%c%u", listener.signal, atomic_load(&shown_state), atomic_load(&shown_number) % 1000000);
	rill_port_thread_rename(name);
	return true;
}

void rill_flight_deaf(struct rill_session *s)
{
	if (s != rill_flight_listener())
		return;
	atomic_store(&listener.session, NULL);
	give_back();
	rill_flight_call(&show);
}

void rill_flight_signal_forked(void)
{
	atomic_store(&listener.session, NULL);
	give_back();
}
