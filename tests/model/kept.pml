/* SPDX-License-Identifier: MIT
 * kept.pml - what is recorded before the first session: many writers, handlers among them, and one who closes the buffer and reads it once.
 *
 * Code: a writer is rill_kept_begin() and rill_kept_commit() in emit/kept.c; the reader is rill_early_end_hand_over() in control/early.c
 * with take() and read_all() in route/kept.c.
 *
 * Steps: SEEN a writer reads the state; CLAIM it changes the state from what it saw, or finds another one and begins again, or finds the
 * buffer full, which it counts, or closed; SIZE where the next place is; FILL the event; COMMIT. CLOSE the reader closes the
 * buffer and has the state as of then; SIZED it sees a size at a place, and goes on behind it once it is COMMITTED; READ what
 * it finds there.
 *
 * A change of the state is one step: it is a locked operation, whose order among changes of the same word is all that is asked of it.
 * A handler on top of a writer is one writer more: nobody waits for anybody here. A place is one cell for the size and one for the
 * event; WIDE writers take two places, as those do whose thread's name goes in front.
 *
 * Left out: hold_max, that is, a writer that stands at its place for longer than the reader waits. Then the count in the state tells
 * how many events are missing.
 *
 * Asserted
 *   alone     nobody gets a place that somebody has
 *   whole     what the reader takes for committed is written
 *   books     recorded == read + lost + shut out
 *
 * Defines: WRITERS, EVENTS, ROOM, WIDE, PSO
 * Mutants: APART (look and change are two steps), RELAXED_COMMIT, READ_UNCOMMITTED, LATE_STATE (the state is read before it is closed)
 */
#ifndef WRITERS
#define WRITERS 3
#endif
#ifndef EVENTS
#define EVENTS 1
#endif
#ifndef ROOM
#define ROOM 3
#endif
#ifndef WIDE
#define WIDE 0
#endif
#define THREADS WRITERS
#ifndef BUFFER
#define BUFFER 3
#endif
#define HEAD(place) (place)
#define EVENT(place) (ROOM + (place))
#define CELLS (2 * ROOM)
#define COMMITTED 4

#define OVERTAKEN 2	/* a writer has to begin again */
#define FULL 3
#define SHUT 4		/* a writer comes behind the closing */
#define WAITED 5	/* the reader finds a place that is not committed */

#ifdef RELAXED_COMMIT
#define K1 RELAXED
#else
#define K1 RELEASE
#endif

#include "memory.pml"

byte used, events;	/* the state */
bool closed, taken[ROOM];
byte lost, shut, reads, over;

inline claim()
{
	atomic { seen = used; seen_events = events; seen_closed = closed }	/* SEEN */
	do
	:: atomic { seen_closed -> shut++; REACHED(SHUT) }; place = ROOM; break
	:: atomic { !seen_closed && seen + width > ROOM -> lost++; REACHED(FULL) }; place = ROOM; break
	:: !seen_closed && seen + width <= ROOM ->
		atomic {				/* CLAIM */
			if
#ifdef APART
			:: true ->
#else
			:: seen == used && seen_events == events && seen_closed == closed ->
#endif
				used = seen + width;
				events = seen_events + 1;
				place = seen;
				assert(!taken[place] /* alone */);
				taken[place] = true
#ifndef APART
			:: else -> seen = used; seen_events = events; seen_closed = closed; place = 255; REACHED(OVERTAKEN)
#endif
			fi
		};
		if
		:: place != 255 -> break
		:: else -> place = 0
		fi
	od
}

proctype writer(byte t)
{
	byte n, place, seen, seen_events, width;
	bool seen_closed;

	width = (t < WIDE -> 2 : 1);
	do
	:: n < EVENTS ->
		claim();
		if
		:: place < ROOM ->
			atomic { sb_room(t) -> store(t, HEAD(place), width, RELAXED) }		/* SIZE */
			atomic { sb_room(t) -> store(t, EVENT(place), 1, RELAXED) }		/* FILL */
			atomic { sb_room(t) -> store(t, HEAD(place), width + COMMITTED, K1) }	/* COMMIT */
		:: else
		fi;
		place = 0;
		n++
	:: else -> break
	od;
	atomic { sb_used[t] == 0 -> over++ }
}

proctype reader()
{
	byte at, size, end_at, count;

#ifdef LATE_STATE
	atomic { end_at = used; count = events }
	atomic { closed = true }
#else
	atomic { closed = true; end_at = used; count = events }	/* CLOSE */
#endif
	do
	:: at < end_at ->
		atomic {				/* SIZED */
			if
			:: mem[HEAD(at)] < COMMITTED -> REACHED(WAITED)
			:: else
			fi
		}
#ifdef READ_UNCOMMITTED
		atomic { mem[HEAD(at)] > 0 -> size = mem[HEAD(at)] & 3 }
#else
		atomic { mem[HEAD(at)] >= COMMITTED -> size = mem[HEAD(at)] & 3 }
#endif
		assert(mem[EVENT(at)] == 1 /* whole */);	/* READ */
		reads++;
		at = at + size
	:: else -> break
	od;
	assert(reads == count);
	(over == WRITERS);
	assert(reads + lost + shut == WRITERS * EVENTS /* books */);
	REACHED(END)
}

init
{
	byte n;

	atomic {
		run reader();
		do
		:: n < WRITERS -> run writer(n); n++
		:: else -> break
		od
	}
}
