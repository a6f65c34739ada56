/* SPDX-License-Identifier: MIT
 * overwrite.pml - a block that is written again while somebody reads it: the sequence lock.
 *
 * Code: flight rings, which overwrite their oldest block and are read for a snapshot: open_block() in ring/ring_producer.c, and
 * copy_block() in ring/flight_copy.c, which takes the newest block first. With -DNAME it is the same lock as built around a thread's name: write_name() in emit/attach.c, read_name() in
 * route/feed.c.
 *
 * Steps of the writer: INVALID the block's sequence is none that a reader expects; FENCE; HEAD and the bytes; VALID the
 * sequence of this lap; COMMIT the position behind each record. NAME: ODD, FENCE, the bytes, EVEN. Of the reader: R1 the position;
 * SEQ0; COPY; FENCE; SEQ1, and what was copied counts only if both are the one expected (NAME: the same even number). The block
 * that is being filled counts up to the position only.
 *
 * Left out: levels, the walk over records. Two blocks of a head and a record; the bytes are the number of the lap.
 *
 * Asserted
 *   whole     a copy that counts is of one lap, and of the one that was expected
 *   there     the bytes below the position are there
 *
 * Defines: LAPS, NAME, PSO
 * The first look at a block's sequence is not what makes a copy good (the acquire of the position has seen the block begin); it spares
 * the copy. RELAXED_VALID is harmless there for the same reason, and is a mutant with NAME only.
 *
 * Mutants: NO_SECOND_LOOK SECOND_LOOK_BEFORE_COPY NO_INVALID NO_WRITER_FENCE RELAXED_COMMIT BEYOND_POSITION; with NAME: NO_FIRST_LOOK
 *     NO_SECOND_LOOK SECOND_LOOK_BEFORE_COPY NO_WRITER_FENCE RELAXED_VALID
 */
#ifndef LAPS
#define LAPS 3		/* blocks written, one after the other */
#endif
#define THREADS 1
#define BUFFER 5
#define COMMIT 0
#define NBLOCKS 2
#define SEQ(b) (1 + 3 * (b))
#define HEAD(b) (2 + 3 * (b))
#define DATA(b) (3 + 3 * (b))
#define CELLS 7
#define NONE 100	/* + the lap to come: no reader expects it */

#define TAKEN 2		/* REACH: a copy counted */
#define REFUSED 3	/* a copy did not */
#define PARTLY 4	/* the block that was being filled */

byte clk;
#include "memory.pml"

#ifdef NO_WRITER_FENCE
#define writer_fence() skip
#else
#define writer_fence() put(0, 0, FENCE)
#endif
#ifdef RELAXED_VALID
#define VALID RELAXED
#else
#define VALID RELEASE
#endif
#ifdef RELAXED_COMMIT
#define COMMITTED RELAXED
#else
#define COMMITTED RELEASE
#endif
#define put(cell, value, kind) atomic { sb_room(0) -> store(0, cell, value, kind) }

#ifdef NAME
inline lap()
{
	put(SEQ(0), 2 * n + 1, RELAXED);	/* ODD */
	writer_fence();
	put(HEAD(0), n + 1, RELAXED);
	put(DATA(0), n + 1, RELAXED);
	put(SEQ(0), 2 * n + 2, VALID)		/* EVEN */
}
#else
/* Positions: 2 * lap behind the head, 2 * lap + 1 behind the record. */
inline lap()
{
#ifndef NO_INVALID
	put(SEQ(n % 2), NONE + n, RELAXED);	/* INVALID */
#endif
	writer_fence();
	put(HEAD(n % 2), n + 1, RELAXED);	/* HEAD */
	put(SEQ(n % 2), n + 1, VALID);		/* VALID */
	put(COMMIT, 2 * n + 1, COMMITTED);
	put(DATA(n % 2), n + 1, RELAXED);
	put(COMMIT, 2 * n + 2, COMMITTED)	/* COMMIT */
}
#endif

proctype writer()
{
	byte n;

	do
	:: n < LAPS -> lap(); n++
	:: else -> break
	od
}

#ifdef NO_SECOND_LOOK
#define second_look true
#else
#define second_look (seq1 == expected)
#endif
#ifdef NO_FIRST_LOOK
#define first_look true
#else
#define first_look (seq0 == expected)
#endif

#ifdef NAME
proctype reader()
{
	byte seq0, head, data, seq1;

	seq0 = mem[SEQ(0)];			/* SEQ0 */
#ifdef SECOND_LOOK_BEFORE_COPY
	seq1 = mem[SEQ(0)];
#endif
	head = mem[HEAD(0)];			/* COPY */
	data = mem[DATA(0)];
#if defined(NO_SECOND_LOOK)
	seq1 = seq0;
#elif !defined(SECOND_LOOK_BEFORE_COPY)
	seq1 = mem[SEQ(0)];			/* SEQ1 */
#endif
	if
#ifdef NO_FIRST_LOOK
	:: seq0 == seq1 ->
#else
	:: seq0 == seq1 && !(seq0 & 1) ->
#endif
		REACHED(TAKEN);
		assert(head == data && data == seq0 / 2 /* whole */)
	:: else -> REACHED(REFUSED)
	fi;
	REACHED(END)
}
#else
inline read_block()
{
	expected = block + 1;
	seq0 = mem[SEQ(block % 2)];		/* SEQ0 */
#ifdef SECOND_LOOK_BEFORE_COPY
	seq1 = mem[SEQ(block % 2)];
#endif
	head = mem[HEAD(block % 2)];		/* COPY */
	data = mem[DATA(block % 2)];
#ifndef SECOND_LOOK_BEFORE_COPY
	seq1 = mem[SEQ(block % 2)];		/* SEQ1 */
#endif
#ifdef BEYOND_POSITION
#define below true
#else
#define below (w >= 2 * block + 2)
#endif
	if
	:: first_look && second_look ->
		REACHED(TAKEN);
		assert(head == expected /* whole */);
		if
		:: below -> assert(data == expected /* whole, there */)
		:: else -> REACHED(PARTLY)
		fi
	:: else -> REACHED(REFUSED)
	fi
}

proctype reader()
{
	byte w, block, expected, seq0, head, data, seq1;

	w = mem[COMMIT];			/* R1 */
	if
	:: w == 0 -> goto over
	:: else
	fi;
	if
	:: w > 2 -> block = (w - 1) / 2 - 1; read_block()	/* the oldest */
	:: else
	fi;
	block = (w - 1) / 2;
	read_block();
over:
	REACHED(END)
}
#endif

init
{
	atomic {
		run writer();
		run reader()
	}
}
