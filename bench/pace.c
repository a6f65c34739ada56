/* SPDX-License-Identifier: MIT
 * pace.c - threads that offer events at a rate, and a trial: such threads, a session to a file, and its books.
 *
 * A thread that was kept from running emits all that became due meanwhile as soon as it runs again: what is offered does not fall
 * because the machine is busy, and a ring has to hold such a burst.
 */
#include "bench/pace.h"

#include "bench/lab.h"
#include "bench/pages.h"
#include "bench/spent.h"
#include "bench/watch.h"

#include <pthread.h>
#include <rill/clock.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at the clock at most so many; where a thread falls behind, twice the time is the end of it. */
enum { STEP_NS = 1000000, LOOK_NS = 20000000, PIECE = 65536, PATIENCE = 2 };

/* An event that is paced takes about so much of a file. */
enum { JSON_BYTES = 116, BINARY_BYTES = 7 };

/* Neither orders anything: what threads leave behind is read after they are joined. */
static atomic_bool enough;
static atomic_uint at_work;

struct producer {
	unsigned number;
	uint64_t events;		/* to be emitted; that were emitted */
	double rate_per_ns, seconds;
	uint64_t begin_ns, end_ns, late_ns;
	struct spent spent;
};

static __attribute__((noinline)) void emit(uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++)
		RILL_INSTANT("bench", "paced", "i", (int64_t)i);
}

static void sleep_until(uint64_t ns)
{
	const struct timespec t = { .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
		;
}

static void *produce(void *which)
{
	struct producer *const p = which;
	uint64_t sent = 0, next_ns = p->begin_ns;
	struct spent start;

	lab_pin(p->number);
	spent_now(&start);
	for (;;) {
		uint64_t now_ns, due;

		sleep_until(next_ns);
		now_ns = rill_clock_ns();
		if (now_ns > next_ns && now_ns - next_ns > p->late_ns)
			p->late_ns = now_ns - next_ns;
		due = (uint64_t)((double)(now_ns - p->begin_ns) * p->rate_per_ns);
		if (due > p->events)
			due = p->events;
		if (due > sent + PIECE)
			due = sent + PIECE;
		emit(sent, due);
		sent = due;
		if (sent == p->events || atomic_load(&enough) || (double)(now_ns - p->begin_ns) / 1e9 > PATIENCE * p->seconds)
			break;
		next_ns += STEP_NS;
		now_ns = rill_clock_ns();
		if (next_ns < now_ns)	/* it took longer than a step */
			next_ns = now_ns;
	}
	p->events = sent;
	p->end_ns = rill_clock_ns();
	p->spent = spent_since(&start);
	atomic_fetch_sub(&at_work, 1);
	return NULL;
}

/* Looks now and then until the threads are done. */
static void end_at_first_loss(struct rill_session *session)
{
	struct rill_stats stats;

	while (atomic_load(&at_work) > 0) {
		sleep_until(rill_clock_ns() + LOOK_NS);
		if (rill_session_stats(session, &stats) == 0 && stats.lost_total)
			atomic_store(&enough, true);
	}
}

void pace_run(struct pace *pace, struct rill_session *session)
{
	const uint64_t begin_ns = rill_clock_ns() + 20000000;	/* all of them are there by then */
	struct producer p[PACE_THREADS_MAX];
	pthread_t ids[PACE_THREADS_MAX];
	uint64_t end_ns = begin_ns;

	pace->emitted = 0;
	pace->late_ms = pace->producers_s = 0;
	pace->preemptions = 0;
	atomic_store(&enough, false);
	atomic_store(&at_work, pace->threads);
	for (unsigned i = 0; i < pace->threads; i++) {
		p[i] = (struct producer){ .number = i, .begin_ns = begin_ns, .rate_per_ns = pace->rate / pace->threads / 1e9,
					  .events = (uint64_t)(pace->rate * pace->seconds / pace->threads), .seconds = pace->seconds };
		if (pthread_create(&ids[i], NULL, produce, &p[i]) != 0) {
			fprintf(stderr, "bench: a thread cannot be started: the limit of threads or memory is reached\n");
			exit(1);
		}
	}
	if (session)
		end_at_first_loss(session);
	for (unsigned i = 0; i < pace->threads; i++) {
		pthread_join(ids[i], NULL);
		pace->emitted += p[i].events;
		pace->producers_s += p[i].spent.thread_s;
		pace->preemptions += p[i].spent.preemptions;
		if ((double)p[i].late_ns / 1e6 > pace->late_ms)
			pace->late_ms = (double)p[i].late_ns / 1e6;
		if (p[i].end_ns > end_ns)
			end_ns = p[i].end_ns;
	}
	pace->took_s = (double)(end_ns - begin_ns) / 1e9;
}

void trial_run(const struct lab *lab, struct trial *trial, enum rill_format format)
{
	struct rill_session *session;
	struct spent start, all;
	struct stat st = { 0 };
	const bool json = format == RILL_FORMAT_JSON;
	double floor_byte_ns = 0;
	char path[4096];

	snprintf(path, sizeof path, "%s/trial.%ld.%s", lab->place, (long)getpid(), json ? "json" : "rill");
	if (trial->warm)
		floor_byte_ns = pages_warm(path, (uint64_t)(trial->pace.rate * trial->pace.seconds * (json ? JSON_BYTES : BINARY_BYTES)));
	session = lab_session(lab, path, format);
	watch_begin();
	spent_now(&start);
	pace_run(&trial->pace, trial->pace.until_loss ? session : NULL);
	rill_session_flush(session, 60000);
	all = spent_since(&start);
	rill_session_stats(session, &trial->stats);
	rill_session_stop(session);
	stat(path, &st);
	unlink(path);
	trial->steal_s = all.steal_s;
	trial->consumer_s = all.process_s - trial->pace.producers_s;
	trial->pass_ms = watch_pass_ms();
	trial->write_ms = watch_write_ms();
	trial->bytes = trial->stats.delivered ? (double)st.st_size / (double)trial->stats.delivered : 0;
	trial->floor_ns = floor_byte_ns * trial->bytes;
	trial->closed = trial->stats.delivered + trial->stats.lost_total == trial->pace.emitted;
}

bool trial_lossless(const struct trial *trial)
{
	return trial->stats.lost_total == 0 && trial->pace.took_s < trial->pace.seconds * 1.05 + 0.02;
}
