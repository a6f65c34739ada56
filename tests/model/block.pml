/* SPDX-License-Identifier: MIT
 * block.pml - blocks: the switch to the next one, pads, long records, a full ring and its books, an event that is abandoned.
 *
 * Code: the writer is open_record() and take_back() in emit/hot.h, rill_record_begin_from(), place(), put_header() and undo() in
 * emit/record.c, rill_ring_switch(), close_block(), open_block() and rill_ring_recover() in ring/ring_producer.c, rill_lose() in
 * emit/loss.c. The reader is settle(), enter_block() and the rest of ring/ring_consumer.c, release() in route/pass.c, tail_of() in
 * route/losses.c.
 *
 * Steps: M1 mark in flight; BACK the hot path takes the mark back, the cold one begins again; W1 consume_pos; FULL count and
 * undo; PAD and HEAD of the new block; SWITCH its publication, still in flight; FILL; M3; ABANDON siglongjmp out of the event,
 * then RECOVER by whoever comes next. R1 position; ENTER a block's head; READ a record; R2 release; TAIL0 and TAIL1, losses behind
 * the last record.
 *
 * Left out: time, levels, masks. The ring is BLOCKS of one head and two record cells. A record is one cell that holds the number of
 * its event; a long one has a cell in front. Positions count cells and run on, as in the code. The bytes of a record are read in
 * a step of their own, long after R1: a writer that is too early is caught.
 *
 * Asserted
 *   whole     each record is one that was published, and newer than the one before: none torn, overwritten, given twice
 *   place     a gap stands never in front of where it happened; -DEXACT: nor behind it (not with ABANDON: an event that is
 *             abandoned behind the switch leaves a head and no record)
 *   head      at a block's start there is a head, and a pad only inside
 *   books     at the end: emitted == given + lost
 *   bounded   losses reported never run ahead of losses counted
 *
 * Defines: EVENTS, PASSES, BLOCKS, SIZES, EXACT, ABANDON, TOO_BIG (some events fit in no block), EARLY (what is left of a block may stay
 *     empty, as by rill_ring_is_used_up()), PSO
 * Mutants: OFF_BY_ONE_BLOCK NO_W1 R2_BEFORE_READ R2_AT_OPEN OFF_BY_ONE_END RELAXED_SWITCH RELAXED_M3 RELAXED_UNDO
 *     RELAXED_LOSS NO_PAD UNCOUNTED NO_GAP
 *     TAIL_SWAPPED LONG_IN_TWO NO_RECOVER BIG_NO_GAP
 */
#ifndef EVENTS
#define EVENTS 5
#endif
#ifndef PASSES
#define PASSES 2
#endif
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef SIZES
#define SIZES 2		/* records of one and of two cells */
#endif
#define THREADS 1
#ifndef BUFFER
#define BUFFER 5
#endif
#define BLOCK 3
#define SIZE (BLOCKS * BLOCK)
#define COMMIT 0
#define LOST 1
#define AT(pos) (2 + (pos) % SIZE)
#define CELLS (2 + SIZE)

#define PAD 1
#define LONG 2
#define HEAD 64		/* + losses so far */
#define EVENT 128	/* + number */

#define WRAP 2		/* REACH: a block is used again */
#define DROP 3		/* an event was lost */
#define GAP 4		/* a loss was reported by a head */
#define TAIL 5		/* ... and behind the last record */
#define PADDED 6	/* the reader met a pad */
#define LONGER 7	/* ... and a long record */
#define GONE 8		/* the next event recovers the ring */
#define TOO_LONG 9	/* an event that fits in no block, and another behind it */

#ifdef RELAXED_SWITCH
#define SWITCH RELAXED
#else
#define SWITCH RELEASE
#endif
#ifdef RELAXED_M3
#define M3 RELAXED
#else
#define M3 RELEASE
#endif
#ifdef RELAXED_LOSS
#define LOSS RELAXED
#else
#define LOSS RELEASE
#endif
#ifdef RELAXED_UNDO
#define UNDO RELAXED
#else
#define UNDO RELEASE
#endif

byte clk;
#include "memory.pml"

byte consume_pos;	/* R2; the reader's own store buffer would only make it older */
byte emitted;
bool ended;

/* ---- the writer ------------------------------------------------------------------------------------ */

#define put(cell, value, kind) atomic { sb_room(0) -> store(0, cell, value, kind) }
#define publish(pos, mark, kind) atomic { sb_room(0) -> own = (pos) * 2 + mark; store(0, COMMIT, own, kind) }

#ifdef ABANDON
/* Once, a handler leaves the event; nothing of it may be seen. The next event finds the ring busy and recovers it. */
#define abandon() if :: !abandoned -> abandoned = true; goto left :: true fi
#else
#define abandon() skip
#endif

inline switch_block()
{
	/* W1 */
	start = block_end;
	used = start - consume_pos;
#ifdef OFF_BY_ONE_BLOCK
#define full (used > SIZE)
#else
#define full (used + BLOCK > SIZE)
#endif
#ifdef NO_W1
#undef full
#define full false
#endif
	if
	:: full -> p = 0
	:: else ->
#ifndef NO_PAD
		if
		:: p != block_end -> put(AT(p), PAD, RELAXED)	/* PAD */
		:: else
		fi;
#endif
		/* HEAD. block_end moves here, before anything is published. */
		atomic {
			sb_room(0) -> block_end = start + BLOCK;
			before_lost = head_lost;
			head_lost = lost;
			store(0, AT(start), HEAD + lost, RELAXED)
		}
		abandon();
		publish(start + 1, 1, SWITCH);	/* SWITCH */
		p = start + 1;
		if
		:: start >= SIZE -> REACHED(WRAP)
		:: else
		fi
	fi;
	start = 0;
	used = 0
}

/* rill_ring_has_gap(): what comes behind a loss goes behind the head that tells of it. */
#ifdef NO_GAP
#define has_gap false
#else
#define has_gap (lost != head_lost)
#endif

#ifndef EARLY
#define early false
#endif

inline recover()
{
	p = own / 2;
#ifndef NO_RECOVER
	if
	:: block_end != ((p - 1) / BLOCK + 1) * BLOCK ->
		block_end = ((p - 1) / BLOCK + 1) * BLOCK;
		head_lost = before_lost		/* the head of the block that is open again */
	:: else
	fi;
#endif
	publish(p, 0, RELEASE)
}

proctype writer()
{
	byte own = 2, p, block_end = BLOCK, start, used, lost, size;
	byte head_lost, before_lost;	/* lost_full in the head of the open block, and of the one before */
#ifdef EARLY
	bool early;
#endif
#ifdef ABANDON
	bool abandoned;
#endif

again:
	do
	:: emitted < EVENTS ->
#if SIZES == 2
		if
		:: size = 1
		:: size = 2
#ifdef TOO_BIG
		:: size = BLOCK
#endif
		fi;
#else
		size = 1;
#endif
		p = own / 2;
		publish(p, 1, RELEASE);		/* M1 */
		abandon();
#ifdef OFF_BY_ONE_END
		if
		:: p + size <= block_end + 1 -> goto fill
		:: else
		fi;
#endif
#ifdef EARLY
		if
		:: early = true
		:: early = false
		fi;
#endif
		if
		:: size == BLOCK -> p = 0	/* with the head it is more than a block */
		:: size < BLOCK && (block_end - p < size || early || has_gap) ->
			publish(p, 0, RELEASE);	/* BACK */
			publish(p, 1, RELEASE);	/* M1, again */
			switch_block()
		:: else
		fi;
		if
		:: p == 0 ->			/* FULL */
#ifndef UNCOUNTED
			atomic { sb_room(0) -> lost++; store(0, LOST, lost, LOSS) }
#endif
#ifdef BIG_NO_GAP
			head_lost = head_lost + (size == BLOCK);	/* the rest of the block is used */
#endif
			if
			:: size == BLOCK && emitted + 1 < EVENTS -> REACHED(TOO_LONG)
			:: else
			fi;
			emitted++;
			publish(own / 2, 0, UNDO);
			REACHED(DROP);
			goto next
		:: else
		fi;
fill:
		if
		:: size == 2 ->
			put(AT(p), LONG, RELAXED);
			p++;
#ifdef LONG_IN_TWO
			publish(p, 1, M3);
#endif
			abandon()
		:: else
		fi;
		put(AT(p), EVENT + emitted, RELAXED);	/* FILL */
		abandon();
		atomic { sb_room(0) -> emitted++; own = (p + 1) * 2; store(0, COMMIT, own, M3) };	/* M3 */
next:
		p = 0;
		size = 0
	:: else -> break
	od;
	atomic { sb_used[0] == 0 -> ended = true };
	goto over;
#ifdef ABANDON
left:
	REACHED(GONE);
	recover();		/* RECOVER */
	p = 0; size = 0; start = 0; used = 0;
	goto again;
#endif
over:
	skip
}

/* ---- the reader ------------------------------------------------------------------------------------ */

byte pos, given, reported, seen, latest;
hidden byte lost_before;

#define start_of_block(pos) ((pos) % BLOCK == 0)

/* R2. With the mutant the block goes back before its records were read. */
inline release()
{
#ifdef R2_AT_OPEN
	consume_pos = w / 2
#else
	consume_pos = pos
#endif
}

inline enter_block()
{
	release();
	atomic {
		assert(mem[AT(pos)] >= HEAD && mem[AT(pos)] < EVENT /* head */);
		if
		:: mem[AT(pos)] - HEAD > seen ->
			REACHED(GAP)
		:: else
		fi;
		assert(mem[AT(pos)] - HEAD >= seen /* bounded */);
		reported = reported + (mem[AT(pos)] - HEAD - seen);
		seen = mem[AT(pos)] - HEAD;
		pos++
	}
}

inline read_record()
{
	if
	:: mem[AT(pos)] == PAD ->
		REACHED(PADDED);
		pos = (pos / BLOCK + 1) * BLOCK
	:: else ->
		if
		:: mem[AT(pos)] == LONG -> pos++; REACHED(LONGER)
		:: else
		fi;
#ifdef R2_BEFORE_READ
		consume_pos = pos + 1;
#endif
		d_step {	/* READ */
			assert(mem[AT(pos)] >= EVENT + given && mem[AT(pos)] < EVENT + emitted /* whole */);
			assert(mem[AT(pos)] - EVENT >= latest /* whole */);
			lost_before = mem[AT(pos)] - EVENT - given;
			latest = mem[AT(pos)] - EVENT + 1;
			assert(reported <= lost_before /* place */);
#ifdef EXACT
			assert(reported == lost_before /* place */);
#endif
			given++;
			pos++
		}
	fi
}

inline tail_of()
{
	if
	:: pos == w / 2 ->
#ifdef TAIL_SWAPPED
		w = mem[COMMIT];	/* TAIL1 */
		count = mem[LOST] - seen;
#else
		count = mem[LOST] - seen;	/* TAIL0 */
		w = mem[COMMIT];	/* TAIL1 */
#endif
		if
		:: count > 0 && w / 2 == pos ->
			REACHED(TAIL);
			reported = reported + count;
			seen = seen + count
		:: else
		fi;
		count = 0
	:: else
	fi
}

inline pass()
{
	w = mem[COMMIT];	/* R1 */
	do
	:: pos == w / 2 -> break
	:: pos != w / 2 && start_of_block(pos) -> enter_block()
	:: pos != w / 2 && !start_of_block(pos) -> read_record()
	od;
	tail_of();
	release();
	w = 0
}

proctype reader()
{
	byte passes, w, count;

	do
	:: passes < PASSES -> pass(); passes++
	:: else -> break
	od;
	atomic { ended -> passes = PASSES }
	pass();
	assert(given + reported == EVENTS /* books */);
	REACHED(END)
}

init
{
	atomic {
		mem[COMMIT] = 2;
		mem[AT(0)] = HEAD;
		run writer();
		run reader()
	}
}
