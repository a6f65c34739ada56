/* SPDX-License-Identifier: MIT
 * scopes.h - every way out of a scope, in C and in C++; also what a scope does when its category changes inside.
 */
#ifndef RILL_SITES_SCOPES_H
#define RILL_SITES_SCOPES_H

#include "record.h"

#include <setjmp.h>

static struct rill_session *scope_session;

static NOINLINE void two_in_one_block(void)
{
	RILL_SCOPE("scope", "first");
	RILL_SCOPE("scope", "second");
	RILL_INSTANT("scope", "inside");
}

static NOINLINE int early(int x)
{
	RILL_SCOPE("scope", "early", "x", x);
	if (x)
		return x;
	RILL_INSTANT("scope", "not_early");
	return -1;
}

static NOINLINE void early_return(void)
{
	early(1);
	early(0);
}

static NOINLINE void loop(void)
{
	for (int i = 0; i < 4; i++) {
		RILL_SCOPE("scope", "turn", "i", i);
		if (i == 1)
			continue;
		if (i == 2)
			break;
		RILL_INSTANT("scope", "end_of_turn");
	}
}

static NOINLINE void goto_out(void)
{
	int turns = 0;
again:
	{
		RILL_SCOPE("scope", "left");
		if (!turns++)
			goto again;
		goto out;
	}
out:
	RILL_INSTANT("scope", "behind");
}

/* A jump over the frames leaves no end behind: the slice stays open. What follows it is whole. */
static jmp_buf before;
static NOINLINE void jump(void)
{
	RILL_SCOPE("scope", "jumped");
	longjmp(before, 1);
}

static NOINLINE void longjmp_out(void)
{
	if (!setjmp(before))
		jump();
	RILL_INSTANT("scope", "landed");
}

/* Entered while off: no end either, though it is on by then. */
static NOINLINE void entered_off(void)
{
	RILL_SCOPE("scope.later", "not_run_begin");
	rill_session_enable(scope_session, "scope.later");
	RILL_INSTANT("scope.later", "now");
}

/* The session got the begin, so it gets the end. */
static NOINLINE void off_inside(void)
{
	RILL_SCOPE("scope.later", "closed");
	rill_session_disable(scope_session, "scope.later");
	RILL_INSTANT("scope.later", "not_run_instant");
}

static inline void check_scopes(void)
{
	RECORD("scope", two_in_one_block, "B first B second I inside E second E first ");
	RECORD("scope", early_return, "B early(x=1) E early B early(x=0) I not_early E early ");
	RECORD("scope", loop, "B turn(i=0) I end_of_turn E turn B turn(i=1) E turn B turn(i=2) E turn ");
	RECORD("scope", goto_out, "B left E left B left E left I behind ");
	RECORD("scope", longjmp_out, "B jumped I landed ");
	scope_session = record_start("scope", record_batch);
	entered_off();
	off_inside();
	record_stop(scope_session);
	record_expect("a category that changes inside a scope", "I now B closed E closed ");
	two_in_one_block();
	early_return();
	record_expect("off", "");
}

#endif
