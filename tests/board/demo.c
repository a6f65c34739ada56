/* SPDX-License-Identifier: MIT
 * demo.c - the traced program of an emulated board: threads, timers whose signals interrupt events, and signals inside of these.
 *
 *     demo NAME PLACE ROUNDS PAUSE_US [BUFFER]     sends its trace to PLACE (rill(7))
 *     demo clock                                   only says which clock it has
 *
 * It counts by itself what it has emitted, and says so at its end in one line of key=value: whoever receives the trace can then
 * close the books without trusting anything that rill counts.
 */
#define _GNU_SOURCE
#include <rill/clock.h>
#include <rill/session.h>
#include <rill/trace.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
	WORKERS = 4, LEVELS = 3, TICK_US = 20000,
	FLUSH_MS = 60000	/* a board may be slow, and its line is */
};

/* Each field has one writer: the worker, its timer's handler, the handler that interrupts that one. */
struct worker {
	pthread_t thread;
	unsigned number, rounds, pause_us;
	volatile uint32_t emitted[LEVELS];
};

static struct worker workers[WORKERS];
static __thread struct worker *self;
/* All begin together, so that the beginning of a trace knows all of them. */
static pthread_barrier_t begin;

/* ---- what is traced ------------------------------------------------------------------------------- */

/* A handler on top of the timer's, on top of the thread. */
static void on_nested(int signal)
{
	const int saved = errno;

	(void)signal;
	RILL_INSTANT("demo.signal", "nested", "number", self->number);
	self->emitted[2]++;
	errno = saved;
}

static void on_timer(int signal)
{
	const int saved = errno;

	(void)signal;
	RILL_BEGIN("demo.signal", "timer", "ticks", self->emitted[1] / 2);
	pthread_kill(pthread_self(), SIGRTMIN + 1);
	RILL_END("demo.signal", "timer");
	self->emitted[1] += 2;
	errno = saved;
}

/* Texts, doubles, bytes, pointers, numbers of all sizes. Begins and ends rather than scopes: a scope whose begin is lost has no
 * end, and then nobody outside of rill knows how many events there were. */
static void play_round(struct worker *w, unsigned round)
{
	const uint8_t bytes[] = { (uint8_t)round, (uint8_t)w->number, 0xff };
	char text[24];

	snprintf(text, sizeof text, "round %u", round);
	RILL_BEGIN("demo", "round", "round", round, "text", (const char *)text);
	RILL_INSTANT("demo", "types", "big", INT64_MIN + round, "small", (int8_t)-(int)(round % 100), "half", round / 2.0, "odd",
		     (bool)(round % 2), "where", (const void *)w, "raw", RILL_BYTES(bytes, sizeof bytes));
	RILL_COUNTER("demo", "rounds", "done", round);
	RILL_END("demo", "round");
	w->emitted[0] += 4;
}

/* Signals come while an event is written as well as while the thread sleeps. */
static void sleep_until(const struct timespec *t)
{
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, t, NULL) == EINTR)
		;
}

static timer_t start_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	const struct timespec tick = { 0, TICK_US * 1000L };
	timer_t timer;

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
	    timer_settime(timer, 0, &(struct itimerspec){ tick, tick }, NULL) != 0) {
		perror("demo: no timer for a thread");
		exit(1);
	}
	return timer;
}

static void *work(void *arg)
{
	struct timespec next;
	timer_t timer;
	char name[16];

	self = arg;
	snprintf(name, sizeof name, "worker %u", self->number);
	rill_thread_name(name);
	timer = start_timer();
	pthread_barrier_wait(&begin);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned round = 0; round < self->rounds; round++) {
		play_round(self, round);
		next.tv_nsec += (long)self->pause_us * 1000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		sleep_until(&next);
	}
	/* Who is fast has ended before the first tick. */
	while (!self->emitted[1])
		sched_yield();
	/* No signal comes behind this: what is emitted now is counted. */
	timer_delete(timer);
	return NULL;
}

static void handle(int signal, void (*handler)(int))
{
	const struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(signal, &action, NULL);
}

static void run_workers(unsigned rounds, unsigned pause_us)
{
	pthread_barrier_init(&begin, NULL, WORKERS);
	handle(SIGRTMIN, on_timer);
	handle(SIGRTMIN + 1, on_nested);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .number = i, .rounds = rounds, .pause_us = pause_us };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
			fprintf(stderr, "demo: no thread %u\n", i);
			exit(1);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
}

/* ---- around it -------------------------------------------------------------------------------------- */

static int refuse(const char *what)
{
	fprintf(stderr, "demo: %s: %s\n", what, rill_error());
	return 1;
}

/* stdio may give out a line in pieces, and others write to the same console. */
static void say(const char *line, int size)
{
	if (write(STDOUT_FILENO, line, (size_t)size) != size)
		perror("demo: standard output");
}

static void say_clock(void)
{
	struct rill_clock_info info;
	char line[512];

	rill_clock_info(&info);
	say(line, snprintf(line, sizeof line, "demo: clock=%s hz=%" PRIu64 " read_ns=%u why=%s\n", info.name, info.frequency_hz,
			   (unsigned)info.read_ns, info.why));
}

static void say_books(const char *name, const struct rill_stats *stats)
{
	uint64_t emitted[LEVELS] = { 0 };
	char line[512];

	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned level = 0; level < LEVELS; level++)
			emitted[level] += workers[i].emitted[level];
	say(line, snprintf(line, sizeof line,
			   "demo: name=%s pid=%d emitted=%" PRIu64 " levels=%" PRIu64 ",%" PRIu64 ",%" PRIu64
			   " threads=%d delivered=%" PRIu64 " lost=%" PRIu64 " bytes=%" PRIu64 "\n",
			   name, getpid(), emitted[0] + emitted[1] + emitted[2], emitted[0], emitted[1], emitted[2],
			   WORKERS, stats->delivered, stats->lost_total, stats->bytes));
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_config config = { .size = sizeof config };
	struct rill_session *session;
	struct rill_stats stats = { .lost_total = 0 };

	if (argc == 2 && !strcmp(argv[1], "clock")) {
		say_clock();
		return 0;
	}
	if (argc < 5 || argc > 7 || (argc == 7 && strcmp(argv[6], "disk") != 0)) {
		fprintf(stderr, "usage: demo NAME PLACE ROUNDS PAUSE_US [BUFFER [disk]]\n       demo clock\n");
		return 2;
	}
	config.buffer_bytes = argc > 5 ? number(argv[5]) : 0;
	config.ring_disk = argc == 7;
	if (rill_configure(&config) != 0)
		return refuse("memory");
	options.name = argv[1];
	options.filter = "demo,demo.*";
	options.file = argv[2];
	/* Who passes packets on to a line cannot make them smaller, and there a damaged byte costs one. */
	if (!strncmp(argv[2], "unix:", 5))
		options.packet_bytes = 512;
	if (rill_session_start(&options, &session) != 0)
		return refuse(argv[2]);
	run_workers(number(argv[3]), number(argv[4]));
	if (rill_session_flush(session, FLUSH_MS) != 0)
		return refuse("flush");
	rill_session_stats(session, &stats);
	if (rill_session_stop(session) != 0)
		return refuse("stop");
	say_books(argv[1], &stats);
	return 0;
}
