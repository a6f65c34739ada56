/* SPDX-License-Identifier: MIT
 * losing.pml - stop waits for losses without a ring: two counts of who is between the look and the counting, turned one after the other.
 *
 * Code: the losers are rill_lose_without_ring() in emit/loss.c; the other side is begin_stop() and finish() in control/session.c with
 * rill_route_quiesce() and wait_for_losing() in route/route.c.
 *
 * Steps: SIDE which of the two counts new ones join; JOIN; LOOK at the byte, which says for whom; COUNT the loss; PART. OFF the
 * byte goes off; BARRIER membarrier; TURN new ones to the other count; EMPTY nobody is left in this one; CLOSE the books of the session.
 *
 * A count of the code is the sum of what each loser has put there: additions of different threads do not care for their order, and
 * each becomes visible by itself. That a locked addition of x86 empties the store buffer is left out, and holds without. Session A
 * stops; C on another bit wants everything all the time, so that losers go on.
 *
 * Left out: hold_max, that is, a loser that stands between its steps for longer than stop waits.
 *
 * Asserted
 *   exact     each loss that was counted for A is there when its books are closed
 *   ends      nobody who looks at the side joins the count that is just waited for: it runs empty
 *
 * Defines: LOSERS, EVENTS, PSO
 * Mutants: NO_BARRIER NO_WAIT ONE_SIDE NO_TURN LOOK_BEFORE_JOIN RELAXED_PART
 */
#ifndef LOSERS
#define LOSERS 2
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#define THREADS (LOSERS + 1)
#define CONTROL LOSERS
#ifndef BUFFER
#define BUFFER 3
#endif
#define BYTE 0
#define SIDE 1
#define IN(side, t) (2 + 2 * (t) + (side))
#define COUNTED(t) (2 + 2 * LOSERS + (t))
#define CELLS (2 + 3 * LOSERS)

#define A 1
#define C 2

#define LATER 2		/* REACH: a loss for C alone */
#define WAITED 3	/* stop found somebody inside */
#define OTHER_SIDE 4	/* ... in the count that it turned to first */
#define STALE 5		/* a loser joined the count that new ones had been turned away from */

#ifdef RELAXED_PART
#define PART RELAXED
#else
#define PART RELEASE
#endif

byte clk;
#include "memory.pml"

byte over, waited_for = 2;	/* 2: for none */

#if LOSERS == 1
#define inside(side) mem[IN(side, 0)]
#define all_counted mem[COUNTED(0)]
#elif LOSERS == 2
#define inside(side) (mem[IN(side, 0)] + mem[IN(side, 1)])
#define all_counted (mem[COUNTED(0)] + mem[COUNTED(1)])
#else
#define inside(side) (mem[IN(side, 0)] + mem[IN(side, 1)] + mem[IN(side, 2)])
#define all_counted (mem[COUNTED(0)] + mem[COUNTED(1)] + mem[COUNTED(2)])
#endif

proctype loser(byte t)
{
	byte n, side, seen, counted;

	do
	:: n < EVENTS ->
		atomic {				/* SIDE */
			side = mem[SIDE];
			assert(side != waited_for || sb_used[CONTROL] > 0 /* ends */)
		}
#ifdef LOOK_BEFORE_JOIN
		atomic { seen = mem[BYTE] }
#endif
		atomic {				/* JOIN */
			sb_room(t) ->
			if
			:: side == waited_for -> REACHED(STALE)
			:: else
			fi;
			store(t, IN(side, t), 1, RELAXED)
		}
#ifndef LOOK_BEFORE_JOIN
		atomic { seen = mem[BYTE] }		/* LOOK */
#endif
		if
		:: seen & A ->
			atomic { sb_room(t) -> counted++; store(t, COUNTED(t), counted, RELAXED) }	/* COUNT */
		:: else -> REACHED(LATER)
		fi;
		atomic { sb_room(t) -> store(t, IN(side, t), 0, PART) }	/* PART */
		n++;
		side = 0;
		seen = 0
	:: else -> break
	od;
	atomic { sb_used[t] == 0 -> over++ }
}

inline wait_for(which)
{
#ifndef NO_TURN
	atomic { sb_room(CONTROL) -> store(CONTROL, SIDE, 1 - which, RELAXED) }	/* TURN */
#endif
	atomic {
		waited_for = which;
		if
		:: inside(which) > 0 ->
			REACHED(WAITED);
			if
			:: which == 1 -> REACHED(OTHER_SIDE)
			:: else
			fi
		:: else
		fi
	}
	atomic { inside(which) == 0 -> waited_for = 2 }	/* EMPTY */
}

proctype control()
{
	byte closed, each;

	atomic { sb_room(CONTROL) -> store(CONTROL, BYTE, C, RELEASE) }	/* OFF */
#ifndef NO_BARRIER
	d_step {				/* BARRIER */
		do
		:: each < THREADS -> let_all_out(each); each++
		:: else -> break
		od;
		each = 0
	}
#endif
#ifndef NO_WAIT
	wait_for(0);
#ifndef ONE_SIDE
	wait_for(1);
#endif
#endif
	closed = all_counted;			/* CLOSE */
	atomic { over == LOSERS -> assert(all_counted == closed /* exact */) }
	REACHED(END)
}

init
{
	byte i;

	atomic {
		mem[BYTE] = A | C;
		if
		:: mem[SIDE] = 0
		:: mem[SIDE] = 1
		fi;
		do
		:: i < LOSERS -> run loser(i); i++
		:: else -> break
		od;
		run control()
	}
}
