/* SPDX-License-Identifier: MIT
 * slow.pml - a session wants the CPU time of threads: every event goes the cold way, which knows how to write it down.
 *
 * Code: the writer is open_record() in emit/hot.h, rill_record_begin_from() in emit/record.c and set_fast_last() in
 * ring/ring_producer.c (rill_slot_publish() in ring/ring_set.c does the same for a ring that comes); the other side is
 * rill_control_set_slow() in control/slow.c, then rill_control_publish_table(), in enter() of control/session.c.
 *
 * Steps: LOOK at the byte; FAST is the fast path open? BACK to the cold way, where LOOK comes again; TIME does somebody want the
 * CPU time? OPEN the fast path in a block switch; AGAIN look whether that was wrong, and SHUT. SLOW control says that it is
 * wanted; BARRIER membarrier; SHUT every ring; FENCE of the table's publication; ON the byte.
 *
 * Session S wants the CPU time. C on another bit, which does not, wants everything all the time. The word fast_last has two writers: the
 * ring's owner reads what it stored itself while that is on its way.
 *
 * Flight sessions (ring/flight.h) do the same: S is a session of the other kind than what the fast path writes into, "slow" that there are
 * both, and the cold way writes into both rings; choose_ring() in emit/attach.c opens the way as a block switch does. There a barrier
 * comes behind FENCE, too, so that no load overtakes another.
 *
 * Left out: positions, for which "open" and "shut" stand; a session that goes (rings open by themselves). That a load overtakes another:
 * on such processors an event may lack its CPU time, which the reader sees.
 *
 * Asserted
 *   timed     an event that is for S has the CPU time
 *
 * Defines: EVENTS
 * Mutants: NO_BARRIER NO_SHUT NO_AGAIN AGAIN_BEFORE_OPEN TIME_BEFORE_LOOK ON_FIRST
 */
#ifndef EVENTS
#define EVENTS 3
#endif
#define THREADS 2	/* the writer, control */
#ifndef BUFFER
#define BUFFER 4
#endif
#define CONTROL 1
#define SLOW 0
#define BYTE 1
#define FAST 2
#define CELLS 3

#define C 1
#define S 2

#define TIMED 2		/* REACH: an event with the CPU time */
#define REOPENED 3	/* the writer opened the fast path when control had shut it, and shut it again */
#define BY_CONTROL 4	/* an event was sent the cold way by control's store */

byte clk;
#include "memory.pml"

bool over;
hidden byte newest;

/* In atomic. What the owner stored last, if that is still on its way. */
inline own_fast()
{
	d_step {
		fast = mem[FAST];
		newest = 0;
		do
		:: newest < sb_used[0] ->
			if
			:: sb_cell[SB(0, newest)] == FAST -> fast = sb_value[SB(0, newest)]
			:: else
			fi;
			newest++
		:: else -> break
		od
	}
}

#define set_fast(value) atomic { sb_room(0) -> store(0, FAST, value, RELAXED) }

inline switch_block()
{
#ifdef AGAIN_BEFORE_OPEN
	slow = mem[SLOW];
	set_fast(1);
#else
	set_fast(1);				/* OPEN */
	slow = mem[SLOW];			/* AGAIN */
#endif
#ifndef NO_AGAIN
	if
	:: slow -> set_fast(0); REACHED(REOPENED)	/* SHUT */
	:: else
	fi
#endif
}

inline cold()
{
#ifdef TIME_BEFORE_LOOK
	timed = mem[SLOW];
#endif
	seen = mem[BYTE];			/* LOOK, again */
#ifndef TIME_BEFORE_LOOK
	timed = mem[SLOW];			/* TIME */
#endif
	if
	:: true
	:: true -> switch_block()
	fi;
	assert(!(seen & S) || timed /* timed */);
	if
	:: timed -> REACHED(TIMED)
	:: else
	fi
}

proctype writer()
{
	byte n, seen, fast, slow, timed;

	do
	:: n < EVENTS ->
		seen = mem[BYTE];		/* LOOK */
		own_fast();			/* FAST */
		if
		:: fast -> assert(!(seen & S) /* timed */)
		:: fast -> cold()		/* no room in the block: BACK */
		:: !fast -> REACHED(BY_CONTROL); cold()	/* BACK */
		fi;
		n++;
		seen = 0; fast = 0; slow = 0; timed = 0
	:: else -> break
	od;
	over = true
}

proctype control()
{
#ifdef ON_FIRST
	atomic { sb_room(CONTROL) -> store(CONTROL, BYTE, C | S, RELEASE) }
#endif
	d_step { let_all_out(CONTROL); mem[SLOW] = 1 }	/* SLOW: an exchange */
#ifndef NO_BARRIER
	d_step { let_all_out(0); let_all_out(CONTROL) }	/* BARRIER */
#endif
#ifndef NO_SHUT
	atomic { sb_room(CONTROL) -> store(CONTROL, FAST, 0, RELAXED) }	/* SHUT */
#endif
	d_step { let_all_out(CONTROL) }		/* FENCE */
#ifndef ON_FIRST
	atomic { sb_room(CONTROL) -> store(CONTROL, BYTE, C | S, RELEASE) }	/* ON */
#endif
	over;
	REACHED(END)
}

init
{
	atomic {
		mem[BYTE] = C;
		mem[FAST] = 1;
		run writer();
		run control()
	}
}
