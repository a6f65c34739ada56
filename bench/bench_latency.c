/* SPDX-License-Identifier: MIT
 * bench_latency.c - how long single events take, from the median to the one in 100 000, and what the slowest one was: the clock is read
 * before and after each of 10^7 events with a number.
 *
 * The consumer is idle (it sleeps, and takes what a ring holds between two batches, while no time is measured), busy (a thread has the
 * rings drained all the time) or absent (nobody drains: all but the first ring full are refused and counted as lost).
 * The floor stores 32 bytes and a time in place of the event.
 */
#include "bench/lab.h"
#include "bench/spent.h"

#include <pthread.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 10000000, QUICK_EVENTS = 20000, TICKS_MAX = 1 << 16, SLOW_MAX = 1 << 16, SLOW_NS = 5000, NOTED = 5 };

/* Ticks that each event took, counted by value; those beyond TICKS_MAX one by one. */
static struct {
	uint64_t of[TICKS_MAX];
	uint64_t slow[SLOW_MAX];
	unsigned slow_count;
	uint64_t count, unsorted;
	struct { uint64_t ticks; const char *what; } worst[NOTED];	/* the longest first */
	double steal_s;
	long preemptions;
} seen;

static double ns_per_tick;
static uint64_t slow_ticks;
static atomic_bool over;	/* ends a thread; orders nothing */

/* What made the event slow that has just ended, as far as the kernel says: what has changed since the last look. */
static const char *cause(struct spent *last)
{
	const struct spent s = spent_since(last);

	spent_now(last);
	seen.preemptions += s.preemptions;
	seen.steal_s += s.steal_s;
	return s.preemptions ? "preempted" : s.faults ? "page_fault" : s.steal_s > 0 ? "steal" : "interrupt_or_host";
}

static void note_slow(uint64_t ticks, struct spent *last)
{
	const char *const what = cause(last);

	for (unsigned i = 0; i < NOTED; i++)
		if (ticks > seen.worst[i].ticks) {
			memmove(&seen.worst[i + 1], &seen.worst[i], (NOTED - 1 - i) * sizeof seen.worst[0]);
			seen.worst[i].ticks = ticks;
			seen.worst[i].what = what;
			break;
		}
}

static inline void note(uint64_t ticks, struct spent *last)
{
	seen.count++;
	if (ticks < TICKS_MAX)
		seen.of[ticks]++;
	else if (seen.slow_count < SLOW_MAX)
		seen.slow[seen.slow_count++] = ticks;
	else
		seen.unsorted++;
	if (__builtin_expect(ticks >= slow_ticks, 0))
		note_slow(ticks, last);
}

/* Events, or what their floor does. A time between two events that is as long as a slow one is nobody's: what happened in it must not be
 * taken for the cause of the next slow one. */
static inline __attribute__((always_inline)) void batch(unsigned events, bool emits)
{
	uint64_t end = lab_ticks();
	struct spent last;

	spent_now(&last);
	for (unsigned i = 0; i < events; i++) {
		uint64_t *const to = &lab_floor[4 * (size_t)i & (LAB_FLOOR_WORDS - 1)];
		uint64_t start = lab_ticks();

		if (__builtin_expect(start - end >= slow_ticks, 0)) {
			spent_now(&last);
			start = lab_ticks();
		}
		if (emits) {
			RILL_INSTANT("bench", "latency", "i", (int64_t)i);
		} else {
			to[0] = lab_ticks();
			to[1] = i;
			to[2] = 3;
			to[3] = 4;
			__asm__ volatile("" ::: "memory");
		}
		end = lab_ticks();
		note(end - start, &last);
	}
}

static __attribute__((noinline)) void floor_batch(unsigned events)
{
	batch(events, false);
}

static __attribute__((noinline)) void emit_batch(unsigned events)
{
	batch(events, true);
	bench_emitted += events;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The time that this share of the events did not exceed. */
static double quantile(double share)
{
	uint64_t rank = (uint64_t)(share * (double)(seen.count - 1)), passed = 0;

	for (unsigned t = 0; t < TICKS_MAX; t++) {
		passed += seen.of[t];
		if (passed > rank)
			return t * ns_per_tick;
	}
	rank -= passed;
	return (double)(rank < seen.slow_count ? seen.slow[rank] : seen.worst[0].ticks) * ns_per_tick;
}

static double least(void)
{
	unsigned t = 0;

	while (t < TICKS_MAX - 1 && !seen.of[t])
		t++;
	return t * ns_per_tick;
}

static double longest(void)
{
	return seen.worst[0].ticks ? (double)seen.worst[0].ticks * ns_per_tick : quantile(1);
}

static double floor_median_ns;

static void say(const char *name, uint64_t lost)
{
	static const double shares[] = { 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 1 };
	char rest[256];

	qsort(seen.slow, seen.slow_count, sizeof seen.slow[0], by_value);
	snprintf(rest, sizeof rest, " events=%llu p90=%.1f p99=%.1f p999=%.1f p9999=%.1f p99999=%.1f max=%.1f p999_over_median=%.2f worst=%s"
		 " preemptions=%ld steal_ms=%.0f", (unsigned long long)seen.count, quantile(0.9), quantile(0.99), quantile(0.999),
		 quantile(0.9999), quantile(0.99999), longest(), quantile(0.999) / quantile(0.5),
		 seen.worst[0].what ? seen.worst[0].what : "none_over_5_us", seen.preemptions, seen.steal_s * 1000);
	if (floor_median_ns == 0)
		floor_median_ns = quantile(0.5);
	lab_say(&(struct lab_line){ .name = name, .args = 1, .threads = 1, .ns_min = least(), .ns_med = quantile(0.5),
				    .floor_ns = floor_median_ns, .lost = lost, .bytes = 16, .rest = rest });
	for (unsigned i = 0; i < sizeof shares / sizeof *shares; i++)
		printf("quantile case=%s share=%.5f ns=%.1f\n", name, shares[i], quantile(shares[i]));
	for (unsigned i = 0; i < NOTED && seen.worst[i].ticks; i++)
		printf("slowest case=%s place=%u ns=%.0f what=%s\n", name, i + 1, (double)seen.worst[i].ticks * ns_per_tick,
		       seen.worst[i].what);
}

static void *drain_all_the_time(void *session)
{
	while (!atomic_load(&over))
		rill_session_flush(session, 1000);
	return NULL;
}

enum consumer { IDLE, BUSY, ABSENT };

static void events(const struct lab *lab, const char *name, enum consumer consumer, unsigned count)
{
	const unsigned batch = (unsigned)(lab->ring_bytes / 64);	/* half a ring, and room for the heads of blocks */
	struct rill_stats before = { 0 }, after = { 0 };
	pthread_t drainer;
	bool drains = false;

	rill_session_flush(lab->session, 10000);
	rill_session_stats(lab->session, &before);
	memset(&seen, 0, sizeof seen);
	atomic_store(&over, false);
	if (consumer == BUSY)
		drains = pthread_create(&drainer, NULL, drain_all_the_time, lab->session) == 0;
	lab_others_off(0);
	for (unsigned done = 0; done < count; done += batch) {
		emit_batch(batch < count - done ? batch : count - done);
		if (consumer != ABSENT)
			rill_session_flush(lab->session, 10000);
	}
	atomic_store(&over, true);
	if (drains)
		pthread_join(drainer, NULL);
	rill_session_flush(lab->session, 10000);
	rill_session_stats(lab->session, &after);
	say(name, after.lost_total - before.lost_total);
}

int main(int argc, char **argv)
{
	struct rill_clock_info clock;
	struct lab lab;
	unsigned count;

	lab_options(&lab, argc, argv, 10);
	if (lab.quick)
		lab.ring_bytes = 64 << 10;
	count = lab.quick ? QUICK_EVENTS : EVENTS;
	lab_start(&lab);
	lab_machine(&lab);
	rill_clock_info(&clock);
	ns_per_tick = 1e9 / (double)clock.frequency_hz;
	slow_ticks = (uint64_t)(SLOW_NS / ns_per_tick);
	for (unsigned done = 0; done < count; done += count / 20)
		floor_batch(count / 20);
	say("latency_floor", 0);
	events(&lab, "latency_idle", IDLE, count);
	events(&lab, "latency_busy", BUSY, count);
	events(&lab, "latency_absent", ABSENT, count);
	return lab_books(&lab, lab.session, bench_emitted);
}
