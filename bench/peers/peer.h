/* SPDX-License-Identifier: MIT
 * peer.h - what the programs have in common that measure rill and its peers side by side.
 *
 * Each tracer has a program of its own (peer_rill, peer_lttng, peer_marker), linked with peer_main.o, peer_cost.o and peer_rate.o: the
 * loops around the events are compiled from the same macro, and stretches, pauses, threads and pacing are the same code. What they
 * print is a line of key=value, separated by tabs.
 */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Emits count events, of which the first has the number `first`. */
typedef void peer_run(uint64_t first, unsigned count);

/* ---- what a tracer's program brings --------------------------------------------------------------- */

/* Its own loops: no argument; one int64; two int and a text of 16 bytes; one int64 into an event that nobody wants. */
peer_run peer_run_none, peer_run_int64, peer_run_text, peer_run_off;

/* Starts what the tracer needs; false, with a message, if that fails. outlet: from the command line, NULL if not given. */
bool peer_begin(const char *outlet);

struct peer_books {
	bool known;			/* false: only the tracer's daemon can say */
	uint64_t delivered, lost;
};

/* Ends it: everything emitted is where it belongs. false, with a message, if that fails. */
bool peer_end(struct peer_books *books);

/* The same 16 bytes for all; not constant, so that no compiler knows the length. */
extern const char *volatile peer_text;

/* The loops differ in the event and in nothing else. The symbols are what callgrind is told to count. */
#define PEER_LOOP(name, ...)                                                                       \
	__attribute__((noinline)) void name(uint64_t first, unsigned count)                        \
	{                                                                                          \
		const char *const text = peer_text;                                                \
		(void)text;                                                                        \
		for (uint64_t i = first; i - first < count; i++) {                                 \
			__asm__ volatile("" : "+r"(i) : : "memory");                               \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	}

/* ---- what peer_main.c hands to the two ways of measuring ------------------------------------------- */

enum { PEER_THREADS_MAX = 16 };

struct peer_task {
	const char *event;
	peer_run *run;
	unsigned threads;
	unsigned stretches, stretch_events;	/* of peer_cost() */
	uint64_t rate_per_s;			/* of peer_rate(), for each thread; 0: as fast as it goes */
	unsigned milliseconds;
};

/* The loop without an event. */
extern peer_run peer_run_loop;

/* What one thread emitted in all. */
struct peer_result {
	uint64_t emitted;
	double ns_min, ns_median;		/* of peer_cost(): of an event, without the loop */
	double seconds, reached_per_s;		/* of peer_rate(): reached by all threads in sum */
	uint64_t preempted;
};

/* Stretches of events with a pause behind each; the threads run theirs at the same time, and a stretch took as long as its
 * slowest thread. In turns with stretches of the loop alone. False, with a message, if that cannot be done. */
bool peer_cost(const struct peer_task *task, struct peer_result *result);

/* Events at a rate, in bursts of a millisecond with sleep between them. Likewise. */
bool peer_rate(const struct peer_task *task, struct peer_result *result);

/* Pins the calling thread: threads from 0 on take the processors from the last one down. */
void peer_pin(unsigned thread);

uint64_t peer_now_ns(void);
void peer_sleep_until_ns(uint64_t when_ns);

#endif
