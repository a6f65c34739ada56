/* SPDX-License-Identifier: MIT
 * litmus_stop.c - a producer is preempted anywhere between the test of its byte and the end of its event, while the
 * session stops and the next one takes its bit: behind the stop nothing is written, and the next session gets nothing.
 *
 * What protects is the second look at the byte, behind the mark (M1 in ring/ring.h): a producer preempted before its mark
 * is invisible to stop. The mutant has no second look: it is the same library, called with a copy of the hot word that was
 * made at the first look.
 */
#define _GNU_SOURCE
#include "emit/record.h"
#include "litmus_help.h"
#include "route/route_private.h"

#include <rill/dynamic.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

/* TRIES: some virtual machines forget the trap flag at an interrupt, so an event has ended only where it does so each time. */
enum { HOLD_MS = 5000, INSIDE_MS = 2, STEPS_MAX = 2000, TRIES = 10 };

/* One round: the producer goes, reaches the point (or ends before), the other side stops its session and starts the next one, and
 * the producer goes on to its end. */
enum stage { RESTS, GOES, REACHED, MAY_GO_ON, ENDED };
static _Atomic int stage;
static _Atomic bool over;

static void wait_for(enum stage wanted, enum stage or)
{
	for (int now; (now = atomic_load(&stage)) != (int)wanted && now != (int)or;)
		sched_yield();
}

static bool inside_an_event(void)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			if (rill_ring_committed(&rill_slot_at(i)->ring[level]) & 1)
				return true;
	return false;
}

/* The producer stands here until the session has stopped; inside an event only for a moment, for stop waits for it then. */
static void preempted(void)
{
	struct timespec moment = { 0, INSIDE_MS * 1000000 };

	atomic_store(&stage, REACHED);
	if (inside_an_event())
		nanosleep(&moment, NULL);
	else
		wait_for(MAY_GO_ON, MAY_GO_ON);
}

/* ---- the producer --------------------------------------------------------------------------------- */

static void by_macro(void)
{
	RILL_INSTANT("stop", "event", "n", (uint64_t)1);
}

/* The site's hot word; of gcc's two descriptors for one site either will do. */
static const struct rill_hot *hot_word(void)
{
	for (const struct rill_site *s = __start_rill_sites; s < __stop_rill_sites; s++)
		if (s->nargs == 1)
			return (const struct rill_hot *)((const char *)&s->hot + s->hot);
	return NULL;
}

/* What the macro does, with room for a preemption between the first look and the call. */
static void by_hand(bool second_look)
{
	const struct rill_hot *hot = hot_word();
	struct rill_hot first_look;

	__atomic_load((const uint32_t *)(const void *)hot, (uint32_t *)(void *)&first_look, __ATOMIC_RELAXED);
	if (!first_look.enabled)
		return;
	preempted();
	rill_emit1(second_look ? hot : &first_look, 1);
}

/* The same by the cold path, which looks by itself. */
static void by_record(bool second_look)
{
	const struct rill_hot *hot = hot_word();
	uint8_t first_look = __atomic_load_n(&hot->enabled, __ATOMIC_RELAXED);
	struct rill_want want = { second_look ? &hot->enabled : &first_look, 0xff, hot->id, 0 };
	struct rill_writing w;

	if (!first_look)
		return;
	preempted();
	if (!rill_record_begin(&w, &want, 8))
		return;
	w.payload[0] = 1;
	rill_record_commit(&w);
}

/* An event whose names come at run time: there the byte is the category's. No mutant: it takes no byte but its own table's. */
static void by_name(void)
{
	struct rill_dynamic e = { .enabled = rill_category("stop"), .name = "event", .phase = 'I', .flags = RILL_FLAG_SCOPE_THREAD };

	if (!__atomic_load_n(e.enabled, __ATOMIC_RELAXED))
		return;
	preempted();
	rill_add_event(&e);
}

static void hand(void) { by_hand(true); }
static void hand_without_second_look(void) { by_hand(false); }
static void record(void) { by_record(true); }
static void record_without_second_look(void) { by_record(false); }

static void *producer(void *emit)
{
	by_macro();	/* the thread has its ring */
	atomic_store(&stage, ENDED);
	for (;;) {
		wait_for(GOES, GOES);
		if (atomic_load(&over))
			return NULL;
		(*(void (**)(void))emit)();
		atomic_store(&stage, ENDED);
	}
}

/* ---- the session's side --------------------------------------------------------------------------- */

static uint64_t in_next;

static void look(struct watch *w, const struct rill_event *e)
{
	(void)w;
	in_next += strcmp(e->category, "stop") == 0;
}

static uint64_t committed(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rill_slots_used(); i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			sum += rill_ring_committed(&rill_slot_at(i)->ring[level]) & ~(uintptr_t)1;
	return sum;
}

struct rounds {
	uint64_t count, preempted, delivered;
	uint64_t written_after, in_next;	/* must be 0 */
};

/* *reached false: the event ended before the point. */
static bool play_round(struct rounds *r, bool *reached)
{
	struct watch w = { .session = NULL }, next = { .each = look };
	struct rill_stats stats;
	uint64_t at_stop;

	in_next = 0;
	NEED(watch_start(&w, "stop"));
	atomic_store(&stage, GOES);
	wait_for(REACHED, ENDED);
	*reached = atomic_load(&stage) == REACHED;
	NEED(rill_session_stop(w.session) == 0);
	at_stop = committed();
	NEED(watch_start(&next, "other"));	/* the same bit: it is the first that is free */
	if (*reached) {
		int expected = REACHED;

		atomic_compare_exchange_strong(&stage, &expected, MAY_GO_ON);
		wait_for(ENDED, ENDED);
	}
	r->count++;
	r->preempted += *reached;
	r->delivered += *reached ? w.events : 0;
	r->written_after += committed() - at_stop;
	NEED(watch_stop(&next, &stats));
	r->in_next += in_next;
	return true;
}

static void (*emit)(void);

static bool begin(pthread_t *thread)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	NEED(configure(65536, 0, 4, HOLD_MS));
	NEED(watch_start(&w, "stop"));
	NEED(pthread_create(thread, NULL, producer, &emit) == 0);
	wait_for(ENDED, ENDED);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(w.events, 1);
	return true;
}

static void end(pthread_t thread, const char *what, const struct rounds *r)
{
	atomic_store(&over, true);
	atomic_store(&stage, GOES);
	pthread_join(thread, NULL);
	litmus_figure("litmus what=stop-%s rounds=%llu preempted=%llu delivered=%llu bytes_after_stop=%llu in_next_session=%llu\n", what,
		      (unsigned long long)r->count, (unsigned long long)r->preempted, (unsigned long long)r->delivered,
		      (unsigned long long)r->written_after, (unsigned long long)r->in_next);
}

static bool rounds(void (*way)(void), const char *what, struct rounds *r)
{
	pthread_t thread;
	bool reached;

	emit = way;
	litmus_limit_s(litmus_long() ? 120 : 10);
	NEED(begin(&thread));
	for (unsigned i = 0; i < (litmus_long() ? 2000u : 50u); i++) {
		NEED(play_round(r, &reached));
		NEED(reached);
	}
	end(thread, what, r);
	NEED_EQUAL(r->delivered, 0);	/* preempted before the mark: never the stopped session's */
	return true;
}

static bool nothing_is_written(void (*way)(void), const char *what)
{
	struct rounds r = { .count = 0 };

	NEED(rounds(way, what, &r));
	NEED_EQUAL(r.written_after, 0);
	NEED_EQUAL(r.in_next, 0);
	return true;
}

static bool sites(void) { return nothing_is_written(hand, "site"); }
static bool records(void) { return nothing_is_written(record, "record"); }
static bool names(void) { return nothing_is_written(by_name, "dynamic"); }

static void preempted_between_the_hint_and_the_mark_nothing_is_written_after_stop(void)
{
	ISOLATED(sites);
	ISOLATED(records);
	ISOLATED(names);
}

/* Each round must show it: nothing here is left to chance. */
static bool next_session_gets_it(void (*way)(void), const char *what)
{
	struct rounds r = { .count = 0 };

	NEED(rounds(way, what, &r));
	NEED(r.written_after > 0);
	NEED_EQUAL(r.in_next, r.count);
	return true;
}

static bool site_mutant(void) { return next_session_gets_it(hand_without_second_look, "site-mutant"); }
static bool record_mutant(void) { return next_session_gets_it(record_without_second_look, "record-mutant"); }

static void with_the_mask_of_the_hint_the_next_session_gets_the_event(void)
{
	ISOLATED(site_mutant);
	ISOLATED(record_mutant);
}

/* ---- at each instruction -------------------------------------------------------------------------- */

#ifdef __x86_64__
static volatile unsigned steps, stop_at;
static volatile bool stepping;

/* After each instruction of the producer. */
static void on_step(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal;
	(void)info;
	if (stepping && ++steps < stop_at)
		return;
	c->uc_mcontext.gregs[REG_EFL] &= ~0x100LL;
	if (stepping)
		preempted();
	stepping = false;
}

static void step_by_step(void)
{
	steps = 0;
	stepping = true;
	/* The trap flag; below the red zone, where the compiler may keep things that it has not told of. */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::: "memory", "cc");
	by_macro();
	stepping = false;
}

static bool each_instruction(void)
{
	struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct rounds r = { .count = 0 };
	bool reached = true;
	pthread_t thread;

	emit = step_by_step;
	litmus_limit_s(30);
	NEED(sigaction(SIGTRAP, &action, NULL) == 0);
	NEED(begin(&thread));
	for (stop_at = 1; reached && stop_at < STEPS_MAX; stop_at++)
		for (unsigned tries = 0; tries == 0 || (!reached && tries < TRIES); tries++)
			NEED(play_round(&r, &reached));
	end(thread, "each-instruction", &r);
	NEED(!reached);
	NEED(r.preempted > 20);
	/* Stopped in front of the mark it is not recorded, behind it it is; there are instructions of both kinds. */
	NEED(r.delivered > 5 && r.delivered < r.preempted);
	NEED_EQUAL(r.written_after, 0);
	NEED_EQUAL(r.in_next, 0);
	return true;
}

static void preempted_at_any_instruction_of_an_event_nothing_is_written_after_stop(void)
{
	if (WATCH_ASAN || WATCH_TSAN)
		test_skip("a sanitizer's instructions are too many to stop at each");
	else
		ISOLATED(each_instruction);
}
#else
static void preempted_at_any_instruction_of_an_event_nothing_is_written_after_stop(void)
{
	test_skip("this processor is not stepped by the test");
}
#endif

static const struct test_case cases[] = {
	T(preempted_between_the_hint_and_the_mark_nothing_is_written_after_stop),
	T(with_the_mask_of_the_hint_the_next_session_gets_the_event),
	T(preempted_at_any_instruction_of_an_event_nothing_is_written_after_stop),
};

int main(int argc, char **argv)
{
	return LITMUS_MAIN("litmus, stop", cases, argc, argv);
}
