/* SPDX-License-Identifier: MIT
 * bench_wake.c - what a wake-up costs: the event that fills half a ring and wakes the consumer, and how long it takes until the consumer
 * begins its pass. Most events wake nobody, and what these cost is elsewhere (bench_emit).
 *
 * wake_event is that event alone, the read of the clock included; its floor is futex(2) waking a thread that sleeps. wake_pass is the
 * time from before the event to the consumer's membarrier(2); its floor is the time from before futex(2) to the thread that was woken. Both
 * sleep on a processor other than the producer's where there is one.
 */
#include "bench/lab.h"
#include "bench/watch.h"

#include <pthread.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 1000, QUICK_ROUNDS = 3, RING_BYTES = 64 << 10, NAP_NS = 200000, PATIENCE_NS = 1000000000 };

/* Who is woken for the floor. over is set before the last change of the word, and read behind the word: all in one order, which is that of
 * sequential consistency. sleeping and woke_ns are looked at by a thread that polls: they order nothing. */
static struct {
	_Atomic uint32_t word;
	atomic_bool sleeping, over;
	_Atomic uint64_t woke_ns;
} sleeper;

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
}

static void *sleep_and_tell(void *nothing)
{
	/* The word before the end: who changes it in between is not missed. */
	for (uint32_t seen = atomic_load(&sleeper.word); !atomic_load(&sleeper.over); seen = atomic_load(&sleeper.word)) {
		atomic_store(&sleeper.sleeping, true);
		watch_futex_wait(&sleeper.word, seen);
		atomic_store(&sleeper.sleeping, false);
		atomic_store(&sleeper.woke_ns, rill_clock_ns());
	}
	return nothing;
}

static bool sleeper_sleeps(void)
{
	return atomic_load(&sleeper.sleeping);
}

static uint64_t sleeper_woke_ns(void)
{
	return atomic_load(&sleeper.woke_ns);
}

/* False: not within the time. What is said before a thread sleeps says so a little early; hence the nap. */
static bool wait_for_sleep(bool (*asleep)(void))
{
	const uint64_t end = rill_clock_ns() + PATIENCE_NS;

	while (!asleep() && rill_clock_ns() < end)
		nap();
	nap();
	return asleep();
}

/* Nanoseconds from `start` to what happens next; 0: nothing did within the time. */
static uint64_t until_next(uint64_t (*happened_ns)(void), uint64_t start)
{
	while (happened_ns() < start)
		if (rill_clock_ns() > start + PATIENCE_NS)
			return 0;
	return happened_ns() - start;
}

/* Emits until an event wakes the consumer. False: none did. */
static bool wake_consumer(const struct lab *lab, double *event_ns, double *pass_ns)
{
	bool woke = false;

	rill_session_flush(lab->session, 10000);
	if (!wait_for_sleep(watch_asleep))
		return false;
	for (unsigned i = 0; i < lab->ring_bytes / 16 && !woke; i++) {
		const unsigned before = watch_wake_ups();
		const uint64_t start = rill_clock_ns();

		RILL_INSTANT("bench", "wake", "i", (int64_t)i);
		*event_ns = (double)(rill_clock_ns() - start);
		bench_emitted++;
		woke = watch_wake_ups() != before;
		if (woke)
			*pass_ns = (double)until_next(watch_pass_began_ns, start);
	}
	return woke && *pass_ns > 0;
}

static bool wake_sleeper(double *call_ns, double *awake_ns)
{
	uint64_t start;

	if (!wait_for_sleep(sleeper_sleeps))
		return false;
	start = rill_clock_ns();
	atomic_fetch_add(&sleeper.word, 1);
	watch_futex_wake(&sleeper.word);
	*call_ns = (double)(rill_clock_ns() - start);
	*awake_ns = (double)until_next(sleeper_woke_ns, start);
	return *awake_ns > 0;
}

static void measure(const struct lab *lab)
{
	static const char *const names[] = { "wake_futex", "wake_futex_awake", "wake_event", "wake_pass" };
	static double ns[4][ROUNDS];
	struct bench b[4];
	const uint64_t end = rill_clock_ns() + (uint64_t)(lab->seconds * 1e9);
	unsigned tries = 0, rounds = 0;

	for (; tries < (lab->quick ? QUICK_ROUNDS : ROUNDS) && (lab->quick || rill_clock_ns() < end); tries++)
		rounds += wake_sleeper(&ns[0][rounds], &ns[1][rounds]) && wake_consumer(lab, &ns[2][rounds], &ns[3][rounds]);
	printf("# wake_ups=%u of %u tries\n", rounds, tries);
	for (unsigned i = 0; i < 4; i++) {
		b[i] = (struct bench){ .ns = ns[i], .rounds = rounds };
		bench_end(&b[i]);
		lab_say(&(struct lab_line){ .name = names[i], .args = i == 2, .threads = 1, .ns_min = bench_min(&b[i]),
					    .ns_med = bench_median(&b[i]), .floor_ns = bench_min(&b[i & 1]), .bytes = i == 2 ? 16 : 0 });
	}
}

int main(int argc, char **argv)
{
	pthread_t id;
	struct lab lab;

	lab_options(&lab, argc, argv, 5);
	lab.ring_bytes = RING_BYTES;
	lab_configure(&lab, LAB_WAKES);
	lab.session = lab_session(&lab, "/dev/null", RILL_FORMAT_BINARY);
	lab_machine(&lab);
	if (pthread_create(&id, NULL, sleep_and_tell, NULL) != 0) {
		fprintf(stderr, "bench_wake: a thread cannot be started: the limit of threads or memory is reached\n");
		exit(1);
	}
	lab_pin(0);
	lab_others_off(0);
	measure(&lab);
	atomic_store(&sleeper.over, true);
	atomic_fetch_add(&sleeper.word, 1);
	watch_futex_wake(&sleeper.word);
	pthread_join(id, NULL);
	return lab_books(&lab, lab.session, bench_emitted);
}
