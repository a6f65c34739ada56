/* SPDX-License-Identifier: MIT
 * slot.pml - a thread claims a slot, ends (perhaps inside an event), and the slot goes to another thread.
 *
 * Code: the threads are attach() and at_thread_exit() in emit/attach.c with rill_slot_claim(), prepare() and rill_slot_publish() in
 * ring/ring_set.c; the consumer is rill_feeds_look_for_gone(), rill_feed_of() and rill_feed_reclaim() in route/feed.c, pass() in
 * route/pass.c and rill_slot_free().
 *
 * Steps: CLAIM compare-and-swap on the bitmap; RECOVER where the ring goes on; OWNER serial and name; LIVE; the
 * thread's events, M1 to M3; HINT the exit hook, after which the thread may still emit; ENDED the system knows the thread no
 * more. GONE the consumer asks the system; FEED the slot's owner as of now; R1; GIVE; EMPTY nothing is left in the ring; UNMARK a
 * mark that nobody will take off; FREE the bit is given back.
 *
 * Left out: levels, blocks, time. One slot, as many threads as THREADS says, one after the other where they must. A record is one cell
 * that holds its writer. The end of a thread lets its stores out: the kernel's doing.
 *
 * Asserted
 *   alone     a ring has one writer
 *   whose     a record is given under the name of the thread that wrote it
 *   visible   an owner that is LIVE has its name there
 *   unmarked  a free slot has no mark, for which every stop would wait
 *   all       at the end every record was given once, and the slot is free again
 *
 * Defines: THREADS, EVENTS, PSO
 * Mutants: FREE_ON_HINT FREE_UNDRAINED RELAXED_LIVE OLD_FEED EMPTY_BEFORE_GONE NO_UNMARK
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef BUFFER
#define BUFFER 4
#endif
#define RECORDS (THREADS * EVENTS)
#define COMMIT 0
#define STATE 1
#define SERIAL 2
#define AT(i) (3 + (i))
#define CELLS (3 + RECORDS)

#define INSIDE 2	/* REACH: a thread ended inside an event */
#define AFTER_HINT 3	/* an event behind the exit hook */
#define SECOND 4	/* the slot has its second owner */
#define NOT_YET 5	/* gone, but not drained: the slot has to wait */
#define MARKED 6	/* the consumer took a dead thread's mark off */

#ifdef RELAXED_LIVE
#define LIVE_KIND RELAXED
#else
#define LIVE_KIND RELEASE
#endif

byte clk;
#include "memory.pml"

bool claimed, exiting;
bool ended[THREADS];
byte writers, written, over;

inline publish(value) { atomic { sb_room(t) -> store(t, COMMIT, value, RELEASE) } }

inline event()
{
	atomic { writers++; assert(writers == 1 /* alone */) }
	publish(p | 1);						/* M1 */
	if
	:: true
	:: true -> REACHED(INSIDE); goto dead			/* cancelled, killed, exited in a handler */
	fi;
	atomic { sb_room(t) -> store(t, AT(p / 2), t + 1, RELAXED) }
	publish(p + 2);						/* M3 */
	p = p + 2;
	atomic { written++; writers-- }
}

proctype thread(byte t)
{
	byte p, n;

	atomic { !claimed -> claimed = true }			/* CLAIM */
	/* The claim is a locked operation, and the last owner's stores are out: own reads are reads of mem[]. */
	p = mem[COMMIT];					/* RECOVER finds no mark; what else it does: block.pml */
	atomic { sb_room(t) -> store(t, SERIAL, t + 1, RELAXED) }	/* OWNER */
	atomic { sb_room(t) -> exiting = false; store(t, STATE, 1, LIVE_KIND) }	/* LIVE */
	if
	:: t > 0 -> REACHED(SECOND)
	:: else
	fi;
	do
	:: n < EVENTS -> event(); n++
	:: n < EVENTS -> exiting = true; event(); n++; REACHED(AFTER_HINT)	/* HINT */
	:: else -> break
	od;
	if
	:: exiting = true
	:: true						/* no hook: a thread of raw clone, or killed */
	fi;
	goto gone_now;
dead:
	writers--;
gone_now:
	skip;
	d_step { let_all_out(t); ended[t] = true; over++ }	/* ENDED */
}

/* ---- the consumer --------------------------------------------------------------------------------- */

byte given, serial, upto, w;
bool gone;

#define known (serial != 0)

#ifdef FREE_ON_HINT
#define is_gone (exiting || ended[serial - 1])
#else
#define is_gone ended[serial - 1]
#endif

inline look_for_gone()
{
	if
	:: known && !gone && exiting -> gone = is_gone		/* GONE */
	:: known && !gone && !exiting -> gone = is_gone		/* once a second, hint or none */
	:: !exiting || !known || gone
	fi
}

inline give_all()
{
	atomic {
		upto = mem[COMMIT] / 2;			/* R1 */
		do
		:: given < upto ->
			assert(mem[AT(given)] == serial /* whose */);
			given++
		:: else -> break
		od
	}
}

inline reclaim()
{
	if
	:: gone ->
		atomic {
#ifdef EMPTY_BEFORE_GONE
			w = 2 * upto;
#else
			w = mem[COMMIT];
#endif
			if
			:: w & 1 ->
#ifndef NO_UNMARK
				mem[COMMIT] = w - 1;	/* UNMARK */
#endif
				REACHED(MARKED)
			:: else
			fi
		}
		if
#ifdef FREE_UNDRAINED
		:: true ->
#else
		:: given == w / 2 ->			/* EMPTY */
#endif
#ifndef OLD_FEED
			serial = 0;
#endif
			gone = false;
			atomic {		/* FREE: a release on the bitmap */
				assert(!(mem[COMMIT] & 1) /* unmarked */);
				mem[STATE] = 0;
				claimed = false
			}
#ifndef FREE_UNDRAINED
		:: else -> REACHED(NOT_YET)
#endif
		fi;
		w = 0
	:: else
	fi
}

/* FEED: the owner is read anew where the serial has changed. */
#ifdef OLD_FEED
#define is_new (serial == 0)
#else
#define is_new (serial != mem[SERIAL])
#endif

inline feed()
{
	atomic {
		live = mem[STATE] == 1;
		if
		:: live && is_new ->
			assert(mem[SERIAL] != 0 /* visible */);
			serial = mem[SERIAL];
			gone = false
		:: else
		fi
	}
}

inline pass(take)
{
#ifndef EMPTY_BEFORE_GONE
	look_for_gone();
#endif
	feed();
	if
	:: live && take -> give_all()
	:: else						/* the outlet has no room: all stays in the ring */
	fi;
#ifdef EMPTY_BEFORE_GONE
	look_for_gone();
#endif
	if
	:: live -> reclaim()
	:: else
	fi;
	live = false
}

proctype consumer()
{
	bool live;

	do
	:: over < THREADS || claimed ->
		if
		:: pass(true)
		:: pass(false)
		fi
	:: else -> break
	od;
	assert(given == written && !claimed /* all */);
	REACHED(END)
}

init
{
	byte t;

	atomic {
		do
		:: t < THREADS -> run thread(t); t++
		:: else -> break
		od;
		run consumer()
	}
}
