/* SPDX-License-Identifier: MIT
 * publish.pml - one word publishes; the order rule; a ring for each signal level.
 *
 * Code: the writer is emit/hot.h take() to close_record(), emit/keep_hot.S, and rill_ring_mark() and _publish() of
 * ring/ring_producer.h; the choice of the level is rill_ring_acquire() in emit/attach.c. The reader is horizon(), open_level(),
 * limit_by() and merge() in route/pass.c with rill_merge_before().
 *
 * Steps: BUSY the level is taken; M1 mark in flight; M2 clock; FILL the record's bytes; M3 publish and unmark; FREE the
 * level is given back. Between any two a signal handler may run a whole event, and in it another. NOW the reader's clock; BARRIER
 * membarrier; R1 position and mark of one ring; MERGE.
 *
 * Left out: blocks (block.pml: here a ring is long enough), the second look (stop.pml), who wants what. A record is one cell
 * that holds its time. The clock moves or stands still before each read, so ties are tried. A handler is a process that the
 * one below waits for.
 *
 * -DHOLD adds hold_max: held_too_long() in route/pass.c. A ring that stands at the same mark in a later pass may be left out of the
 * minimum; how long that takes is left open. -DLAG takes membarrier away: the other half of horizon(). Time runs then, and a
 * store leaves its buffer within DRAIN; LAG stands for the millisecond. PAIR is the pair of clock reads of one pass, STAMP what
 * the pass before left.
 *
 * Asserted
 *   visible   a record below the position read at R1 has its bytes
 *   ordered   what is given out is in the order (time, ring), over all passes: nothing ever appears below the watermark
 *   all       at the end every event was given once: none overwritten, none twice
 *   excused   (HOLD) only what was in flight while its ring was left out comes late, and it is flagged
 *
 * Defines: HANDLERS, EVENTS (of each context), POLLS, OTHER (a second thread, without handlers), PSO
 * Mutants: NO_BARRIER NOW_BEHIND_BARRIER MARK_APART RELAXED_M1 RELAXED_M3 NO_LEVELS BUSY_LATE INCLUSIVE CLOCK_BEFORE_M1
 *     with HOLD: HELD_AT_ONCE HELD_OVER_EVENTS UNFLAGGED; with LAG: NO_LAG STAMP_TOO_NEW PAIR_REVERSED
 */
#ifndef HANDLERS
#define HANDLERS 1
#endif
#ifndef EVENTS
#define EVENTS 1
#endif
#ifndef POLLS
#define POLLS 2
#endif
#ifdef OTHER
#define THREADS 2
#else
#define THREADS 1
#endif
#ifndef BUFFER
#define BUFFER 4
#endif
#define LEVELS (HANDLERS + 1)
#define RINGS (LEVELS + THREADS - 1)
#define CONTEXTS RINGS
#define SLOTS (CONTEXTS * EVENTS)	/* who comes when all levels are free takes level 0 */
#define CELLS (RINGS + RINGS * SLOTS)
#define COMMIT(ring) (ring)	/* twice the number of records, and the mark */
#define RECORD(ring, i) (RINGS + (ring) * SLOTS + (i))

#define NESTED 2	/* REACH: a handler's event inside an event */
#define DEEP 3		/* ... and one inside that */
#define IN_FLIGHT 4	/* the reader met a mark */
#define WAITS 5		/* a record stayed in its ring because of a mark elsewhere */
#define TIE 6		/* two records of one time */
#define LATE 7		/* a record of a ring that was left out */
#define HELD 8		/* a ring was left out */

#ifdef RELAXED_M1
#define M1 RELAXED
#else
#define M1 RELEASE
#endif
#ifdef RELAXED_M3
#define M3 RELAXED
#else
#define M3 RELEASE
#endif

byte clk = 1;
#ifdef LAG
#define AGES
#endif
#include "memory.pml"

byte running[THREADS];	/* which context of the thread has the processor: 0 the thread, else a handler */
byte own[RINGS];	/* commit_pos as its thread sees it */
bool busy[RINGS];
byte finished, written;

#ifdef LAG
#define tick() skip
#else
#define tick() if :: clk++ :: skip fi
#endif

#define mine(t, me) (running[t] == me)

/* One event of context `me` on thread t, whose rings are base, base + 1, ... */
inline emit(t, me, base)
{
	/* BUSY. A handler that ran between the test and the store left the level free again. */
	atomic {
		mine(t, me);
		r = base;
#ifndef NO_LEVELS
		do
		:: busy[r] -> r++
		:: else -> break
		od;
#endif
#ifdef BUSY_LATE
		p = own[r]
	}
	atomic {
		mine(t, me) -> busy[r] = true;
#else
		busy[r] = true;
		p = own[r];
#endif
		if
		:: r == base + 1 -> REACHED(NESTED)
		:: r == base + 2 -> REACHED(DEEP)
		:: else
		fi
	}
#ifdef CLOCK_BEFORE_M1
	atomic { mine(t, me) -> tick(); ts = clk }
#endif
	atomic {
		mine(t, me) && sb_room(t) -> own[r] = p | 1;	/* M1 */
		store(t, COMMIT(r), p | 1, M1)
	}
	atomic {
		mine(t, me) && sb_room(t) ->
#ifndef CLOCK_BEFORE_M1
		tick();						/* M2 */
		ts = clk;
#endif
		store(t, RECORD(r, p / 2), ts, RELAXED)		/* FILL */
	}
	atomic {
		mine(t, me) && sb_room(t) -> own[r] = p + 2;	/* M3 */
		store(t, COMMIT(r), p + 2, M3)
	}
	atomic { mine(t, me) -> busy[r] = false; written++ }	/* FREE */
}

inline emit_all(t, me, base)
{
	do
	:: n < EVENTS -> emit(t, me, base); n++
	:: else -> break
	od;
	n = 0; r = 0; p = 0; ts = 0
}

proctype thread(byte t; byte base)
{
	byte n, r, p, ts;

	emit_all(t, 0, base);
	finished++
}

/* A signal: at any time, on top of whatever runs. */
proctype handler(byte me)
{
	byte n, r, p, ts, before;

	atomic { before = running[0]; running[0] = me }
	emit_all(0, me, 0);
	atomic { mine(0, me) -> running[0] = before; finished++ }
}

/* ---- the reader ------------------------------------------------------------------------------------ */

byte given[RINGS], upto[RINGS];
byte limit, watermark, last_ts, last_ring;
byte w, i;
hidden byte best, best_ts;	/* used inside one step only: not restored when another choice is tried */
#ifdef HOLD
byte held_pos[RINGS];		/* the word with its mark that the pass before saw; 0: no mark */
bool excused[RINGS * SLOTS];	/* in flight while its ring was left out, and rightly so */
#endif

#define newest(ring) mem[RECORD(ring, upto[ring] - 1)]

/* A ring in flight will bring nothing older than its last record, which therefore nobody may pass: limit_by(). */
inline limit_by(ring)
{
	if
	:: upto[ring] == 0 -> limit = 0
	:: upto[ring] > 0 && newest(ring) < limit -> limit = newest(ring)
	:: else
	fi;
	REACHED(IN_FLIGHT)
}

inline look_at_word(ring)
{
	i = given[ring];
	upto[ring] = w / 2;
	do
	:: i < upto[ring] -> assert(mem[RECORD(ring, i)] != 0 /* visible */); i++
	:: else -> i = 0; break
	od
}

#ifdef HOLD
#if defined(HELD_AT_ONCE)
#define stands(ring) true
#elif defined(HELD_OVER_EVENTS)
#define stands(ring) (held_pos[ring] != 0)
#else
#define stands(ring) (held_pos[ring] == w)
#endif

/* The second way out: it stands there for longer than hold_max. */
inline mark_of(ring)
{
	if
	:: w & 1 -> limit_by(ring)
	:: (w & 1) && stands(ring) ->
		excused[ring * SLOTS + w / 2] = held_pos[ring] == w;
		REACHED(HELD)
	:: !(w & 1)
	fi;
	if
	:: w & 1 -> held_pos[ring] = w
	:: else -> held_pos[ring] = 0
	fi
}
#else
inline mark_of(ring)
{
	if
	:: w & 1 -> limit_by(ring)
	:: else
	fi
}
#endif

inline look(ring)
{
	atomic {
		w = mem[COMMIT(ring)];		/* R1 */
		look_at_word(ring);
#ifdef MARK_APART
		w = 0
	}
	atomic {
		w = mem[COMMIT(ring)];
#endif
		mark_of(ring)
	}
}

/* The ring with the oldest record. */
inline choose()
{
	i = 0;
	best = RINGS;
	best_ts = 255;
	do
	:: i < RINGS ->
		if
		:: given[i] < upto[i] && mem[RECORD(i, given[i])] < best_ts ->
			best = i;
			best_ts = mem[RECORD(i, given[i])]
		:: else
		fi;
		i++
	:: else -> break
	od
}

#ifdef INCLUSIVE
#define below(ts) ((ts) <= limit)
#else
#define below(ts) ((ts) < limit)
#endif

#ifdef UNFLAGGED
#define late false
#else
#define late (best_ts < watermark)
#endif

inline give()
{
	if
	:: late ->
#ifdef HOLD
		assert(excused[best * SLOTS + given[best]] /* excused */);
		REACHED(LATE)
#else
		assert(!late /* ordered */)
#endif
	:: else ->
		assert(best_ts > last_ts || (best_ts == last_ts && best >= last_ring) /* ordered */);
		if
		:: best_ts == last_ts && best != last_ring -> REACHED(TIE)
		:: else
		fi;
		last_ts = best_ts;
		last_ring = best
	fi
}

inline merge()
{
	d_step {
		choose();
		do
		:: best < RINGS && below(best_ts) ->
			give();
			given[best]++;
			choose()
		:: else -> break
		od;
		if
		:: best < RINGS -> REACHED(WAITS)
		:: else
		fi;
		if
		:: limit > watermark -> watermark = limit
		:: else
		fi;
		limit = 0;
		w = 0;
		i = 0
	}
}

#ifdef OTHER
#define BARRIER_OTHER let_all_out(1)
#define QUIET (sb_used[0] == 0 && sb_used[1] == 0)
#else
#define BARRIER_OTHER skip
#define QUIET (sb_used[0] == 0)
#endif

#ifdef LAG
#ifndef DRAIN
#define DRAIN 1
#endif
#ifndef LAG_TIME
#define LAG_TIME DRAIN
#endif
#ifndef TIME
#define TIME 5
#endif
byte lag_ticks, lag_ns;		/* the pair of the pass before */

/* Goes on only while no store is older than DRAIN: that is what lag mode relies on. */
proctype time()
{
#define young(t) (sb_used[t] == 0 || sb_born[SB(t, 0)] + DRAIN > clk)
end:
	do
#ifdef OTHER
	:: atomic { clk < TIME && young(0) && young(1) -> clk++ }
#else
	:: atomic { clk < TIME && young(0) -> clk++ }
#endif
	od
}

inline horizon()
{
#ifdef PAIR_REVERSED
	atomic { ns = clk }
	atomic { now = clk }
#else
	atomic { now = clk }	/* PAIR, ticks before ns */
	atomic { ns = clk }
#endif
	if
#ifdef NO_LAG
	:: true
#else
	:: clk >= lag_ns + LAG_TIME
#endif
	:: clk == TIME -> goto over
	fi;
	d_step {
#ifdef STAMP_TOO_NEW
		limit = now;
#else
		limit = lag_ticks;	/* STAMP */
#endif
		lag_ticks = now;
		lag_ns = ns;
		now = 0;
		ns = 0
	}
}
#else
inline horizon()
{
#ifndef NOW_BEHIND_BARRIER
	atomic { tick(); limit = clk }		/* NOW */
#endif
#ifndef NO_BARRIER
	d_step { let_all_out(0); BARRIER_OTHER }	/* BARRIER */
#endif
#ifdef NOW_BEHIND_BARRIER
	atomic { tick(); limit = clk }
#endif
}
#endif
inline pass()
{
	ring = 0;
	do
	:: ring < RINGS -> look(ring); ring++
	:: else -> ring = 0; break
	od;
	merge()
}

proctype reader()
{
	byte polls, ring;
#ifdef LAG
	byte now, ns;
#endif

	do
	:: polls < POLLS -> horizon(); pass(); polls++
	:: else -> break
	od;
#ifdef LAG
over:
	now = 0;
	ns = 0;
#endif
	atomic { finished == CONTEXTS && QUIET -> limit = 255; polls = 0 }
	pass();
	do
	:: ring < RINGS -> polls = polls + given[ring]; ring++
	:: else -> break
	od;
	assert(polls == written && written == CONTEXTS * EVENTS /* all */);
	REACHED(END)
}

init
{
	byte h = 1;

	atomic {
		run thread(0, 0);
		do
		:: h <= HANDLERS -> run handler(h); h++
		:: else -> break
		od;
#ifdef OTHER
		run thread(1, LEVELS);
#endif
#ifdef LAG
		run time();
#endif
		run reader()
	}
}
