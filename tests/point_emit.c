/* SPDX-License-Identifier: MIT
 * point_emit.c - every step of an event, of the block switch and of a thread's first event, times everything that may happen there.
 *
 * Timers hit these places now and then; here each is hit for certain. The rings are so small that the block switch comes often.
 */
#define _GNU_SOURCE
#include "point_actions.h"

#include "emit/attach.h"
#include "port/port.h"

/* Traits of labels. */
enum {
	BOOKED = 1,	/* the event is in the books: who leaves it here does not take it with them */
	DECIDED = 2,	/* who gets it is decided: a stop from here on finds it on its way */
	UNTIMED = 16,	/* its time is read, or read again, behind */
	FIRST = 4,	/* comes in a thread's first event only, with handlers kept out */
	AFTER_LEAVING = 8,	/* comes in the event behind one that was left by siglongjmp() */
	FLIGHT = 32,	/* a flight session wants the event, too */
	MAYBE_LOST = 64	/* ... and what the stream has lost, and is in its books, comes here, too */
};

static const struct label labels[] = {
	{ RILL_POINT_FOUND, 0 },
	{ RILL_POINT_BUSY, 0 },
	{ RILL_POINT_MARKED, 0 },
	{ RILL_POINT_LOOKED, DECIDED | UNTIMED },
	{ RILL_POINT_TIMED, DECIDED },
	{ RILL_POINT_ESCAPED, DECIDED | AFTER_LEAVING },
	{ RILL_POINT_WRITTEN, DECIDED },
	{ RILL_POINT_NAMED, DECIDED },
	{ RILL_POINT_FILLED, DECIDED },
	{ RILL_POINT_COMMITTED, DECIDED | BOOKED },
	{ RILL_POINT_ENDED, DECIDED | BOOKED },
	{ RILL_POINT_TAKEN_BACK, 0 },
	{ RILL_POINT_LOSING, DECIDED },
	{ RILL_POINT_LOST, DECIDED | BOOKED },
	{ RILL_POINT_UNDONE, DECIDED | BOOKED },
	{ RILL_POINT_FULL, DECIDED },
	{ RILL_POINT_CLOSED, DECIDED | UNTIMED },
	{ RILL_POINT_UNNUMBERED, DECIDED | UNTIMED },
	{ RILL_POINT_OPENED, DECIDED | UNTIMED },
	{ RILL_POINT_SWITCHED, DECIDED | UNTIMED },
	{ RILL_POINT_ABANDONED, AFTER_LEAVING },
	{ RILL_POINT_RECOVERED, AFTER_LEAVING },
	{ RILL_POINT_ATTACHING, FIRST },
	{ RILL_POINT_CLAIMED, FIRST },
	{ RILL_POINT_READY, FIRST },
	{ RILL_POINT_LIVE, FIRST },
	{ RILL_POINT_ATTACHED, FIRST },
	/* With a flight session beside it. */
	{ RILL_POINT_BUSY, FLIGHT },
	{ RILL_POINT_MARKED, FLIGHT },
	{ RILL_POINT_LOOKED, DECIDED | UNTIMED | FLIGHT },
	{ RILL_POINT_FILLED, DECIDED | FLIGHT | MAYBE_LOST },
	{ RILL_POINT_UNNUMBERED, DECIDED | UNTIMED | FLIGHT | MAYBE_LOST },
	{ RILL_POINT_SWITCHED, DECIDED | UNTIMED | FLIGHT | MAYBE_LOST },
	{ RILL_POINT_LOST, DECIDED | BOOKED | FLIGHT },
	{ RILL_POINT_TWICE, DECIDED | FLIGHT },
	{ RILL_POINT_COMMITTED, DECIDED | BOOKED | FLIGHT },
	{ RILL_POINT_ABANDONED, AFTER_LEAVING | FLIGHT },
	{ RILL_POINT_RECOVERED, AFTER_LEAVING | FLIGHT },
};

/* A trait of actions. */
enum { SHARED = OWN_TRAIT };

/* ---- one event of each kind ----------------------------------------------------------------------- */

/* An event looks twice whether it is wanted. Who was held in between, or is past a stop, is not written. */
static void count(unsigned hits_before, bool category_is_on)
{
	emitted += category_is_on || (hits != hits_before && (label->traits & DECIDED));
}

static bool is_on(void)
{
	return mine.watch.session || (other.watch.session && other.category == mine.category);
}

/* Not by the session's address, which the next one may have. */
static const struct account *present(void)
{
	return mine.watch.session ? &mine : other.watch.session ? &other : NULL;
}

/* A begin that was decided for a session that has stopped, but has a time behind the next one's start, is the next one's if it wants
 * it, and so is the end. */
static bool begun_for_next(unsigned hits_before)
{
	return hits == hits_before || !(label->traits & DECIDED) || (label->traits & UNTIMED);
}

static void plain(void)
{
	unsigned before = hits;

	RILL_INSTANT("point", "plain");
	count(before, is_on());
}

static void with_text(void)
{
	static const char text[] = "a text of some length";
	unsigned before = hits;

	RILL_INSTANT("point", "text", "t", RILL_COPY(text, 21), "n", 1);
	count(before, is_on());
}

/* A begin that its stream's ring had no room for may be the flight session's alone, and then so is its end. */
static bool begun_for_stream(uint8_t sessions)
{
	return (sessions & ~RILL_MASK_FLIGHT) != 0;
}

/* Without a site the rest is not set. Out of line: gcc does not see that, and would warn. The sessions may be the begin's hot word. */
static __attribute__((noinline)) bool has_begun(const struct rill_scope *scope)
{
	return scope->site && begun_for_stream((uint8_t)(scope->sessions > 0xff ? scope->sessions >> 8 : scope->sessions));
}

static void scope(void)
{
	unsigned before = hits;
	bool begun, for_next;
	const struct account *owner;

	{
		RILL_SCOPE_1(state, "point", "scope", "n", 1);
		count(before, is_on());
		begun = has_begun(&state);
		for_next = begun_for_next(before);
		owner = present();
		before = hits;
	}
	if (begun)
		count(before, is_on() && owner == present() && (mine.watch.session || for_next));
}

static void dynamic_scope(void)
{
	struct rill_dynamic e = { .enabled = rill_category("point"), .name = "dynamic", .phase = 'X' };
	unsigned before = hits;
	uint64_t handle = rill_add_event(&e);
	bool for_next = begun_for_next(before);
	const struct account *owner = present();

	count(before, is_on());
	before = hits;
	rill_end_event(e.enabled, e.name, handle);
	if (begun_for_stream((uint8_t)handle))
		count(before, is_on() && owner == present() && (mine.watch.session || for_next));
}

/* No block of these rings holds it. */
static void too_big(void)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
	static const struct rill_arg args[12] = { { .type = RILL_TYPE_I32, .word = 1 } };
	unsigned before = hits;

	rill_emit('I', "point", "big", 0, 0, 12, keys, args);
	count(before, is_on());
}

static void (*const kinds[])(void) = { plain, with_text, scope, dynamic_scope, too_big };
enum { KINDS = sizeof kinds / sizeof *kinds, EVENTS = 100 };

/* ---- the subject ---------------------------------------------------------------------------------- */

static _Atomic bool through;

static __thread bool leaving;

static void point(enum rill_point at)
{
	if (leaving && at == RILL_POINT_FILLED) {
		leaving = false;
		siglongjmp(back, 1);
	}
	at_point(at);
}

static void leave_one_event(void)
{
	leaving = true;
	if (sigsetjmp(back, 1) == 0)
		plain();
}

/* So that the next event does not happen to be the last of a block. */
static void begin_a_block(void)
{
	const struct rill_ring *ring = &rill_own_slot()->ring[0];

	while (ring->block_end - ring->commit_pos < 160) {
		plain();
		rill_session_flush(mine.watch.session, FLUSH_MS);
	}
}

static void *be_subject(void *kind)
{
	void (*one_event)(void) = *(void (*const *)(void))kind;

	subject = true;
	if (!(label->traits & FIRST)) {
		plain();
		begin_a_block();
	}
	if (label->traits & AFTER_LEAVING)
		leave_one_event();
	if (sigsetjmp(back, 1) == 0) {
		armed = true;
		for (unsigned i = 0; armed && i < EVENTS; i++)
			one_event();
	}
	armed = false;
	if (in_child)
		child_goes_on();
	for (unsigned i = 0; mine.watch.session && i < 5; i++)
		one_event();
	through = true;
	return NULL;
}

static bool one_step(void (*const *kind)(void))
{
	pthread_t thread;
	bool fine = true;

	if (!mine.watch.session)
		NEED(open_account(&mine));
	held = go_on = 0;
	through = false;
	NEED(pthread_create(&thread, NULL, be_subject, (void *)kind) == 0);
	if (action->meanwhile && wait_until_held(&through)) {
		fine = action->meanwhile();
		go_on = true;
	}
	pthread_join(thread, NULL);
	NEED(fine);
	if (mine.watch.session)
		NEED(rill_session_flush(mine.watch.session, FLUSH_MS) == 0);
	else
		NEED(settle_account(&mine));
	if (other.watch.session)
		NEED(close_account(&other));
	return settle_account(&other);
}

static bool combination(void)
{
	NEED(configure(512, 256, SLOTS, HOLD_MS));
	listen_to_signals(point);
	mine.watch.options.shared = other.watch.options.shared = (action->traits & SHARED) != 0;
	counted_when_left = (label->traits & BOOKED) != 0;
	if (label->traits & FLIGHT)
		NEED(open_flight("point"));
	for (unsigned k = 0; k < KINDS; k++)
		if (!one_step(&kinds[k])) {
			fprintf(stderr, "with kind %u\n", k);
			return false;
		}
	if (mine.watch.session)
		NEED(close_account(&mine));
	rill_point_hook = NULL;
	NEED(close_flight());
	NEED(hits > 0);
	NEED_EQUAL(handled, action->handler ? hits : 0);
	NEED_EQUAL(children_failed, 0);
	if (action->traits & FORKS)
		NEED(children >= hits);
	return books_close();
}

/* ---- what others do meanwhile --------------------------------------------------------------------- */

static bool passes_go_on(void)
{
	for (unsigned i = 0; i < 3; i++) {
		pass();
		NEED(rill_session_flush(mine.watch.session, FLUSH_MS) == 0);
	}
	return true;
}

/* Others' events come through after hold_max, in their order; what the held thread brings then is late. */
static bool others_pass_by(void)
{
	uint64_t start_ms = now_ms();

	for (unsigned i = 0; i < 5; i++) {
		emit_one("point");
		NEED(rill_session_flush(mine.watch.session, FLUSH_MS) == 0);
	}
	NEED(now_ms() - start_ms < BUSY_MS);
	return true;
}

static const char *why_not(const struct label *l, const struct action *a)
{
	if ((l->traits & MAYBE_LOST) && (a->traits & LEAVES))
		return "who leaves it here may or may not have it in the books";
	if (l->point == RILL_POINT_TAKEN_BACK && !rill_clock()->inline_read)
		return "this machine's clock is not read inline, so nobody gets onto the hot path";
	return NULL;
}

/* ---- the table ------------------------------------------------------------------------------------ */

#define ACTIONS(A)                                                                                 \
	A(a_handler_emits, emits_one, NULL, 0)                                                     \
	A(V_5_a_handler_emits_until_its_ring_is_full, emits_many, NULL, 0)                         \
	A(a_handler_emits_and_is_itself_interrupted_there, emits_and_is_interrupted, NULL, 0)      \
	A(a_handler_asks_for_a_flush, asks_for_a_flush, NULL, 0)                                   \
	A(V_6_a_handler_leaves_by_siglongjmp, leaves, NULL, LEAVES)                                \
	A(V_6_a_handler_emits_and_leaves_by_siglongjmp, emits_and_leaves, NULL, LEAVES)            \
	A(V_8_the_thread_exits_inside_a_handler, exits_the_thread, NULL, LEAVES | CANCELS)         \
	A(V_8_the_thread_is_cancelled_asynchronously, cancels_the_thread, NULL, LEAVES | CANCELS)  \
	A(V_10_a_handler_forks, forks, NULL, FORKS)                                                \
	A(V_10_a_handler_forks_by_the_bare_system_call, forks_bare, NULL, FORKS)                   \
	A(V_10_a_handler_forks_without_fork_handlers, forks_without_handlers, NULL, FORKS)         \
	A(V_10_a_handler_calls_vfork_and_exec, vforks_and_executes, NULL, FORKS)                   \
	A(V_10_a_handler_calls_posix_spawn, spawns, NULL, FORKS)                                   \
	A(V_10_another_thread_forks_meanwhile, NULL, another_thread_forks, FORKS)                  \
	A(passes_go_on_meanwhile, NULL, passes_go_on, 0)                                           \
	A(V_15_others_pass_by_meanwhile, NULL, others_pass_by, 0)                                  \
	A(the_filter_is_changed_meanwhile, NULL, changes_the_filter, 0)                            \
	A(another_session_starts_and_stops_meanwhile, NULL, starts_and_stops_another, 0)           \
	A(the_session_is_stopped_meanwhile, NULL, stops_the_session, STOPS)                        \
	A(the_sessions_place_is_handed_over_meanwhile, NULL, hands_the_place_over, STOPS)          \
	A(the_place_is_handed_to_one_that_wants_the_same_meanwhile, NULL, hands_over_to_the_same, STOPS) \
	A(the_shared_place_is_handed_over_meanwhile, NULL, hands_the_place_over, STOPS | SHARED)

static const struct action actions[] = { ACTIONS(ACTION) };

static const struct table table = {
	labels, sizeof labels / sizeof *labels, actions, sizeof actions / sizeof *actions, why_not, why_skip, why_hung, combination,
};

ACTIONS(ROW)

static const struct test_case cases[] = { ACTIONS(CASE) };

int main(int argc, char **argv)
{
	return POINTS_MAIN("emit, point by point", cases, argc, argv);
}
