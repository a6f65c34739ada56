/* SPDX-License-Identifier: MIT
 * test_wake.c - what a producer asks of the kernel: nothing with wake=poll, else at most one futex call for each look of the consumer.
 *
 * The bound: a producer finds a ring half full or full, and wakes if nobody has since the consumer last looked. So the calls of all
 * producers together are at most the looks of the consumer and one.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "port/port.h"
#include "ring/ring_set.h"
#include "ring/wake.h"

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static __thread bool producing;
static _Atomic uint64_t wakes, looks;

void __real_rill_port_futex_wake(const uint32_t *word);
void __wrap_rill_port_futex_wake(const uint32_t *word);
void __wrap_rill_port_futex_wake(const uint32_t *word)
{
	if (producing)
		atomic_fetch_add(&wakes, 1);
	__real_rill_port_futex_wake(word);
}

uint32_t __real_rill_wake_value(void);
uint32_t __wrap_rill_wake_value(void);
uint32_t __wrap_rill_wake_value(void)
{
	atomic_fetch_add(&looks, 1);
	return __real_rill_wake_value();
}

static _Atomic uint64_t naps, nap_ns;

void __real_rill_wake_wait(uint32_t seen, uint64_t timeout_ns);
void __wrap_rill_wake_wait(uint32_t seen, uint64_t timeout_ns);
void __wrap_rill_wake_wait(uint32_t seen, uint64_t timeout_ns)
{
	atomic_store(&nap_ns, timeout_ns);
	atomic_fetch_add(&naps, 1);
	__real_rill_wake_wait(seen, timeout_ns);
}

static bool configure_wake(enum rill_wake wake, uint32_t period_ms)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 16384, .block_bytes = 1024, .threads_max = 8,
				 .period_ms = period_ms, .wake = wake };

	NEED(rill_configure(&c) == 0);
	return true;
}

static void emit(uint64_t count)
{
	producing = true;
	for (uint64_t i = 0; i < count; i++)
		RILL_INSTANT("wake", "event", "i", i);
	producing = false;
}

/* ---- how often ------------------------------------------------------------------------------------- */

/* A million events are over in milliseconds: a busy machine may not let the consumer go to sleep before. */
enum { MANY = 1000000, ROUNDS = 1000 };

static void *emit_many(void *unused)
{
	(void)unused;
	emit(MANY / 4);
	return NULL;
}

static bool overload(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t threads[4];
	uint64_t rounds = 0;

	NEED(configure_wake(RILL_WAKE_BLOCK, 10));
	NEED(watch_start(&w, "wake"));
	while (!atomic_load(&wakes) && rounds < ROUNDS) {
		for (unsigned i = 0; i < 4; i++)
			NEED(pthread_create(&threads[i], NULL, emit_many, NULL) == 0);
		for (unsigned i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		rounds++;
	}
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, rounds * MANY);
	NEED(atomic_load(&wakes) > 0);
	NEED(atomic_load(&wakes) <= atomic_load(&looks) + 1);
	return true;
}

static void all_producers_wake_at_most_once_for_each_look_of_the_consumer(void)
{
	ISOLATED(overload);
}

static _Atomic bool stuck, go_on;

static int stick(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)pieces;
	if (!size || gettid() == getpid())	/* the head of the stream is written by who starts the session */
		return 0;
	atomic_store(&stuck, true);
	while (!atomic_load(&go_on))
		sleep_ms(1);
	return 0;
}

/* A sink that says it never blocks is called by the consumer itself, which stands there. */
static bool consumer_stands(void)
{
	static const struct rill_sink_ops ops = { .name = "sticks", .write = stick, .write_time_max_ms = 1 };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;
	uint64_t looks_before, looked, woken;

	NEED(configure_wake(RILL_WAKE_BLOCK, 1));
	o.filter = "wake";
	o.out = RILL_OUT_SINK;
	o.sink.ops = &ops;
	o.flush_period_ms = 1;
	NEED(rill_session_start(&o, &session) == 0);
	while (!atomic_load(&stuck)) {
		emit(1);
		sleep_ms(1);
	}
	looks_before = atomic_load(&looks);
	atomic_store(&wakes, 0);
	emit(MANY);
	looked = atomic_load(&looks) - looks_before;
	woken = atomic_load(&wakes);
	atomic_store(&go_on, true);
	NEED(rill_session_stop(session) == 0);
	NEED_EQUAL(looked, 0);
	NEED(woken <= 1);
	return true;
}

static void a_consumer_that_does_not_look_is_woken_once(void)
{
	ISOLATED(consumer_stands);
}

static bool poll_only(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	NEED(configure_wake(RILL_WAKE_POLL, 10));
	NEED(watch_start(&w, "wake"));
	emit(MANY);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(atomic_load(&wakes), 0);
	return true;
}

static void with_wake_poll_a_producer_wakes_nobody(void)
{
	ISOLATED(poll_only);
}

/* ---- it helps -------------------------------------------------------------------------------------- */

/* The consumer's period is a minute: only a wake makes it drain. Three times: the flag of a wake under way must go. */
static bool drained_in_time(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	uint64_t expected = 0;

	NEED(configure_wake(RILL_WAKE_BLOCK, 60000));
	NEED(watch_start(&w, "wake"));
	for (unsigned i = 0; i < 3; i++) {
		sleep_ms(20);	/* it sleeps again */
		emit(700);	/* more than half of the ring, less than all */
		expected += 400;
		for (unsigned ms = 0; ms < 60000; ms++) {
			NEED(rill_session_stats(w.session, &stats) == 0);
			if (stats.delivered >= expected)
				break;
			sleep_ms(1);
		}
		NEED(stats.delivered >= expected);
		NEED_EQUAL(stats.lost_total, 0);
	}
	return watch_stop(&w, &stats);
}

static void a_ring_that_is_half_full_is_drained_long_before_the_period_is_over(void)
{
	ISOLATED(drained_in_time);
}

static void *emit_once(void *tid)
{
	*(pid_t *)tid = gettid();
	emit(1);
	return NULL;
}

/* Half of the slots are taken by threads that have ended: who comes wakes the consumer, which would sleep on. Now and then it looks while the
 * last one is still there, and then it is the period that helps: ten times that, and the time is up. */
static bool slots_in_time(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t thread;
	pid_t tid;

	NEED(configure_wake(RILL_WAKE_BLOCK, 10000));
	NEED(watch_start(&w, "wake"));
	for (unsigned i = 0; i < 100; i++) {
		NEED(pthread_create(&thread, NULL, emit_once, &tid) == 0);
		pthread_join(thread, NULL);
		while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
			sleep_ms(1);	/* joined, but not yet gone for the consumer */
		while (!rill_slot_is_free())
			sleep_ms(1);
	}
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 100);
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void threads_that_come_find_the_slots_of_those_that_have_ended(void)
{
	ISOLATED(slots_in_time);
}

/* ---- how long it sleeps ---------------------------------------------------------------------------- */

static void wait_for_naps(uint64_t count)
{
	for (const uint64_t begin = atomic_load(&naps); atomic_load(&naps) - begin < count;)
		sleep_ms(1);
}

enum { QUIET_NAPS = 20 };

/* In quiet. */
static bool sleeps_for_ms(enum rill_wake wake, uint32_t flush_period_ms, uint32_t expected_ms)
{
	struct watch w = { .options = { .flush_period_ms = flush_period_ms } };
	struct rill_stats stats;

	NEED(configure_wake(wake, 2));
	NEED(watch_start(&w, "wake"));
	wait_for_naps(QUIET_NAPS);
	NEED_EQUAL(atomic_load(&nap_ns), expected_ms * UINT64_C(1000000));
	return watch_stop(&w, &stats);
}

static bool sleeps_long(void)
{
	return sleeps_for_ms(RILL_WAKE_BLOCK, 1000, 12);
}

static bool sleeps_until_a_flush(void)
{
	return sleeps_for_ms(RILL_WAKE_BLOCK, 5, 5);
}

static bool sleeps_a_period(void)
{
	return sleeps_for_ms(RILL_WAKE_BLOCK, 1, 2);
}

static bool sleeps_a_period_where_nobody_wakes_it(void)
{
	return sleeps_for_ms(RILL_WAKE_POLL, 1000, 2);
}

static bool sleeps_shortly_while_something_happens(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	NEED(configure_wake(RILL_WAKE_BLOCK, 2));
	NEED(watch_start(&w, "wake"));
	wait_for_naps(QUIET_NAPS);
	NEED_EQUAL(atomic_load(&nap_ns), 12000000);
	while (atomic_load(&nap_ns) != 2000000)
		emit(1);
	return watch_stop(&w, &stats);
}

static void in_quiet_it_sleeps_for_six_periods(void)
{
	ISOLATED(sleeps_long);
}

static void but_not_for_longer_than_a_session_wants_between_two_flushes(void)
{
	ISOLATED(sleeps_until_a_flush);
}

static void nor_ever_for_less_than_a_period(void)
{
	ISOLATED(sleeps_a_period);
}

static void where_no_producer_would_wake_it_it_sleeps_for_one(void)
{
	ISOLATED(sleeps_a_period_where_nobody_wakes_it);
}

static void and_a_period_again_once_something_happens(void)
{
	ISOLATED(sleeps_shortly_while_something_happens);
}

/* ---- and nothing else ------------------------------------------------------------------------------ */

/* Every other system call of this thread ends the program. */
static bool forbid_all_but_wakes(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAKE_PRIVATE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct confined {
	bool has_filter;
	uint64_t rounds;
};

static void *emit_without_system_calls(void *arg)
{
	struct confined *c = arg;

	emit(1);	/* attaches */
	c->has_filter = forbid_all_but_wakes();
	if (c->has_filter) {
		for (; !atomic_load(&wakes) && c->rounds < ROUNDS; c->rounds++)
			emit(MANY);
		syscall(SYS_exit, 0);
	}
	return NULL;
}

static bool system_calls(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	struct confined c = { .rounds = 0 };
	pthread_t thread;

	NEED(configure_wake(RILL_WAKE_BLOCK, 10));
	NEED(watch_start(&w, "wake"));
	NEED(pthread_create(&thread, NULL, emit_without_system_calls, &c) == 0);
	pthread_join(thread, NULL);
	NEED(watch_stop(&w, &stats));
	NEED(c.has_filter);
	NEED_EQUAL(stats.delivered + stats.lost_total, c.rounds * MANY + 1);
	NEED(atomic_load(&wakes) > 0);
	return true;
}

static void a_producer_makes_no_system_call_but_to_wake(void)
{
	int status;

	if (WATCH_ASAN || WATCH_TSAN || sizeof(long) == 4) {
		test_skip("the sanitizers' own calls would be forbidden, too; 32-bit machines have two futex calls");
		return;
	}
	status = isolated_status(forbid_all_but_wakes);	/* its end is forbidden as well */
	if (!WIFSIGNALED(status)) {
		test_skip("system calls cannot be filtered here");
		return;
	}
	ISOLATED(system_calls);
}

static const struct test_case cases[] = {
	T(all_producers_wake_at_most_once_for_each_look_of_the_consumer),
	T(a_consumer_that_does_not_look_is_woken_once),
	T(with_wake_poll_a_producer_wakes_nobody),
	T(a_ring_that_is_half_full_is_drained_long_before_the_period_is_over),
	T(threads_that_come_find_the_slots_of_those_that_have_ended),
	T(in_quiet_it_sleeps_for_six_periods),
	T(but_not_for_longer_than_a_session_wants_between_two_flushes),
	T(nor_ever_for_less_than_a_period),
	T(where_no_producer_would_wake_it_it_sleeps_for_one),
	T(and_a_period_again_once_something_happens),
	T(a_producer_makes_no_system_call_but_to_wake),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("wake", cases, argc, argv);
}
