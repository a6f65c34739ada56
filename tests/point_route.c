/* SPDX-License-Identifier: MIT
 * point_route.c - every step of a thread's end, of a pass, of a session's start, change and stop, and of registration, times
 * everything that may happen there.
 *
 * The consumer's own thread sleeps (period and wake=poll): whoever flushes or stops takes its role over, and is the subject.
 */
#define _GNU_SOURCE
#include "point_actions.h"

#include "emit/category.h"
#include "emit/site.h"

enum { EVENTS = 30, PRODUCERS = 2 };

/* Traits of labels: how the subject comes there. */
enum { EXIT = 1, GOING = 2, PASS = 4, START = 8, STOP = 16, CHANGE = 32, GROUP = 64, SITE = 128, QUICK = 256, SNAPSHOT = 512 };

static const struct label labels[] = {
	{ RILL_POINT_EXITING, EXIT },
	{ RILL_POINT_GONE, GOING },
	{ RILL_POINT_EMPTY, GOING },
	{ RILL_POINT_FREED, GOING },
	{ RILL_POINT_CLOCK, PASS },
	{ RILL_POINT_BARRIER, PASS },
	{ RILL_POINT_LISTED, PASS },
	{ RILL_POINT_HEAD, PASS },
	{ RILL_POINT_HEADS, PASS },
	{ RILL_POINT_QUICK, QUICK },
	{ RILL_POINT_TAKEN, PASS },
	{ RILL_POINT_MERGED, PASS },
	{ RILL_POINT_COUNTED, PASS },
	{ RILL_POINT_TOLD, PASS },
	{ RILL_POINT_RELEASED, PASS },
	{ RILL_POINT_NUMBERED, SNAPSHOT },
	{ RILL_POINT_COPIED, SNAPSHOT },
	{ RILL_POINT_BEGUN, START },
	{ RILL_POINT_ENTERED, START },
	{ RILL_POINT_STOPPING, STOP },
	{ RILL_POINT_OFF, STOP },
	{ RILL_POINT_ASKED, STOP },
	{ RILL_POINT_QUIET, STOP },
	{ RILL_POINT_DRAINED, STOP },
	{ RILL_POINT_SUMMED, STOP },
	{ RILL_POINT_LEFT, STOP },
	{ RILL_POINT_SHUT, STOP },
	{ RILL_POINT_TABLE_SET, CHANGE },
	{ RILL_POINT_BYTES_SET, CHANGE },
	{ RILL_POINT_TABLE_FREED, CHANGE },
	{ RILL_POINT_GROUP_READY, GROUP },
	{ RILL_POINT_GROUP_SET, GROUP },
	{ RILL_POINT_GROUP_FOUND, GROUP },
	{ RILL_POINT_GROUP_READ, GROUP },
	{ RILL_POINT_SITE_KNOWN, SITE },
	{ RILL_POINT_SITE_DECIDED, SITE },
	{ RILL_POINT_SITE_NAMED, SITE },
};

/* A trait of actions. */
enum { EMITS = OWN_TRAIT };

/* ---- how the subject comes to the label ----------------------------------------------------------- */

static _Atomic bool through;

static void *emit_and_end(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < EVENTS; i++)
		emit_one("point");
	return NULL;
}

static void let_others_emit(void)
{
	pthread_t threads[PRODUCERS];

	for (unsigned i = 0; i < PRODUCERS; i++)
		if (pthread_create(&threads[i], NULL, emit_and_end, NULL) != 0)
			abort();
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
}

/* A call site as the assembler lays it out: distances from the fields themselves. */
static struct {
	struct rill_site site;
	struct rill_hot hot;
	char category[8], name[8], none[1];
} made = { .site = { .line = 1, .phase = 'I' }, .category = "point", .name = "made" };

static int32_t distance(const int32_t *field, const void *to)
{
	return (int32_t)((const char *)to - (const char *)field);
}

static void register_a_site(void)
{
	struct rill_site *s = &made.site;

	s->category = distance(&s->category, made.category);
	s->name = distance(&s->name, made.name);
	s->file = distance(&s->file, made.name);
	s->args = distance(&s->args, made.none);
	s->hot = distance(&s->hot, &made.hot);
	rill_sites_add(s, s + 1);
}

/* Of a call site, as the short way wants it. */
static void emit_ordinary(void)
{
	if (!made.hot.enabled)
		return;
	rill_emit0(&made.hot);
	emitted++;
}

static void come_to_the_label(void)
{
	struct rill_session *s = mine.watch.session;

	switch (label->traits) {
	case EXIT:
		emit_one("point");
		break;
	/* The consumer's first pass may still be under way and take what there is. */
	case GOING:
		for (unsigned i = 0; armed && i < 200; i++) {
			let_others_emit();
			rill_session_flush(s, FLUSH_MS);
		}
		break;
	case PASS:
		for (unsigned i = 0; armed && i < 200; i++) {
			emit_one("point");
			rill_session_flush(s, FLUSH_MS);
		}
		break;
	case QUICK:
		register_a_site();
		for (unsigned i = 0; armed && i < 200; i++) {
			emit_ordinary();
			rill_session_flush(s, FLUSH_MS);
		}
		break;
	case SNAPSHOT:
		for (unsigned i = 0; armed && i < 200; i++) {
			rill_emit('I', "flight", "of the subject", 0, 0, 0, NULL, NULL);
			rill_snapshot(flight.session, NULL);
		}
		break;
	case START:
		open_account(&other);
		break;
	case STOP:
		if (close_account(&mine))
			some_stopped = true;
		break;
	case CHANGE:
		rill_session_enable(s, "more");
		break;
	case GROUP:
		emit_one("point,of the subject");
		break;
	default:
		register_a_site();
	}
}

static void *be_subject(void *unused)
{
	(void)unused;
	subject = true;
	if (sigsetjmp(back, 1) == 0) {
		armed = true;
		come_to_the_label();
	}
	if (label->traits != EXIT)
		armed = false;
	if (in_child)
		child_goes_on();
	through = true;
	return NULL;
}

/* ---- one combination ------------------------------------------------------------------------------ */

static void *act(void *fine)
{
	*(bool *)fine = action->meanwhile();
	return NULL;
}

/* What waits for the held one is let wait a little. */
static bool act_meanwhile(void)
{
	bool fine = false, ended = false;
	pthread_t helper;
	struct timespec until;

	NEED(pthread_create(&helper, NULL, act, &fine) == 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (action->traits & EMITS) ? 5 : 0;
	until.tv_nsec += 20000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	ended = pthread_timedjoin_np(helper, NULL, &until) == 0;
	go_on = true;
	if (!ended)
		pthread_join(helper, NULL);
	NEED(ended || !(action->traits & EMITS));	/* who emits waits for nobody */
	return fine;
}

/* Behind all that: who comes now finds everything by the table that is in force. */
static bool all_is_in_force(void)
{
	if (!mine.watch.session)
		return true;
	NEED(rill_emit('I', "point", "behind", 0, 0, 0, NULL, NULL));
	emitted++;
	NEED(rill_emit('I', "point,of the subject", "behind", 0, 0, 0, NULL, NULL));
	emitted++;
	if (label->traits == SITE) {
		NEED(made.hot.enabled != 0);
		emit_ordinary();
	}
	return true;
}

/* The handler waited until then, and the subject left or ended before it could say so. */
static bool stop_was_finished(void)
{
	NEED(action->traits & LEAVES);
	NEED(rill_session_stop(session_of(&mine)) == -ENOENT);
	mine.watch.session = NULL;
	mine.at_stop = mine.watch.events;
	some_stopped = true;
	return true;
}

static bool settle(void)
{
	if (mine.watch.session) {
		NEED(rill_session_flush(mine.watch.session, FLUSH_MS) == 0);
		NEED(close_account(&mine));
	}
	if (other.watch.session)
		NEED(close_account(&other));
	rill_point_hook = NULL;
	NEED(close_flight());
	NEED_EQUAL(hits, 1);
	NEED_EQUAL(handled, action->handler ? 1 : 0);
	NEED_EQUAL(children_failed, 0);
	if (action->traits & FORKS)
		NEED(children > 0);
	return books_close();
}

static bool combination(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 512, .block_bytes = 256, .threads_max = SLOTS, .period_ms = 60000,
				 .hold_max_ms = HOLD_MS, .wake = RILL_WAKE_POLL };
	pthread_t thread;
	bool fine = true;

	NEED(rill_configure(&c) == 0);
	listen_to_signals(at_point);
	if (label->traits == SNAPSHOT)
		NEED(open_flight("flight"));
	NEED(open_account(&mine));
	emit_one("point");
	let_others_emit();
	NEED(pthread_create(&thread, NULL, be_subject, NULL) == 0);
	if (action->meanwhile) {
		_Atomic bool never = false;

		NEED(wait_until_held(label->traits == EXIT ? &never : &through));
		fine = act_meanwhile();
	}
	pthread_join(thread, NULL);
	NEED(fine);
	if (label->traits == STOP && mine.watch.session)
		NEED(stop_was_finished());
	if (label->traits == START && (action->traits & LEAVES))
		NEED(other.watch.session);
	NEED(all_is_in_force());
	return settle();
}

/* ---- what others do meanwhile --------------------------------------------------------------------- */

static bool others_emit(void)
{
	emits_many();
	let_others_emit();
	return true;
}

static bool another_flushes(void)
{
	int error = rill_session_flush(session_of(&mine), FLUSH_MS);

	NEED(error == 0 || (label->traits == STOP && error == -ENOENT));
	return true;
}

static bool another_registers_a_group(void)
{
	emit_one("point,of another");
	return true;
}

static bool another_registers_the_same_group(void)
{
	emit_one("point,of the subject");
	return true;
}

static const char *why_not(const struct label *l, const struct action *a)
{
	if (l->traits == STOP && a->traits & STOPS)
		return "there is no second stop of one session: -ENOENT";
	if (l->traits == STOP && a->meanwhile == changes_the_filter)
		return "the session that would be changed is going: -ENOENT";
	if (!RILL_ON(CONFIG_RILL_QUICK) && l->traits == QUICK)
		return "this build has no short way";
	if (l->traits == START && (a->meanwhile == hands_the_place_over || a->meanwhile == hands_over_to_the_same || a->meanwhile == starts_and_stops_another))
		return "the other session is the one that is being started";
	if (l->traits == EXIT && (a->handler == leaves || a->handler == emits_and_leaves || a->handler == exits_the_thread || a->handler == cancels_the_thread))
		return "the thread is in its exit already";
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
	A(V_1_others_emit_meanwhile, NULL, others_emit, EMITS)                                     \
	A(another_thread_flushes_meanwhile, NULL, another_flushes, 0)                              \
	A(another_group_is_registered_meanwhile, NULL, another_registers_a_group, EMITS)           \
	A(the_same_group_is_registered_meanwhile, NULL, another_registers_the_same_group, EMITS)   \
	A(the_filter_is_changed_meanwhile, NULL, changes_the_filter, 0)                            \
	A(another_session_starts_and_stops_meanwhile, NULL, starts_and_stops_another, 0)           \
	A(the_session_is_stopped_meanwhile, NULL, stops_the_session, STOPS)                        \
	A(the_sessions_place_is_handed_over_meanwhile, NULL, hands_the_place_over, STOPS)          \
	A(the_place_is_handed_to_one_that_wants_the_same_meanwhile, NULL, hands_over_to_the_same, STOPS)

static const struct action actions[] = { ACTIONS(ACTION) };

/* qemu again: a start has made threads by then, and the child of an older one is like a process with threads. */
static const char *why_skip_here(const struct action *a)
{
	if (label->traits == START && (a->handler == forks || a->handler == forks_bare || a->handler == forks_without_handlers) &&
	    !forked_child_can_make_threads())
		return "this emulator dies when a forked child makes a thread";
	return why_skip(a);
}

static const struct table table = {
	labels, sizeof labels / sizeof *labels, actions, sizeof actions / sizeof *actions, why_not, why_skip_here, why_hung, combination,
};

ACTIONS(ROW)

static const struct test_case cases[] = { ACTIONS(CASE) };

int main(int argc, char **argv)
{
	return POINTS_MAIN("route, point by point", cases, argc, argv);
}
