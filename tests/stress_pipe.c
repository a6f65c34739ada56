/* SPDX-License-Identifier: MIT
 * stress_pipe.c - everything at once, and the books must close: threads that emit flat out, two signal handlers nested on top
 * of them, short-lived threads that come and go, rings from far too small to ample.
 *
 *     stress_pipe [RUNS [MS_PER_RUN [SEED]]]     one line per run; exit 0 only if every run is clean
 *
 * Every event carries who made it, its number there and a check word, so the subscriber can tell torn, double, reordered
 * and invented events. The test counts what it emitted; emitted == delivered + lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PRODUCERS = 4, LEVELS = 3, CHURNERS = 1, MAKERS_MAX = 200000 };

/* One context that emits: a thread's own code, or one of its handlers. */
struct maker {
	_Atomic uint64_t emitted;
	uint64_t last_number;	/* seen by the subscriber */
	uint64_t last_ns;
};
static struct maker *makers;
static _Atomic uint32_t maker_count;

static _Atomic bool over;
static uint64_t received, torn, doubled, backwards, late, last_ns;
static uint64_t gaps_seen, at_level[LEVELS];

static uint64_t check_of(uint64_t maker, uint64_t number)
{
	return (maker * 0x9e3779b97f4a7c15u) ^ (number * 0xc2b2ae3d27d4eb4fu);
}

/* ---- the subscriber -------------------------------------------------------------------------------- */

static void take(const struct rill_event *e)
{
	uint64_t maker, number;

	if (strcmp(e->category, "stress") != 0)
		return;
	received++;
	if (e->level < LEVELS)
		at_level[e->level]++;
	if (e->nargs < 3 || e->args[0].u >= MAKERS_MAX) {
		torn++;
		return;
	}
	maker = e->args[0].u;
	number = e->args[1].u;
	if (e->args[2].u != check_of(maker, number))
		torn++;
	if (e->nargs > 3 && (e->args[3].size != number % 61 || strspn(e->args[3].text, "x") != number % 61))
		torn++;
	if (number <= makers[maker].last_number)
		doubled++;
	makers[maker].last_number = number;
	if (e->state & RILL_EVENT_LATE) {
		late++;
	} else {
		if (e->ts_ns < last_ns)
			backwards++;
		last_ns = e->ts_ns;
	}
}

static void subscriber(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++)
		take(&batch->events[i]);
	for (size_t i = 0; i < batch->gap_count; i++)
		gaps_seen += batch->gaps[i].count;
}

/* ---- the producers --------------------------------------------------------------------------------- */

static __thread uint32_t mine[LEVELS];

static void emit(unsigned level)
{
	static const char text[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	uint64_t maker = mine[level];
	uint64_t number = atomic_fetch_add_explicit(&makers[maker].emitted, 1, memory_order_relaxed) + 1;

	if (number % 4)
		RILL_INSTANT("stress", "plain", "maker", maker, "number", number, "check", check_of(maker, number));
	else
		RILL_INSTANT("stress", "text", "maker", maker, "number", number, "check", check_of(maker, number), "text",
			     RILL_COPY(text, (uint32_t)(number % 61)));
}

static void handler(int sig)
{
	int saved = errno;

	emit(sig == SIGRTMIN ? 1 : 2);
	errno = saved;
}

static timer_t start_timer(int sig, long period_ns)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = sig };
	struct itimerspec period = { { 0, period_ns }, { 0, period_ns } };
	timer_t timer;

	e._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &e, &timer) != 0)
		abort();
	timer_settime(timer, 0, &period, NULL);
	return timer;
}

static void new_makers(void)
{
	for (unsigned level = 0; level < LEVELS; level++)
		mine[level] = atomic_fetch_add(&maker_count, 1);
}

static void *producer(void *seed)
{
	timer_t a, b;
	uint32_t x = (uint32_t)(uintptr_t)seed | 1;

	new_makers();
	a = start_timer(SIGRTMIN, 23000);
	b = start_timer(SIGRTMIN + 1, 31000);
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		emit(0);
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		for (volatile uint32_t i = 0; i < x % 256; i++)
			;
	}
	timer_delete(a);
	timer_delete(b);
	return NULL;
}

static void *short_lived(void *unused)
{
	(void)unused;
	new_makers();
	for (int i = 0; i < 10; i++)
		emit(0);
	return NULL;
}

static void *churner(void *unused)
{
	pthread_t t[8];

	(void)unused;
	while (!atomic_load_explicit(&over, memory_order_relaxed) &&
	       atomic_load(&maker_count) < MAKERS_MAX - (int)(LEVELS * 16)) {
		for (int i = 0; i < 8; i++)
			if (pthread_create(&t[i], NULL, short_lived, NULL) != 0)
				abort();
		for (int i = 0; i < 8; i++)
			pthread_join(t[i], NULL);
	}
	return NULL;
}

/* ---- one run --------------------------------------------------------------------------------------- */

static uint64_t sum_emitted(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < atomic_load(&maker_count); i++)
		sum += atomic_load(&makers[i].emitted);
	return sum;
}

static void reset(void)
{
	memset(makers, 0, sizeof *makers * atomic_load(&maker_count));
	atomic_store(&maker_count, 0);
	atomic_store(&over, false);
	received = torn = doubled = backwards = late = last_ns = gaps_seen = 0;
	memset(at_level, 0, sizeof at_level);
}

static bool run(unsigned number, long ms, uint32_t seed)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
	struct rill_session *session;
	struct rill_stats stats;
	pthread_t threads[PRODUCERS + CHURNERS];
	uint64_t emitted;
	bool ok;

	reset();
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = subscriber;
	o.filter = "stress";
	if (rill_session_start(&o, &session) != 0) {
		fprintf(stderr, "%s\n", rill_error());
		exit(1);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_create(&threads[i], NULL, producer, (void *)(uintptr_t)(seed + (uint32_t)i * 7919));
	for (int i = 0; i < CHURNERS; i++)
		pthread_create(&threads[PRODUCERS + i], NULL, churner, NULL);
	nanosleep(&pause, NULL);
	atomic_store(&over, true);
	for (int i = 0; i < PRODUCERS + CHURNERS; i++)
		pthread_join(threads[i], NULL);
	rill_session_flush(session, 5000);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	emitted = sum_emitted();
	ok = emitted == received + stats.lost_total && received == stats.delivered && gaps_seen == stats.lost_total && !torn &&
	     !doubled && !backwards;
	printf("stress run=%u emitted=%llu delivered=%llu lost=%llu full=%llu deep=%llu no_ring=%llu subscriber=%llu gaps=%llu "
	       "makers=%u level1=%llu level2=%llu late=%llu torn=%llu doubled=%llu backwards=%llu %s\n",
	       number, (unsigned long long)emitted, (unsigned long long)received, (unsigned long long)stats.lost_total,
	       (unsigned long long)stats.lost[RILL_LOST_FULL], (unsigned long long)stats.lost[RILL_LOST_DEEP],
	       (unsigned long long)stats.lost[RILL_LOST_NO_RING], (unsigned long long)stats.lost[RILL_LOST_SUBSCRIBER],
	       (unsigned long long)gaps_seen, atomic_load(&maker_count), (unsigned long long)at_level[1],
	       (unsigned long long)at_level[2], (unsigned long long)late, (unsigned long long)torn,
	       (unsigned long long)doubled, (unsigned long long)backwards, ok ? "ok" : "BROKEN");
	return ok;
}

int main(int argc, char **argv)
{
	unsigned runs = argc > 1 ? (unsigned)atoi(argv[1]) : 3, broken = 0;
	long ms = argc > 2 ? atol(argv[2]) : 500;
	uint32_t seed = argc > 3 ? (uint32_t)atoi(argv[3]) : 1;
	const char *buffer = getenv("STRESS_BUFFER");
	struct rill_config c = { .size = sizeof c, .buffer_bytes = buffer ? strtoull(buffer, NULL, 10) : 65536 };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	setvbuf(stdout, NULL, _IOLBF, 0);
	makers = calloc(MAKERS_MAX, sizeof *makers);
	sigaction(SIGRTMIN, &action, NULL);
	sigaction(SIGRTMIN + 1, &action, NULL);
	if (!makers || rill_configure(&c) != 0) {
		fprintf(stderr, "%s\n", rill_error());
		return 1;
	}
	for (unsigned i = 0; i < runs; i++)
		broken += !run(i + 1, ms, seed + i * 104729);
	printf("stress: %u runs, %u broken\n", runs, broken);
	return broken != 0;
}
