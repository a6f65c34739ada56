/* SPDX-License-Identifier: MIT
 * memory.pml - memory as other processors see it: what a thread stores lies in its store buffer first.
 *
 * A model says how many buffers there are (THREADS), how long each is (BUFFER) and how many cells memory has (CELLS), then includes
 * this. Who writes a cell remembers what it wrote; everybody else reads mem[]. A process of its own lets stores out:
 *
 *   TSO (x86)        in the order in which they went in
 *   -DPSO (like ARM) a relaxed store passes any other. A release store leaves when all before it have left. A store that passes an
 *                    older one to the same cell wipes it out: that is what C11 allows since a release sequence ends at the
 *                    thread's next relaxed store, and what makes a relaxed M1 wrong
 *
 * A fence is an entry that nothing passes. The buffer is what makes a clock read come before an older store, so "the
 * clock was read early" needs no step of its own. Loads are made in the order of the program: reordered loads are mutants
 * that swap two lines.
 */
#define RELAXED 0
#define RELEASE 1
#define FENCE 2

byte mem[CELLS];
byte sb_used[THREADS];
byte sb_cell[THREADS * BUFFER];
byte sb_value[THREADS * BUFFER];
byte sb_kind[THREADS * BUFFER];
#ifdef AGES
byte sb_born[THREADS * BUFFER];
#endif
hidden byte sb_i, sb_to, sb_out;	/* not part of a state: to be used inside d_step only */

#define SB(t, i) ((t) * BUFFER + (i))
#define sb_room(t) (sb_used[t] < BUFFER)

/* The last two lines of a step; the step's guard asks sb_room(). */
inline store(t, cell, value, kind)
{
	sb_cell[SB(t, sb_used[t])] = cell;
	sb_value[SB(t, sb_used[t])] = value;
	sb_kind[SB(t, sb_used[t])] = kind;
#ifdef AGES
	sb_born[SB(t, sb_used[t])] = clk;
#endif
	sb_used[t]++
}

inline sb_keep(t, from)
{
	sb_cell[SB(t, sb_to)] = sb_cell[SB(t, from)];
	sb_value[SB(t, sb_to)] = sb_value[SB(t, from)];
	sb_kind[SB(t, sb_to)] = sb_kind[SB(t, from)];
#ifdef AGES
	sb_born[SB(t, sb_to)] = sb_born[SB(t, from)];
#endif
	sb_to++
}

/* In d_step. Entry i leaves; older ones for its cell leave with it, unseen. What is free is zero, so that equal states look equal. */
inline let_out(t, i)
{
	sb_out = sb_cell[SB(t, i)];
	if
	:: sb_kind[SB(t, i)] != FENCE -> mem[sb_out] = sb_value[SB(t, i)]
	:: else
	fi;
	sb_i = 0;
	sb_to = 0;
	do
	:: sb_i < sb_used[t] ->
		if
		:: sb_i == i || (sb_i < i && sb_cell[SB(t, sb_i)] == sb_out)
		:: else -> sb_keep(t, sb_i)
		fi;
		sb_i++
	:: else -> break
	od;
	sb_i = sb_to;
	do
	:: sb_i < sb_used[t] ->
		sb_cell[SB(t, sb_i)] = 0;
		sb_value[SB(t, sb_i)] = 0;
		sb_kind[SB(t, sb_i)] = 0;
#ifdef AGES
		sb_born[SB(t, sb_i)] = 0;
#endif
		sb_i++
	:: else -> break
	od;
	sb_used[t] = sb_to
}

/* In d_step. A full fence, an interrupt (membarrier), or the end of a thread. */
inline let_all_out(t)
{
	do
	:: sb_used[t] > 0 -> let_out(t, 0)
	:: else -> break
	od
}

#define relaxed(t, i) (sb_kind[SB(t, i)] == RELAXED)
#define no_fence(t, i) (sb_kind[SB(t, i)] != FENCE)

#define passes1(t) (no_fence(t, 0))
#define passes2(t) (passes1(t) && no_fence(t, 1))
#define passes3(t) (passes2(t) && no_fence(t, 2))
#define passes4(t) (passes3(t) && no_fence(t, 3))
#define passes5(t) (passes4(t) && no_fence(t, 4))
#define passes6(t) (passes5(t) && no_fence(t, 5))

active [THREADS] proctype drain()
{
end:
	do
	:: d_step { sb_used[_pid] > 0 -> let_out(_pid, 0) }
#ifdef PSO
	:: d_step { sb_used[_pid] > 1 && relaxed(_pid, 1) && passes1(_pid) -> let_out(_pid, 1) }
#if BUFFER > 2
	:: d_step { sb_used[_pid] > 2 && relaxed(_pid, 2) && passes2(_pid) -> let_out(_pid, 2) }
#endif
#if BUFFER > 3
	:: d_step { sb_used[_pid] > 3 && relaxed(_pid, 3) && passes3(_pid) -> let_out(_pid, 3) }
#endif
#if BUFFER > 4
	:: d_step { sb_used[_pid] > 4 && relaxed(_pid, 4) && passes4(_pid) -> let_out(_pid, 4) }
#endif
#if BUFFER > 5
	:: d_step { sb_used[_pid] > 5 && relaxed(_pid, 5) && passes5(_pid) -> let_out(_pid, 5) }
#endif
#if BUFFER > 6
	:: d_step { sb_used[_pid] > 6 && relaxed(_pid, 6) && passes6(_pid) -> let_out(_pid, 6) }
#endif
#if BUFFER > 7
#error "memory.pml knows buffers of up to 7 stores"
#endif
#endif
	od
}

/* A line that must be reached, or what the model proves is about nothing: with -DREACH=name the run must end here. */
bool reached;
#define END 1
#define REACHED(name) if :: REACH == name -> reached = true; assert(!reached) :: else fi
#ifndef REACH
#define REACH 0
#endif
