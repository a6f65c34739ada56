/* SPDX-License-Identifier: MIT
 * grace.pml - a grace period without liburcu: readers count themselves in one of two counts, and who frees waits for both.
 *
 * Code: rill_counted_enter(), rill_counted_leave() and rill_counted_synchronize() in port/linux/rcu.c; what is published and freed is as in rcu.pml.
 *
 * Steps: WORD the reader learns which count is his; COUNT he is counted; READ he reads the pointer; USE what it points to; LEAVE.
 * Who frees: SET the new pointer; TURN the word; GRACE the count of before is seen at zero; TURN and GRACE the other way round;
 * FREE. The fences between COUNT and READ and between SET and GRACE make these an order for everybody, so the model has them in the
 * order of the program; a mutant has them swapped, which is what a missing fence allows. WORD may be old: between it and COUNT
 * anything may happen.
 *
 * Asserted
 *   alive     nobody uses what was freed
 * That it ends is part of what Spin checks: nobody waits for ever once readers leave.
 *
 * Defines: PUBLICATIONS, SECTIONS, READERS
 * Mutants: ONE_TURN (one count is waited for), FREE_AT_ONCE, READ_FIRST (the reader's fence), GRACE_FIRST (the other's), LEAVE_EARLY
 */
#ifndef PUBLICATIONS
#define PUBLICATIONS 3
#endif
#ifndef SECTIONS
#define SECTIONS 2
#endif
#ifndef READERS
#define READERS 2
#endif

/* A line that must be reached, or what the model proves is about nothing: with -DREACH=name the run must end here. */
#ifndef REACH
#define REACH 0
#endif
#define END 1
#define WAITED 2	/* a count was not zero when it was looked at */
#define OLD_WORD 3	/* a reader counts himself where nobody else does any more */
#define REACHED(name) if :: REACH == name -> reached = true; assert(!reached) :: else fi
bool reached;

byte readers[2], word, pointer;
bool freed[PUBLICATIONS + 1];

proctype reader()
{
	byte mine, seen, n;

	do
	:: n < SECTIONS ->
		mine = word;				/* WORD */
#ifdef READ_FIRST
		seen = pointer;
#endif
		atomic {
			readers[mine]++;		/* COUNT */
			if
			:: mine != word -> REACHED(OLD_WORD)
			:: else
			fi
		}
#ifndef READ_FIRST
		seen = pointer;				/* READ */
#endif
#ifdef LEAVE_EARLY
		readers[mine]--;
#endif
		assert(!freed[seen] /* alive */);	/* USE */
#ifndef LEAVE_EARLY
		readers[mine]--;			/* LEAVE */
#endif
		n++
	:: else -> break
	od
}

inline turn()
{
	old = word;
	word = 1 - old;					/* TURN */
	if
	:: readers[old] -> REACHED(WAITED)
	:: else
	fi;
	(readers[old] == 0)				/* GRACE */
}

proctype control()
{
	byte n, old;

	do
	:: n < PUBLICATIONS ->
#ifdef GRACE_FIRST
		turn();
		turn();
		pointer = n + 1;
#else
		pointer = n + 1;			/* SET */
#ifndef FREE_AT_ONCE
		turn();
#ifndef ONE_TURN
		turn();
#endif
#endif
#endif
		freed[n] = true;			/* FREE */
		n++
	:: else -> break
	od
}

init
{
	byte n;

	atomic {
		run control();
		do
		:: n < READERS -> run reader(); n++
		:: else -> break
		od
	}
	(_nr_pr == 1);
	assert(readers[0] == 0 && readers[1] == 0);
	REACHED(END)
}
