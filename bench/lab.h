/* SPDX-License-Identifier: MIT
 * lab.h - what the benchmark programs of the host share: their options, the machine's line, a pinned thread, a session, and a line of
 * key=value for each case.
 *
 * A line is
 *
 *     bench case=... args=... threads=... ns_min=... ns_med=... insn=... floor_ns=... ratio=... lost=... bytes=...
 *
 * and what else there is to say behind it. ns are those of one event (or of what the case's name says), net of the loop around it;
 * floor_ns is what the case cannot be cheaper than, measured in the same run in turns with it, and ratio is ns_min over it. insn is counted
 * by single steps, net of the loop as well; - where that cannot be done. bytes is what one event takes in the ring or, where there is a stream,
 * in the stream. Lines that begin with # say what it was measured on.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include "bench/harness.h"

#include "port/arch/arch.h"
#include <rill/clock.h>
#include <stddef.h>

struct lab {
	const char *program;
	bool quick;			/* a run that only shows that everything works */
	bool no_insn;			/* instructions are not counted: that takes time */
	double seconds;			/* how long it measures, in all */
	uint64_t ring_bytes;
	uint64_t events;		/* of what grows: at most so many; 0: as the program has it */
	const char *place;		/* the folder for files */
	bool gross;			/* ns are those of the loop with the case in it; added_ns says what is net */
	unsigned turns;			/* of a stretch where no case leaves anything in a ring; 0: BENCH_TURNS_MAX */
	const char *count_case;		/* run this case only, between two marks for who counts instructions */
	unsigned count_turns;
	struct rill_session *session;	/* category "bench", to /dev/null */
};

struct lab_line {
	const char *name;
	unsigned args, threads;
	double ns_min, ns_med, insn, floor_ns;
	uint64_t lost;
	double bytes;
	const char *rest;		/* begins with a space, or NULL */
};

/* Takes the arguments; exits with a message where they are wrong. */
void lab_options(struct lab *lab, int argc, char **argv, double seconds);
/* When the consumer looks at the rings: as for everybody; when a producer wakes it; only when it is told to. */
enum lab_consumer { LAB_USUAL, LAB_WAKES, LAB_SLEEPS };
/* Fixes rings and clock. Exits with a message if rill refuses. */
void lab_configure(struct lab *lab, enum lab_consumer consumer);
/* And starts lab->session. The calling thread stays on one processor from now on, and all others of the process off it where there are
 * two. */
void lab_start(struct lab *lab);
/* A session of category "bench", to a file or a place as rill names them. Exits with a message if it cannot be started. */
struct rill_session *lab_session(const struct lab *lab, const char *file, enum rill_format format);

/* The lines about machine, compiler, clock and load. */
void lab_machine(const struct lab *lab);
void lab_say(const struct lab_line *line);

/* Measures the cases in turns, counts instructions, and says all of it. Case 0 is the loop around the others. With --count runs the case and
 * returns. */
void lab_cases(struct lab *lab, struct bench *cases, unsigned count);

/* Everything emitted is delivered or counted as lost: says so in a line and returns 0, or 1. Stops the session. */
int lab_books(struct lab *lab, struct rill_session *session, uint64_t emitted);

/* The clock's floor: the counter itself where rill reads it inline, too. */
extern bool lab_inline_ticks;
static inline uint64_t lab_ticks(void)
{
#if RILL_ARCH_INLINE_TICKS
	if (__builtin_expect(lab_inline_ticks, 1))
		return rill_arch_ticks();
#endif
	return rill_clock_ticks();
}

/* What the floors store into: as much as half an ordinary second-level cache. */
enum { LAB_FLOOR_WORDS = 8192 };
extern uint64_t lab_floor[LAB_FLOOR_WORDS];

/* Processors: which ones this process may use, and keeping the calling thread on the n-th of them. */
unsigned lab_processors(void);
void lab_pin(unsigned n);
/* All other threads of the process: off the n-th, where there is another one. */
void lab_others_off(unsigned n);

/* Instructions of one turn of a case: step.c. 0 where they cannot be counted. */
double lab_instructions(const struct lab *lab, const char *name);
/* Between the marks of step.c; also what callgrind is told to look at. */
void lab_counted(void (*run)(unsigned turns), unsigned turns);

#endif
