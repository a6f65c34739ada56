/* SPDX-License-Identifier: MIT
 * bench_growth.c - what becomes dearer when there is more of it: 1 to 1000 threads at once, and traces of 10^3 to 10^8 events, with
 * --events 1000000000 to 10^9, whose file takes some 5 GB.
 *
 * growth_threads: ns is what the thread in the middle needs for an event, in processor time; drain_ns what it takes to merge, encode and write one of
 * all these rings' events. growth_events: ns is the time for an event from the program to the file, all flushes included; cpu_ns the
 * processor time of all threads for it.
 */
#include "bench/lab.h"
#include "bench/spent.h"

#include <pthread.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 1000, EVENTS_OF_THREAD = 2000, RING_BYTES = 64 << 10, STACK_BYTES = 128 << 10, BATCH = 2000 };

static const unsigned crowds[] = { 1, 2, 4, 10, 30, 100, 300, 1000 };
static pthread_barrier_t all_here, all_done, all_drained;
static double thread_ns[THREADS_MAX];

static __attribute__((noinline)) void emit(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		RILL_INSTANT("bench", "growth", "i", (int64_t)i);
}

static double thread_seconds(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Twice: the first time attaches the thread, and its ring is drained before the second. */
static void *one_of_many(void *place)
{
	double *const ns = place;

	for (unsigned round = 0; round < 2; round++) {
		double start;

		pthread_barrier_wait(&all_here);
		start = thread_seconds();
		emit(EVENTS_OF_THREAD);
		*ns = (thread_seconds() - start) * 1e9 / EVENTS_OF_THREAD;
		pthread_barrier_wait(&all_done);
		pthread_barrier_wait(&all_drained);
	}
	return NULL;
}

static void start_threads(pthread_t *ids, unsigned threads)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&ids[i], &attributes, one_of_many, &thread_ns[i]) != 0) {
			fprintf(stderr, "bench_growth: thread %u cannot be started: the limit of threads or memory is reached\n", i);
			exit(1);
		}
	pthread_attr_destroy(&attributes);
}

static void crowd(const struct lab *lab, unsigned threads)
{
	static pthread_t ids[THREADS_MAX];
	struct bench b = { .ns = thread_ns, .rounds = threads };
	struct rill_stats before = { 0 }, after = { 0 };
	double drain_ns = 0;
	char rest[128];

	pthread_barrier_init(&all_here, NULL, threads + 1);
	pthread_barrier_init(&all_done, NULL, threads + 1);
	pthread_barrier_init(&all_drained, NULL, threads + 1);
	start_threads(ids, threads);
	rill_session_stats(lab->session, &before);
	for (unsigned round = 0; round < 2; round++) {
		uint64_t start_ns;

		pthread_barrier_wait(&all_here);
		pthread_barrier_wait(&all_done);
		start_ns = rill_clock_ns();
		rill_session_flush(lab->session, 60000);
		drain_ns = (double)(rill_clock_ns() - start_ns) / threads / EVENTS_OF_THREAD;
		pthread_barrier_wait(&all_drained);
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	rill_session_flush(lab->session, 60000);	/* their slots are free for the next crowd */
	bench_emitted += 2ull * threads * EVENTS_OF_THREAD;
	rill_session_stats(lab->session, &after);
	bench_end(&b);
	snprintf(rest, sizeof rest, " events=%llu drain_ns=%.1f resident_kib=%lu", (unsigned long long)threads * EVENTS_OF_THREAD, drain_ns,
		 spent_resident_kib());
	lab_say(&(struct lab_line){ .name = "growth_threads", .args = 1, .threads = threads, .ns_min = bench_min(&b),
				    .ns_med = bench_median(&b), .lost = after.lost_total - before.lost_total, .bytes = 16, .rest = rest });
}

/* 0, or 1 if the books do not close. */
static int length(struct lab *lab, uint64_t events)
{
	struct rill_stats stats = { 0 };
	struct rill_session *session;
	struct stat st = { 0 };
	struct spent start, all;
	char path[4096], rest[160];
	uint64_t start_ns;
	double ns;
	int wrong;

	snprintf(path, sizeof path, "%s/growth.%ld.rill", lab->place, (long)getpid());
	session = lab_session(lab, path, RILL_FORMAT_BINARY);
	spent_now(&start);
	start_ns = rill_clock_ns();
	for (uint64_t done = 0; done < events; done += BATCH) {
		emit(events - done < BATCH ? events - done : BATCH);
		rill_session_flush(session, 60000);
	}
	ns = (double)(rill_clock_ns() - start_ns) / (double)events;
	all = spent_since(&start);
	rill_session_stats(session, &stats);
	wrong = lab_books(lab, session, events);
	stat(path, &st);
	unlink(path);
	snprintf(rest, sizeof rest, " events=%llu cpu_ns=%.1f file_bytes=%lld resident_kib=%lu most_kib=%lu", (unsigned long long)events,
		 all.process_s * 1e9 / (double)events, (long long)st.st_size, spent_resident_kib(), spent_resident_most_kib());
	lab_say(&(struct lab_line){ .name = "growth_events", .args = 1, .threads = 1, .ns_min = ns, .ns_med = ns, .lost = stats.lost_total,
				    .bytes = (double)st.st_size / (double)events, .rest = rest });
	return wrong;
}

int main(int argc, char **argv)
{
	struct lab lab;
	uint64_t most;
	int wrong = 0;

	lab_options(&lab, argc, argv, 10);
	lab.ring_bytes = RING_BYTES;
	most = lab.events ? lab.events : lab.quick ? 10000 : 100000000;
	lab_configure(&lab, LAB_SLEEPS);
	lab_machine(&lab);
	/* The long ones first: what a thousand threads have touched stays in memory. */
	for (uint64_t events = 1000; events <= most; events *= 10)
		wrong |= length(&lab, events);
	lab.session = lab_session(&lab, "/dev/null", RILL_FORMAT_BINARY);
	for (unsigned i = 0; i < (lab.quick ? 3 : sizeof crowds / sizeof *crowds); i++)
		crowd(&lab, crowds[i]);
	return lab_books(&lab, lab.session, bench_emitted) || wrong;
}
