/* SPDX-License-Identifier: MIT
 * wake.pml - the consumer is woken: one flag spares all wake-ups but the first, and none is lost.
 *
 * Code: producers are the end of rill_ring_switch() in ring/ring_producer.c with rill_wake() in ring/wake.c; the consumer is run() in
 * route/consumer.c with rill_wake_value() and rill_wake_wait(). Concurrency Kit's event count is taken at its word: an addition wakes who
 * waits for the value from before, and who begins to wait behind it does not sleep.
 *
 * Steps: FILL a block is published, half of the ring is full; FLAG exchange: is a wake-up on its way? INC of the event count.
 * VALUE of the event count; CLEAR the flag; PASS look at each ring; SLEEP until the count is another.
 *
 * The consumer's period would wake it in the end and hide what is lost: here it has none.
 *
 * Asserted
 *   awake     when producers have done and the consumer sleeps, its last pass has seen everything
 *   spared    the event count moves at most once for each look of the consumer, and once more
 *
 * Defines: PRODUCERS, EVENTS; PSO for RELAXED_FLAG
 * Mutants: NO_CLEAR CLEAR_BEHIND_PASS VALUE_BEHIND_PASS WAKE_BEFORE_FILL RELAXED_FLAG NO_FLAG
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#define THREADS PRODUCERS
#ifndef BUFFER
#define BUFFER 2
#endif
#define RING(t) (t)
#define CELLS PRODUCERS

#define SPARED 2	/* REACH: a producer finds the flag set */
#define BEHIND 3	/* a producer fills behind the pass and in front of the sleep */
#define SLEPT 4		/* the consumer was woken */

byte clk;
#include "memory.pml"

/* Changed by locked operations only. */
bool flag;
byte count, looks, ended;
bool passing;

/* Acquire and release: what the producer has stored before is out when the flag is. */
#ifdef RELAXED_FLAG
#define out(t) true
#else
#define out(t) (sb_used[t] == 0)
#endif

inline wake()
{
	atomic {					/* FLAG */
		out(t) -> before = flag;
#ifndef NO_FLAG
		flag = true
#endif
	}
	if
	:: before -> REACHED(SPARED)
	:: else ->
		atomic {				/* INC */
			out(t) -> count++;
			assert(count <= looks + 1 /* spared */)
		}
	fi;
	before = false
}

proctype producer(byte t)
{
	byte n;
	bool before;

	do
	:: n < EVENTS ->
#ifdef WAKE_BEFORE_FILL
		wake();
#endif
		atomic {				/* FILL */
			sb_room(t) -> n++;
			store(t, RING(t), n, RELEASE);
			if
			:: passing -> REACHED(BEHIND)
			:: else
			fi
		}
#ifndef WAKE_BEFORE_FILL
		wake()
#endif
	:: else -> break
	od;
	atomic { sb_used[t] == 0 -> ended++ }
}

inline pass()
{
	i = 0;
	do						/* PASS */
	:: i < PRODUCERS -> atomic { seen[i] = mem[RING(i)]; i++ }
	:: else -> break
	od;
	i = 0;
	passing = true
}

#ifdef NO_CLEAR
#define clear() looks++
#else
#define clear() atomic { flag = false; looks++ }
#endif

inline look()
{
#ifndef VALUE_BEHIND_PASS
	value = count;					/* VALUE */
#endif
#ifndef CLEAR_BEHIND_PASS
	clear();					/* CLEAR */
#endif
	pass();
#ifdef CLEAR_BEHIND_PASS
	clear();
#endif
#ifdef VALUE_BEHIND_PASS
	value = count
#endif
}

proctype consumer()
{
	byte value, i;
	byte seen[PRODUCERS];

	do
	:: true ->
		look();
		atomic {				/* SLEEP */
			if
			:: count != value -> REACHED(SLEPT)
			:: count == value && ended == PRODUCERS -> break
			fi;
			passing = false
		}
	od;
	do
	:: i < PRODUCERS -> assert(seen[i] == EVENTS /* awake */); i++
	:: else -> break
	od;
	REACHED(END)
}

init
{
	byte t;

	atomic {
		do
		:: t < PRODUCERS -> run producer(t); t++
		:: else -> break
		od;
		run consumer()
	}
}
