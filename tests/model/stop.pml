/* SPDX-License-Identifier: MIT
 * stop.pml - stop is exact: the second look, the wait until the rings are quiet, the drain, the next session on the same bit.
 *
 * Code: the writer as in publish.pml, with look_again() of emit/hot.h behind M1 and rill_ring_switch() inside an event. The other side
 * is rill_session_stop() with begin_stop() and finish() in control/session.c, rill_route_quiesce() in route/route.c, pass() and
 * rill_route_drain() in route/pass.c, then enter() of the next session.
 *
 * Steps: HINT the first look, which decides nothing; M1; LOOK the second look, which is the record's mask; SWITCH a block switch in the
 * middle of the event publishes a new position, still in flight; M2; FILL; M3. OFF the byte goes off; BARRIER membarrier; QUIET
 * each ring that was in flight ends its event; TICKS; DRAIN passes until the watermark is behind TICKS; LEAVE; NEXT the bit goes to
 * another session, from START on.
 *
 * Session A runs and is stopped, B comes on its bit. -DOTHER: a session C on another bit wants everything all the time, so events go
 * on. The enabled byte holds 0 or 1 (C), and A's or B's bit, whose owner the model marks: which one it meant is what the code cannot
 * see. Who drains does all of it; a consumer thread would only make passes more.
 *
 * -DEARLY instead of a stop: the first session takes what was recorded before it (rill_early_hand_over(), rill_route_end_early()). The
 * shared bit goes off, the rings get quiet, and what has a time from before END_EARLY is that session's.
 *
 * -DGIVES_UP: an event stands still for longer than hold_max, and stop goes on without it. What it brings is nobody's (lost_stopped) if its
 * clock was read before START. Behind START the mask cannot tell A's bit from B's: rill_route_bit_begins() has noted that an event was
 * under way (DOUBT), and B's filter is asked about the first record that comes there (is_for(), end_doubt() in route/pass.c).
 *
 * Asserted
 *   exact     what was meant for A is given to A: nothing of it is found behind LEAVE
 *   other     no event meant for A is given to B without a question to B's filter
 *   early     (EARLY) what was recorded for the early bit has a time before END_EARLY
 *
 * Defines: EVENTS, OTHER, EARLY, GIVES_UP, PSO
 * Mutants: MASK_FROM_HINT LOOK_BEFORE_M1 NO_BARRIER NO_QUIET QUIET_BY_SWITCH NO_DOUBT START_BEFORE_DOUBT
 */
#ifndef EVENTS
#define EVENTS 2
#endif
#define THREADS 2	/* the writer, control */
#ifndef BUFFER
#define BUFFER 4
#endif
#ifndef TIME
#define TIME 6
#endif
#define RECORDS (2 * EVENTS)	/* each event may come behind a head */
#define COMMIT 0
#define BYTE 1
#define AT(i) (2 + (i))
#define CELLS (2 + RECORDS)
#define CONTROL 1

#ifdef OTHER
#define C 1
#else
#define C 0
#endif
#define A 2
#define B 4
#define HEAD 8

#define NOTHING 2	/* REACH: the second look finds the byte off */
#define STALE 3		/* the hint was for A, the second look is not */
#define WAITED 4	/* QUIET had to wait */
#define SWITCHED 5	/* ... and the event switched blocks meanwhile */
#define TAKEN 6		/* B got an event */
#define MISSED 7	/* GIVES_UP: an event of A came too late */
#define DOUBTED 8	/* ... and was still under way when B began */

byte clk = 1;
#include "memory.pml"

byte ts[RECORDS];	/* the time of a record: visible when its cell is */
bool ended, left;
byte start, ticks;

/* ---- the writer ------------------------------------------------------------------------------------ */

/* The drain may take any number of passes: the clock stands still in the end. */
inline tick() { if :: clk < TIME -> clk++ :: skip fi }
#define look() atomic { byte_seen = mem[BYTE] }

inline event()
{
	atomic { byte_seen = mem[BYTE]; hint = byte_seen }	/* HINT */
	if
	:: hint == 0 -> goto next
	:: else
	fi;
#ifdef LOOK_BEFORE_M1
	look();
#endif
	atomic { sb_room(0) -> store(0, COMMIT, 2 * p + 1, RELEASE) }	/* M1 */
#ifndef LOOK_BEFORE_M1
	look();							/* LOOK */
#endif
#ifdef MASK_FROM_HINT
	byte_seen = hint;
#endif
	if
	:: (hint & A) && !(byte_seen & A) -> REACHED(STALE)
	:: else
	fi;
	if
	:: byte_seen == 0 ->
		atomic { sb_room(0) -> store(0, COMMIT, 2 * p, RELEASE) }
		REACHED(NOTHING);
		goto next
	:: else
	fi;
	if
	:: true
	:: true ->						/* SWITCH */
		atomic { sb_room(0) -> store(0, AT(p), HEAD, RELAXED) }
		p++;
		atomic { sb_room(0) -> store(0, COMMIT, 2 * p + 1, RELEASE) }
	fi;
	atomic {						/* M2, FILL */
		sb_room(0) -> tick();
		ts[p] = clk;
		store(0, AT(p), byte_seen, RELAXED)
	}
	p++;
	atomic { sb_room(0) -> store(0, COMMIT, 2 * p, RELEASE) }	/* M3 */
next:
	byte_seen = 0;
	hint = 0
}

proctype writer()
{
	byte n, p, byte_seen, hint;

	do
	:: n < EVENTS -> event(); n++
	:: else -> break
	od;
	atomic { sb_used[0] == 0 -> ended = true }
}

/* ---- control, which also drains ------------------------------------------------------------------- */

byte given, limit, watermark, doubt_pos;
bool doubt;

#define set_byte(value) atomic { sb_room(CONTROL) -> store(CONTROL, BYTE, value, RELEASE) }

inline barrier()
{
#ifdef NO_BARRIER
	skip
#else
	d_step { let_all_out(0); let_all_out(CONTROL) }
#endif
}

/* Behind the barrier, an event that looked while the byte was on has its mark in the ring. The word moves on
 * in a block switch too: then the event is at the first record of a block, and not over. */
inline quiet()
{
	barrier();				/* BARRIER */
	atomic {
		w = mem[COMMIT];
		if
		:: w & 1 -> REACHED(WAITED)
		:: else
		fi
	}
	do
#ifdef GIVES_UP
	:: w & 1 -> break
#endif
	:: !(w & 1) -> break
	:: (w & 1) && mem[COMMIT] != w ->	/* QUIET */
#ifdef QUIET_BY_SWITCH
		break
#else
		atomic {
			if
			:: (mem[COMMIT] & 1) && mem[AT(w / 2)] == HEAD -> w = mem[COMMIT]; REACHED(SWITCHED)
			:: else -> w = 0
			fi
		}
#endif
	od;
	w = 0
}

/* One record, in the order of its ring. */
inline give()
{
	assert(mem[AT(given)] != 0);
#ifdef EARLY
	if
	:: mem[AT(given)] & A -> assert(!left || ts[given] < ticks /* early */)
	:: else
	fi;
#else
	if
	:: (mem[AT(given)] & A) && left ->
#ifdef GIVES_UP
		REACHED(MISSED);
#else
		assert(false /* exact */);
#endif
		assert(start == 0 || ts[given] < start || doubt /* other */)
	:: (mem[AT(given)] & B) -> REACHED(TAKEN)
	:: else
	fi;
	if
	:: doubt && given >= doubt_pos -> doubt = false
	:: else
	fi;
#endif
	given++
}

/* Strictly below the limit; a ring in flight limits itself to what is older than its last record. */
inline pass()
{
	atomic { tick(); limit = clk }
	barrier();
	atomic {
		w = mem[COMMIT];
		i = w / 2;
		do	/* the last record, and no head */
		:: i > 0 && mem[AT(i - 1)] == HEAD -> i--
		:: else -> break
		od;
		if
		:: (w & 1) && i == 0 -> limit = 0
		:: (w & 1) && i > 0 && ts[i - 1] < limit -> limit = ts[i - 1]
#ifdef GIVES_UP
		:: w & 1
#endif
		:: else
		fi;
		do
		:: given < w / 2 && mem[AT(given)] == HEAD -> given++
		:: given < w / 2 && mem[AT(given)] != HEAD && ts[given] < limit -> give()
		:: else -> break
		od;
		if
		:: limit > watermark -> watermark = limit
		:: else
		fi;
		w = 0; i = 0; limit = 0
	}
}

inline everything()
{
	atomic {
		ended ->
		w = mem[COMMIT];
		do
		:: given < w / 2 && mem[AT(given)] == HEAD -> given++
		:: given < w / 2 && mem[AT(given)] != HEAD -> give()
		:: else -> break
		od
	}
}

proctype control()
{
	byte w, i;

	set_byte(C);				/* OFF */
#ifndef NO_QUIET
	quiet();
#endif
#ifdef EARLY
	/* The clock moves while control learns of the last M3. */
	atomic { clk++; ticks = clk; left = true }	/* END_EARLY */
#else
	atomic { tick(); ticks = clk }		/* TICKS */
	do					/* DRAIN */
	:: watermark <= ticks -> pass()
	:: else -> break
	od;
	left = true;				/* LEAVE */
	pass();
#ifdef START_BEFORE_DOUBT
	atomic { clk++; start = clk }
#endif
#ifndef NO_DOUBT START_BEFORE_DOUBT
	atomic {				/* DOUBT */
		w = mem[COMMIT];
		if
		:: w & 1 -> doubt = true; doubt_pos = w / 2; REACHED(DOUBTED)
		:: else
		fi;
		w = 0
	}
#endif
#ifndef START_BEFORE_DOUBT
	atomic { clk++; start = clk }		/* START: the clock moves between a load and a read of the clock */
#endif
	set_byte(B | C);			/* NEXT */
#endif
	everything();
	REACHED(END)
}

init
{
	atomic {
		mem[BYTE] = A | C;
		run writer();
		run control()
	}
}
