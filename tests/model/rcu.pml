/* SPDX-License-Identifier: MIT
 * rcu.pml - the table of who wants what: published, read, freed behind a grace period; and the byte of a category group, which is its
 * cached answer and must never stay behind it.
 *
 * Code: rill_table_publish(), refresh(), rill_table_decide(), prepare(), make_known() and insert() in emit/category.c;
 * rill_control_publish_table() and strike_out() in control/table.c. The lists of sessions (rill_route_publish() in route/route.c) and
 * the entries of sites (rill_sites_remove() in emit/site.c) are published and freed in the same way: READER stands for the pass
 * that walks them.
 *
 * Steps: SET the new table; FENCE; COUNT the groups that are known; REFRESH their bytes: TABLE and TEXT are read, DECIDE, BYTE,
 * FENCE, and both are looked at AGAIN; GRACE every read section that was open has ended; FREE. A thread that registers a
 * group: PREPARE number and text, KNOWN, REFRESH, FOUND the bucket. A number prepared in vain (VAIN) loses its text and is given
 * to the next group (SPARE). STRIKE: no memory for a new table, rows of the old one are struck out where they stand, and the same table
 * is published twice.
 *
 * liburcu is taken at its word: GRACE waits for the sections that were open when it began, and is a membarrier for everybody.
 *
 * Asserted
 *   alive     nobody decides by a table that was freed, or for a group without a text
 *   settled   when publish has returned, the byte of a group that can be found is the new table's answer; likewise when a group
 *             can be found from now on, and at the end
 *
 * Defines: STRIKE, PSO
 * Mutants: NO_FENCE NO_AGAIN TEXT_NOT_AGAIN TEXT_READ_TWICE FREE_AT_ONCE NO_SECTION BUCKET_FIRST; with STRIKE: STRIKE_ONCE
 */
#define THREADS 3	/* control, the thread that registers, a reader */
#define BUFFER 3
#define TABLE 0
#define TEXT 1
#define KNOWN 2
#define BYTE 3
#define CELLS 4
#define CONTROL 0
#define WRITER 1
#define READER 2
#ifdef STRIKE
#define PUBLICATIONS 1
#else
#define PUBLICATIONS 2
#endif

#define RACE 2		/* REACH: refresh had to compute again */
#define REUSED 3	/* the number has its second text */
#define MEANWHILE 4	/* a reader is inside while control waits */

byte clk;
#include "memory.pml"

bool freed[PUBLICATIONS + 1];
byte wants[PUBLICATIONS + 1];	/* the answer of a table; with the text it makes the byte */
byte section[THREADS];		/* odd inside a read section */
bool found, publishing;

#define answer(table, text) (10 * wants[table] + text)
#define put(t, cell, value, kind) atomic { sb_room(t) -> store(t, cell, value, kind) }
#define fence(t) d_step { let_all_out(t) }

#ifdef NO_SECTION
#define enter(t) skip
#define leave(t) skip
#else
#define enter(t) section[t]++
#define leave(t) section[t]++
#endif

#if defined(NO_AGAIN)
#define again false
#elif defined(TEXT_NOT_AGAIN)
#define again (mem[TABLE] != table)
#else
#define again (mem[TABLE] != table || mem[TEXT] != text)
#endif

inline refresh(t)
{
	enter(t);
	do
	:: table = mem[TABLE];			/* TABLE */
		text = mem[TEXT];		/* TEXT */
		if
		:: text != 0 ->
#ifdef TEXT_READ_TWICE
			text = mem[TEXT];
#endif
			d_step {		/* DECIDE */
				assert(!freed[table] && text != 0 /* alive */);
				byte_now = answer(table, text)
			}
			put(t, BYTE, byte_now, RELAXED)	/* BYTE */
		:: else
		fi;
		fence(t);			/* FENCE */
		if
		:: again -> REACHED(RACE)	/* AGAIN */
		:: else -> break
		fi
	od;
	leave(t);
	table = 0; text = 0; byte_now = 0
}

/* ---- control -------------------------------------------------------------------------------------- */

inline wait_for(t)
{
	open = section[t];
	if
	:: open & 1 -> REACHED(MEANWHILE)
	:: else
	fi;
	(!(open & 1) || section[t] != open);
	open = 0
}

inline publish(new)
{
	old = mem[TABLE];
	publishing = true;
	put(CONTROL, TABLE, new, RELEASE);	/* SET */
#ifndef NO_FENCE
	fence(CONTROL);				/* FENCE */
#endif
	if
	:: mem[KNOWN] -> refresh(CONTROL)	/* COUNT, REFRESH */
	:: else
	fi;
	d_step { let_all_out(CONTROL); let_all_out(WRITER); let_all_out(READER) }
#ifndef FREE_AT_ONCE
	wait_for(WRITER);			/* GRACE */
	wait_for(READER);
	d_step { let_all_out(CONTROL); let_all_out(WRITER); let_all_out(READER) }
#endif
	if
	:: old != new -> freed[old] = true	/* FREE */
	:: else
	fi;
	old = 0
}

#define settled (!found || mem[BYTE] == answer(mem[TABLE], mem[TEXT]))

proctype control()
{
	byte n, old, open, table, text, byte_now;

	do
#ifdef STRIKE
	:: n == 0 ->
		atomic { wants[0] = 7; publishing = true }	/* STRIKE */
		publish(0);
#ifndef STRIKE_ONCE
		publish(0);
#endif
#else
	:: n < PUBLICATIONS ->
		publish(n + 1);
#endif
		atomic { publishing = false; assert(settled) }
		n++
	:: else -> break
	od
}

/* ---- a thread that registers groups --------------------------------------------------------------- */

inline prepare(name)
{
	put(WRITER, TEXT, name, RELEASE);		/* PREPARE */
	fence(WRITER);
	mem[KNOWN] = 1				/* KNOWN: a locked operation */
}

proctype writer()
{
	byte table, text, byte_now;

	prepare(1);
	refresh(WRITER);
	fence(WRITER);
	mem[TEXT] = 0;				/* VAIN, SPARE: in seq_cst order */
	prepare(2);
	REACHED(REUSED);
#ifdef BUCKET_FIRST
	atomic { found = true; assert(publishing || settled) }
#endif
	refresh(WRITER);
	fence(WRITER);
	atomic { found = true; assert(publishing || settled) }	/* FOUND */
}

proctype reader()
{
	byte table, n;

	do
	:: n < 2 ->
		enter(READER);
		table = mem[TABLE];
		assert(!freed[table] /* alive */);
		leave(READER);
		n++
	:: else -> break
	od
}

init
{
	atomic {
		wants[0] = 1;
		wants[1] = 2;
#ifndef STRIKE
		wants[2] = 3;
#endif
		run control();
		run writer();
		run reader()
	}
	(_nr_pr == THREADS + 1);
	assert(settled);
	REACHED(END)
}
