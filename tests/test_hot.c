/* SPDX-License-Identifier: MIT
 * test_hot.c - the hot path, one processor instruction at a time: at each of them a handler emits, a category goes off, the consumer makes
 * a pass, or the event is left for good.
 *
 * This is for the code as it is shipped, the assembler entries among it, where labelled points (point_*.c) cannot be. The
 * processor traps behind each instruction of the event; the handler of that trap acts there, each time or at one instruction only.
 */
#define _GNU_SOURCE
#include "step_help.h"

#include "emit/attach.h"
#include "emit/record.h"
#include "route/route.h"

#include <setjmp.h>

enum { KINDS = 8, KINDS_SHORT = 7, KINDS_OF_LISTS = 4, KINDS_TEXTLESS = 5, SCOPE = 3 };
enum { STEPS_MAX = 20000, ALWAYS = 0, ROUNDS = 20, STRIDE = 11, STRIDE_ASAN = 3, INSIDE = 25, HOLD_MS = 10000 };

static const char text[] = "a text of some length";
static const char *volatile measured = text;

/* Every way into a ring. Two of the kinds make two records. */
STEPPED static void emit_kind(unsigned kind)
{
	switch (kind) {
	case 0: RILL_INSTANT("hot", "none"); break;
	case 1: RILL_INSTANT("hot", "one", "a", kind); break;
	case 2: RILL_INSTANT("hot", "two", "a", kind, "b", 2); break;
	case SCOPE: {
		RILL_SCOPE("hot", "scope");
		break;
	}
	case 4: RILL_INSTANT("hot", "four", "a", kind, "b", 2, "a", kind, "b", 2); break;
	case 5: RILL_INSTANT("hot", "text", "a", kind, "t", measured); break;
	case 6: RILL_INSTANT("hot", "bounded text", "a", kind, "t", RILL_COPY(text, 21), "b", 2); break;
	default: rill_emit('I', "hot", "dynamic", 0, 0, 0, NULL, NULL); break;
	}
}

static uint64_t records_of(unsigned kind)
{
	return kind == SCOPE ? 2 : 1;
}

static uintptr_t committed(void)
{
	return atomic_load(&rill_own_slot()->ring[0].commit_pos);
}

static struct watch w;
static uint64_t clamped, damaged;
/* A flight session that wants the same events, where there is to be one; its rings hold all of them. */
static struct watch flight;
static bool beside;
enum { FLIGHT_BYTES = 1 << 26 };

/* With both, what goes the general way is stepped nowhere else than in record.c. Of texts see each_step(). */
static unsigned kinds(void)
{
	return !beside ? KINDS : WATCH_ASAN ? KINDS_TEXTLESS : KINDS_SHORT;
}

/* What emit_kind() says. */
static bool is_whole(const struct rill_value *v)
{
	if (strcmp(v->name, "t") == 0)
		return v->size == sizeof text - 1 && memcmp(v->text, text, v->size) == 0;
	if (strcmp(v->name, "a") == 0)
		return v->i > 0 && v->i < KINDS;
	return strcmp(v->name, "b") != 0 || v->i == 2;
}

static void look(struct watch *watch, const struct rill_event *e)
{
	(void)watch;
	clamped += (e->state & RILL_EVENT_CLAMPED) != 0;
	for (unsigned i = 0; i < e->nargs && strcmp(e->category, "hot") == 0; i++)
		damaged += !is_whole(&e->args[i]);
}

static bool begin(uint64_t buffer_bytes, uint64_t block_bytes)
{
	NEED(configure(buffer_bytes, block_bytes, 4, HOLD_MS));
	w.each = look;
	flight.each = look;
	flight.options.flight_bytes = FLIGHT_BYTES;
	NEED(!beside || watch_start(&flight, "hot,nested"));
	NEED(watch_start(&w, "hot,nested"));
	for (unsigned kind = 0; kind < KINDS; kind++)
		emit_kind(kind);	/* the thread is attached, the groups are known */
	NEED(rill_session_flush(w.session, 60000) == 0);
	w.events = 0;
	return true;
}

static bool end_whenever(struct rill_stats *stats)
{
	uint64_t before = KINDS + 1;

	NEED(rill_session_flush(w.session, 60000) == 0);
	w.events += before;
	NEED(watch_stop(&w, stats));
	/* A flight ring gets its record first. */
	NEED(!beside || rill_snapshot(flight.session, NULL) == 0);
	NEED(!beside || (flight.events >= stats->delivered && flight.backwards == 0));
	NEED_EQUAL(damaged, 0);
	stats->delivered -= before;
	return true;
}

/* As body, with a flight session beside the stream. */
static bool with_flight(bool (*body)(void))
{
	beside = true;
	return body();
}

/* No event took longer than hold_max. */
static bool end(struct rill_stats *stats)
{
	NEED(end_whenever(stats));
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(clamped, 0);
	return true;
}

/* ---- step by step ---------------------------------------------------------------------------------- */

#ifdef __x86_64__
static volatile bool stepping;
static volatile unsigned step, act_at;
static void (*act)(void);

static void on_step(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (stepping && (++step == act_at || act_at == ALWAYS)) {
		stepping = act_at == ALWAYS;
		act();
	}
	if (!stepping)
		step_no_more(context);
}

static bool can_step(void)
{
	return step_into(on_step);
}

/* What stands between these two, with act() at one instruction, or ALWAYS; false: it has fewer. */
STEPPED static inline __attribute__((always_inline)) void start_steps(unsigned at)
{
	step = 0;
	act_at = at;
	stepping = true;
	step_from_here();
}

STEPPED static inline __attribute__((always_inline)) bool end_steps(unsigned at)
{
	stepping = false;
	step_to_here();
	return step >= at;
}
#else
static unsigned step;
static void (*act)(void);
static bool can_step(void)
{
	return false;
}

static void start_steps(unsigned at)
{
	step = at - 1;
}

static bool end_steps(unsigned at)
{
	return step >= at;
}
#endif

STEPPED static __attribute__((noinline)) bool emit_stepping(unsigned kind, unsigned at)
{
	start_steps(at);
	emit_kind(kind);
	return end_steps(at);
}

#define STEP_BY_STEP(body)                                                                         \
	do {                                                                                       \
		if (can_step()) {                                                                  \
			ISOLATED(body);                                                            \
		} else {                                                                           \
			test_skip("the processor cannot be stepped by its own program here");      \
		}                                                                                  \
	} while (0)

/* Calls once() for every instruction of the short kinds of event, and for some of the others. Texts and lists are long where they leave the hot path
 * in code that a sanitizer built, and each instruction of a stepped event costs some 50 us on a virtual machine; a grace period between two
 * steps takes 10 ms there where other work holds the consumer up. So a sanitizer sees each third. */
static bool each_step(bool (*once)(unsigned kind, unsigned at, bool *reached))
{
	static unsigned start;
	bool reached;

	for (unsigned kind = 0; kind < kinds(); kind++) {
		const unsigned some = WATCH_ASAN ? STRIDE_ASAN : 1;
		unsigned stride = some * (kind < (WATCH_ASAN ? KINDS_OF_LISTS : beside ? KINDS_TEXTLESS : KINDS_SHORT) ? 1 : STRIDE);
		unsigned at = 1 + start++ % stride;

		for (reached = true; reached && at < STEPS_MAX; at += stride) {
			NEED(once(kind, at, &reached));
			if (at % 50 == 0)
				NEED(rill_session_flush(w.session, 60000) == 0);
		}
		NEED(at > 20 && at < STEPS_MAX);
	}
	return true;
}

/* ---- a handler emits ------------------------------------------------------------------------------- */

static uint64_t acted, emitted;

STEPPED static void emit_nested(void)
{
	if (acted % 4 == 3)
		RILL_INSTANT("nested", "nested text", "n", acted, "t", measured);
	else
		RILL_INSTANT("nested", "nested", "n", acted, "twice", 2 * acted);
	acted++;
}

static bool at_each(uint64_t buffer_bytes, uint64_t block_bytes, struct rill_stats *stats)
{
	NEED(begin(buffer_bytes, block_bytes));
	for (unsigned i = 0; i < ROUNDS * KINDS; i++) {
		if (block_bytes && i % KINDS == SCOPE)	/* a begin that is lost has no end: what was emitted would not be known */
			continue;
		if (i % KINDS >= kinds())
			continue;
		emit_stepping(i % KINDS, ALWAYS);
		emitted += records_of(i % KINDS);
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(acted > ROUNDS * kinds() * 20);
	return end(stats);
}

static bool emit_at_each(void)
{
	struct rill_stats stats;

	act = emit_nested;
	NEED(at_each(1 << 18, 0, &stats));	/* a handler's ring has room for one event of each instruction, whenever the consumer comes */
	NEED(stats.lost_total == 0 || WATCH_ASAN || beside);	/* many more instructions, and so events, for the level's ring */
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted + acted);
	NEED(w.at_level[1] > 0);
	NEED(!beside || flight.events == KINDS + 1 + emitted + acted);
	return true;
}

static bool emit_at_each_for_both(void)
{
	return with_flight(emit_at_each);
}

static void a_handler_may_emit_at_every_instruction_of_an_event(void)
{
	STEP_BY_STEP(emit_at_each);
	STEP_BY_STEP(emit_at_each_for_both);
}

/* In rings of two blocks, much of it goes over a block's end or is lost. */
static bool emit_at_each_in_tiny_rings(void)
{
	struct rill_stats stats;

	act = emit_nested;
	NEED(at_each(512, 256, &stats));
	NEED(stats.lost_total > 0);
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted + acted);
	return true;
}

static void a_handler_may_emit_at_every_instruction_in_the_smallest_rings(void)
{
	STEP_BY_STEP(emit_at_each_in_tiny_rings);
}

/* ---- a handler on top of a handler emits -------------------------------------------------------------- */

#ifdef __x86_64__
/* An event that goes the cold way where a sanitizer built it would be stepped a quarter of a million times; any other less than this. */
enum { DEEP_STEPS_MAX = 4000 };
static unsigned deep_steps;

STEPPED static bool goes_on(void *context)
{
	if (stepping && ++deep_steps <= DEEP_STEPS_MAX)
		return true;
	step_no_more(context);
	return false;
}

/* No ring is left for most of these. */
STEPPED static void emit_deepest(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (!goes_on(context))
		return;
	RILL_INSTANT("nested", "deepest", "n", acted);
	acted++;
}

STEPPED static void emit_deep(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (!goes_on(context))
		return;
	RILL_INSTANT("nested", "deep", "n", acted, "twice", 2 * acted);
	acted++;
	if (acted % 32 == 0) {
		step_into(emit_deepest);
		start_steps(ALWAYS);
		RILL_INSTANT("nested", "deep");
		end_steps(ALWAYS);
		acted++;
		step_into(emit_deep);
		stepping = true;
	}
}

/* The interrupted event's level is held meanwhile, as a handler at any of its instructions finds it. */
STEPPED static void emit_stepping_nested(void)
{
	unsigned was = step;

	deep_steps = 0;
	step_into(emit_deep);
	start_steps(ALWAYS);
	RILL_INSTANT("nested", "stepped", "n", acted);
	{
		RILL_SCOPE("nested", "stepped scope");
	}
	end_steps(ALWAYS);
	step_into(on_step);
	acted += 3;
	step = was;
	stepping = false;
}
#else
static void emit_stepping_nested(void)
{
}
#endif

static bool nested_at_each(void)
{
	struct rill_stats stats;
	bool reached = true;

	NEED(begin(1 << 20, 0));
	act = emit_stepping_nested;
	for (unsigned at = 1; reached; at += 3, emitted++) {
		reached = emit_stepping(1, at);
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(end_whenever(&stats));	/* one event takes as long as thousands of signals */
	NEED(stats.lost[RILL_LOST_DEEP] > 100);
	/* An event that goes the cold way has many more instructions, and its handlers more events than their ring has room for. */
	NEED_EQUAL(stats.lost_total, stats.lost[RILL_LOST_DEEP] + stats.lost[RILL_LOST_FULL]);
	if (!stats.lost[RILL_LOST_FULL])
		NEED_EQUAL(stats.delivered + stats.lost_total, emitted + acted);
	NEED(stats.delivered + stats.lost_total <= emitted + acted);
	NEED(stats.delivered + stats.lost_total >= acted);	/* a begin that was lost has no end */
	NEED(w.at_level[2] > 100 || CONFIG_RILL_LEVELS < 3);
	return true;
}

static void a_handler_may_emit_at_every_instruction_of_a_handlers_event(void)
{
	STEP_BY_STEP(nested_at_each);
}

/* ---- a category goes off --------------------------------------------------------------------------- */

static uintptr_t pos_before, pos_off;
static bool is_off;

static void disable(void)
{
	pos_off = committed();
	is_off = rill_session_disable(w.session, "hot") == 0;
}

/* Not in flight when the bytes went off: it is invisible to whoever turned them off, so it may not come. */
static bool off_at(unsigned kind, unsigned at, bool *reached)
{
	uintptr_t after;

	is_off = false;
	pos_before = committed();
	*reached = emit_stepping(kind, at);
	after = committed();
	NEED(*reached == is_off);
	NEED(!(after & 1));
	if (is_off && pos_off == pos_before)
		NEED_EQUAL(after, pos_before);
	if (!is_off)
		NEED(after != pos_before);
	return !is_off || rill_session_enable(w.session, "hot") == 0;
}

static bool off_at_each(void)
{
	struct rill_stats stats;

	NEED(begin(65536, 0));
	act = disable;
	NEED(each_step(off_at));
	return end(&stats);
}

static bool off_at_each_for_both(void)
{
	return with_flight(off_at_each);
}

static void who_was_not_in_flight_when_a_category_went_off_writes_nothing(void)
{
	STEP_BY_STEP(off_at_each);
	STEP_BY_STEP(off_at_each_for_both);
}

/* ---- a session leaves in between the ends of a scope ------------------------------------------------- */

/* As control does it, for the others that run it does not matter. */
static void leave_bits(void)
{
	pos_off = committed();
	__atomic_store_n(&rill_running_bits, 0, __ATOMIC_RELAXED);
	is_off = true;
}

static __attribute__((noinline)) bool end_stepping(unsigned at)
{
	{
		RILL_SCOPE("hot", "scope");
		pos_before = committed();
		start_steps(at);
	}
	return end_steps(at);
}

static bool end_at_each(void)
{
	uint8_t running;
	struct rill_stats stats;
	uintptr_t after;
	unsigned at = 1;

	NEED(begin(65536, 0));
	running = rill_running_bits;
	act = leave_bits;
	do {
		is_off = false;
		NEED(end_stepping(at) == is_off);
		after = committed();
		NEED(!(after & 1));
		if (is_off && pos_off == pos_before)
			NEED_EQUAL(after, pos_before);
		if (!is_off)
			NEED(after != pos_before);
		__atomic_store_n(&rill_running_bits, running, __ATOMIC_RELAXED);
		if (at++ % 50 == 0)
			NEED(rill_session_flush(w.session, 60000) == 0);
	} while (is_off && at < STEPS_MAX);
	NEED(at > 20 && at < STEPS_MAX);
	return end(&stats);
}

static bool end_at_each_for_both(void)
{
	return with_flight(end_at_each);
}

static void who_was_not_in_flight_when_a_session_left_writes_no_end_of_a_scope(void)
{
	STEP_BY_STEP(end_at_each);
	STEP_BY_STEP(end_at_each_for_both);
}

/* ---- the other kind of sessions ends, and a handler is the first to see it ---------------------------- */

enum { SEEN_STEPS = 90, ENDING_MS = 5000 };
static _Atomic bool to_end, gone;

/* Ends the flight session when it is told to. */
static void *end_flights(void *unused)
{
	while (!atomic_load(&to_end))
		sleep_ms(1);
	rill_session_stop(flight.session);
	flight.session = NULL;
	atomic_store(&gone, true);
	return unused;
}

/* An event that is in flight is waited for: then the end comes behind it. */
STEPPED static void end_and_emit(void)
{
	atomic_store(&to_end, true);
	for (unsigned i = 0; i < ENDING_MS && !atomic_load(&gone) && !rill_own_slot()->ring[0].busy; i++)
		sleep_ms(1);
	emit_nested();
}

static bool flight_ends_at(unsigned kind, unsigned at, bool *reached)
{
	pthread_t thread;

	atomic_store(&gone, false);
	atomic_store(&to_end, false);
	NEED(flight.session || watch_start(&flight, "hot,nested"));
	emit_kind(1);	/* knows of both */
	emitted++;
	NEED(pthread_create(&thread, NULL, end_flights, NULL) == 0);
	*reached = emit_stepping(kind, at);
	if (!*reached)
		atomic_store(&to_end, true);
	pthread_join(thread, NULL);
	emitted += records_of(kind);
	return true;
}

static bool flight_ends_at_each(void)
{
	struct rill_stats stats;
	bool reached = true;

	act = end_and_emit;
	NEED(begin(1 << 18, 0));
	for (unsigned kind = 0; kind < kinds(); kind++)
		for (unsigned at = 1; at < SEEN_STEPS; at += WATCH_ASAN ? STRIDE : 1) {
			NEED(flight_ends_at(kind, at, &reached));
			if (!reached)
				break;
		}
	NEED(rill_session_flush(w.session, 60000) == 0);
	w.events += KINDS + 1;	/* those of begin() */
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(damaged, 0);
	NEED_EQUAL(stats.delivered + stats.lost_total, KINDS + 1 + emitted + acted);
	return true;
}

static bool flight_ends_at_each_for_both(void)
{
	return with_flight(flight_ends_at_each);
}

static void a_handler_may_be_the_first_to_see_that_flight_sessions_have_gone(void)
{
	STEP_BY_STEP(flight_ends_at_each_for_both);
}

static bool end_behind_stop(void)
{
	struct watch t = { 0 };
	struct rill_stats stats;
	uintptr_t before;

	NEED(begin(65536, 0));
	NEED(watch_start(&t, "beside"));
	{
		RILL_SCOPE("hot", "scope");
		RILL_SCOPE("hot", "with arguments", "a", 1, "b", 2, "c", 3);
		NEED(rill_session_stop(w.session) == 0);
		before = committed();
	}
	NEED_EQUAL(committed(), before);
	RILL_INSTANT("beside", "the hot path is open");
	NEED(committed() != before);
	return watch_stop(&t, &stats);
}

static void a_scope_whose_session_has_gone_writes_no_end(void)
{
	ISOLATED(end_behind_stop);
}

/* ---- the consumer passes ---------------------------------------------------------------------------- */

static void pass(void)
{
	acted++;
	rill_route_lock();
	rill_route_pass();
	rill_route_unlock();
}

static bool pass_at_each(void)
{
	struct rill_stats stats;

	act = pass;
	NEED(at_each(65536, 0, &stats));	/* nothing was late */
	NEED_EQUAL(stats.delivered, emitted);
	return true;
}

static void a_pass_at_any_instruction_of_an_event_does_not_run_ahead_of_it(void)
{
	STEP_BY_STEP(pass_at_each);
}

/* ---- the event is left ------------------------------------------------------------------------------ */

static sigjmp_buf back;
static uint64_t written;

static void leave(void)
{
	siglongjmp(back, 1);
}

static uintptr_t flight_committed(void)
{
	return atomic_load(&rill_own_pair.flight->commit_pos);
}

/* What was published before it was left is in the books, and with both in the flight ring, too; nothing else is, and the next event is
 * well. */
static bool left_at(unsigned kind, unsigned at, bool *reached)
{
	volatile bool ended = false;
	volatile uintptr_t flight_before = 0;

	/* The next level is ready for an event, too: nothing but the question who left keeps one out of it. */
	act = emit_nested;
	NEED(emit_stepping(1, INSIDE));
	written += 2;
	act = leave;
	pos_before = committed();
	if (beside)
		flight_before = flight_committed();
	if (sigsetjmp(back, 1) == 0) {
		emit_stepping(kind, at);
		ended = true;
	}
	NEED(!beside || (committed() & ~(uintptr_t)1) == pos_before || (flight_committed() & ~(uintptr_t)1) != flight_before);
	if (ended)
		written += records_of(kind);
	else	/* a scope may be left in either of its events */
		written += (committed() & ~(uintptr_t)1) != pos_before;
	emit_kind(1);
	written++;
	NEED(!(committed() & 1) && !rill_own_slot()->ring[0].busy);	/* took the ring back: nobody waits for the mark in it */
	*reached = !ended;
	return true;
}

static bool leave_at_each(void)
{
	struct rill_stats stats;

	NEED(begin(65536, 0));
	NEED(each_step(left_at));
	NEED(end(&stats));
	NEED_EQUAL(stats.lost_total, 0);	/* no ring is held by an event that was left */
	NEED(stats.delivered >= written);
	return true;
}

static bool leave_at_each_for_both(void)
{
	return with_flight(leave_at_each);
}

static void an_event_may_be_left_at_every_instruction(void)
{
	STEP_BY_STEP(leave_at_each);
	STEP_BY_STEP(leave_at_each_for_both);
}

/* ---- the end of a block ----------------------------------------------------------------------------- */

static bool blocks_hold_whole_records(void)
{
	const uintptr_t block = 256;
	struct rill_stats stats;
	uint64_t rounds = 20000, count = 0;

	NEED(begin(2048, block));
	for (uint64_t i = 0; i < rounds; i++) {
		unsigned kind = (unsigned)(i * 2654435761u >> 16) % KINDS;
		uintptr_t at;

		emit_kind(kind);
		count += records_of(kind);
		at = committed() & (block - 1);
		NEED(at == 0 || at > sizeof(struct rill_block));
		if (i % 40 == 0)
			NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(end(&stats));
	NEED(stats.delivered > rounds / 10);
	NEED(stats.delivered + stats.lost_total >= rounds);
	NEED(stats.delivered + stats.lost_total <= count);	/* a begin that was lost has no end */
	return true;
}

static bool blocks_hold_whole_records_for_both(void)
{
	return with_flight(blocks_hold_whole_records);
}

static void no_record_reaches_beyond_its_block(void)
{
	ISOLATED(blocks_hold_whole_records);
	ISOLATED(blocks_hold_whole_records_for_both);
}

static bool ends_stay_empty(void)
{
	const uintptr_t block = 256, record = 16, room = block - sizeof(struct rill_block);
	struct rill_stats stats;

	NEED(begin(2048, block));
	for (uint64_t i = 0; i < 10 * room / record; i++) {
		uintptr_t at;

		RILL_INSTANT("hot", "small", "i", i);
		at = committed() & (block - 1);
		NEED(at > sizeof(struct rill_block));
		NEED(at <= block - RILL_SMALL_BYTES + record);	/* what begins further on would go the cold way */
		if (i % 40 == 0)
			NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(end(&stats));
	NEED_EQUAL(stats.delivered, 10 * room / record);
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void no_small_record_is_put_into_what_the_hot_path_leaves_of_a_block(void)
{
	ISOLATED(ends_stay_empty);
}

/* ---- an event that is lost -------------------------------------------------------------------------- */

static __attribute__((noinline)) void emit_deep_in_the_stack(void)
{
	volatile char deep[8192];

	deep[0] = 0;
	RILL_INSTANT("hot", "deep", "d", deep[0]);
	deep[8191] = 0;
}

/* Were the ring still busy, an event from deeper in the stack would be taken for a handler's. */
static bool deep_behind_a_loss(void)
{
	struct rill_stats stats;

	NEED(begin(512, 256));
	for (unsigned i = 0; i < 100; i++) {
		do {
			emit_kind(2);
			emit_deep_in_the_stack();
			NEED(rill_session_stats(w.session, &stats) == 0);
		} while (stats.lost_total <= i);
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(end(&stats));
	NEED_EQUAL(w.at_level[1] + w.at_level[2], 0);
	return true;
}

static void an_event_that_is_lost_gives_its_ring_back(void)
{
	ISOLATED(deep_behind_a_loss);
}

/* ---- scopes, and the CPU time of threads ------------------------------------------------------------ */

static uint64_t begins, ends, timed, untimed;

static void count_kinds(struct watch *watch, const struct rill_event *e)
{
	(void)watch;
	begins += e->phase == 'B';
	ends += e->phase == 'E';
	timed += (e->state & RILL_EVENT_HAS_THREAD_TIME) != 0;
	untimed += !(e->state & RILL_EVENT_HAS_THREAD_TIME);
}

/* With the thread's CPU time every event goes the cold way. */
static bool scope_around_disable(bool thread_time)
{
	struct rill_dynamic dynamic = { .enabled = rill_category("hot"), .name = "dynamic scope", .phase = 'X' };
	struct rill_stats stats;
	uint64_t handle;

	w.options.thread_time = thread_time;
	NEED(begin(65536, 0));
	w.each = count_kinds;
	for (unsigned i = 0; i < 10; i++) {
		{
			RILL_SCOPE("hot", "plain");
			RILL_SCOPE("hot", "with arguments", "a", i, "b", i, "c", i);
			handle = rill_add_event(&dynamic);
			NEED(rill_session_disable(w.session, "hot") == 0);
			rill_end_event(dynamic.enabled, dynamic.name, handle);
		}
		NEED(rill_session_enable(w.session, "hot") == 0);
	}
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED_EQUAL(begins, 30);
	NEED_EQUAL(ends, 30);
	return end(&stats);
}

static bool scope_hot(void) { return scope_around_disable(false); }
static bool scope_cold(void) { return scope_around_disable(true); }

static void a_scope_is_closed_although_its_category_goes_off_in_between(void)
{
	ISOLATED(scope_hot);
	ISOLATED(scope_cold);
}

static bool time_at_once(void)
{
	struct watch t = { .each = count_kinds, .options.thread_time = true };
	struct rill_stats stats;

	NEED(begin(65536, 0));
	NEED(watch_start(&t, "hot"));	/* this thread's block is open, and the hot path with it */
	for (unsigned i = 0; i < 200 * KINDS; i++) {	/* over many blocks */
		emit_kind(i % KINDS);
		if (i % 100 == 0)
			NEED(rill_session_flush(t.session, 60000) == 0);
	}
	NEED(watch_stop(&t, &stats));
	NEED_EQUAL(timed, 200 * (KINDS + 1));
	NEED_EQUAL(untimed, 0);
	NEED(rill_session_stop(w.session) == 0);
	return true;
}

static bool time_at_once_for_both(void)
{
	return with_flight(time_at_once);
}

static void thread_time_begins_with_the_next_event_of_a_running_thread(void)
{
	ISOLATED(time_at_once);
	ISOLATED(time_at_once_for_both);
}

static const struct test_case cases[] = {
	T(a_handler_may_emit_at_every_instruction_of_an_event),
	T(a_handler_may_emit_at_every_instruction_in_the_smallest_rings),
	T(a_handler_may_emit_at_every_instruction_of_a_handlers_event),
	T(who_was_not_in_flight_when_a_category_went_off_writes_nothing),
	T(who_was_not_in_flight_when_a_session_left_writes_no_end_of_a_scope),
	T(a_scope_whose_session_has_gone_writes_no_end),
	T(a_handler_may_be_the_first_to_see_that_flight_sessions_have_gone),
	T(a_pass_at_any_instruction_of_an_event_does_not_run_ahead_of_it),
	T(an_event_may_be_left_at_every_instruction),
	T(no_record_reaches_beyond_its_block),
	T(no_small_record_is_put_into_what_the_hot_path_leaves_of_a_block),
	T(an_event_that_is_lost_gives_its_ring_back),
	T(a_scope_is_closed_although_its_category_goes_off_in_between),
	T(thread_time_begins_with_the_next_event_of_a_running_thread),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("hot path", cases, argc, argv);
}
