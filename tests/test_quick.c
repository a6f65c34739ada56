/* SPDX-License-Identifier: MIT
 * test_quick.c - the short way of events to an only session: what comes out is what the long way gives, event for event. With a second
 * session beside it every event goes the long way.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "route/route_private.h"

enum { LINES_MAX = 2048, LINE_BYTES = 256, ROUNDS = 4 };

static char (*lines)[LINE_BYTES];
static unsigned line_count, mark;

static int put_value(char *to, size_t size, const struct rill_value *v)
{
	if (v->type == RILL_TYPE_BLOB)
		return snprintf(to, size, " %s:%u#%u", v->name, v->type, v->size);
	if (v->type == RILL_TYPE_STRING || v->type == RILL_TYPE_COPY)
		return snprintf(to, size, " %s:%u'%.*s'%u%u", v->name, v->type, (int)v->size, v->text, v->cut, v->null);
	return snprintf(to, size, " %s:%u=%llx", v->name, v->type, (unsigned long long)v->u);
}

/* All of an event but its times. */
static void keep_line(struct watch *w, const struct rill_event *e)
{
	char *line = lines[line_count % LINES_MAX];
	int at = snprintf(line, LINE_BYTES, "%c %s %s %s:%u flags %x state %x id %llx tid %d pid %d level %u begin %d:", e->phase, e->category,
			  e->name, e->file ? e->file : "", e->line, e->flags, e->state, (unsigned long long)e->id,
			  e->tid == e->thread->tid, e->pid == (uint32_t)getpid(), e->level, e->begin_ns && e->begin_ns <= e->ts_ns);

	(void)w;
	for (unsigned i = 0; i < e->nargs && at < LINE_BYTES; i++)
		at += put_value(line + at, LINE_BYTES - (size_t)at, &e->args[i]);
	line_count++;
}

/* ---- events ---------------------------------------------------------------------------------------- */

static void numbers(int round)
{
	RILL_INSTANT("quick", "none");
	RILL_INSTANT("quick", "signed", "a", (int8_t)-round, "b", (int16_t)-300, "c", -70000 * round, "d", INT64_MIN + round);
	RILL_INSTANT("quick", "unsigned", "a", (uint8_t)200, "b", (uint16_t)60000, "c", 4000000000u, "d", UINT64_MAX - (uint64_t)round);
	RILL_INSTANT("quick", "other", "a", 1.5f * (float)round, "b", -2.25 * round, "c", (_Bool)(round & 1), "d", (void *)(uintptr_t)(4096 + round));
	RILL_INSTANT("quick", "many", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", round);
	RILL_INSTANT("quick", "too_many", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", round);
	RILL_COUNTER("quick", "counter", "x", round, "y", 2 * round);
}

static void texts(int round)
{
	static const char *const some[] = { "", "seven77", "eight888", "a text that is longer than one word or two" };

	RILL_INSTANT("quick", "text", "t", some[round % 4]);
	RILL_INSTANT("quick", "null", "t", round & 1 ? (const char *)NULL : "not");
	RILL_INSTANT("quick", "mixed", "i", round, "t", some[(round + 1) % 4], "j", -round, "u", some[(round + 2) % 4]);
}

static void phases(int round)
{
	RILL_SCOPE("quick", "outer", "n", round);
	RILL_BEGIN("quick", "inner");
	RILL_ASYNC_BEGIN("quick", "async", (uint64_t)round, "a", round);
	RILL_ASYNC_END("quick", "async", (uint64_t)round);
	RILL_FLOW_BEGIN("quick", "flow", (uint64_t)7);
	RILL_INSTANT_GLOBAL("quick", "global");
	RILL_END("quick", "inner", "n", round);
}

/* More call sites than there are plans, by turns. */
#define ONE(n) RILL_INSTANT("quick", "site" #n, "n", round)
#define TEN(n) ONE(n##0); ONE(n##1); ONE(n##2); ONE(n##3); ONE(n##4); ONE(n##5); ONE(n##6); ONE(n##7); ONE(n##8); ONE(n##9)
static void sites(int round)
{
	TEN(0);
	TEN(1);
	TEN(2);
	TEN(3);
	TEN(4);
	TEN(5);
	TEN(6);
	TEN(7);
}

static void all_events(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		numbers(round);
		texts(round);
		phases(round);
		sites(round);
	}
}

/* Or nothing is shown here. The consumer may be in a pass. */
static bool short_way(void)
{
	bool is;

	rill_route_lock();
	is = rill_route.quick != NULL;
	rill_route_unlock();
	return is;
}

/* ---- both ways ------------------------------------------------------------------------------------- */

static bool record(bool alone)
{
	struct watch w = { .each = keep_line }, other = { .session = NULL };
	struct rill_stats stats;

	NEED(watch_start(&w, "quick"));
	if (!alone)
		NEED(watch_start(&other, "quick"));
	all_events();
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(short_way() == alone);
	if (!alone)
		NEED(watch_stop(&other, &stats));
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static bool both_ways(void)
{
	lines = calloc(LINES_MAX, LINE_BYTES);
	NEED(lines && configure(1 << 20, 0, 8, 100));
	NEED(record(true));
	mark = line_count;
	NEED(record(false));
	NEED(mark > ROUNDS * 90 && 2 * mark <= LINES_MAX);
	NEED_EQUAL(line_count, 2 * mark);
	for (unsigned i = 0; i < mark; i++)
		if (strcmp(lines[i], lines[mark + i])) {
			fprintf(stderr, "\nalone:      %s\nwith other: %s\n", lines[i], lines[mark + i]);
			return false;
		}
	free(lines);
	return true;
}

static void an_only_session_gets_the_events_that_one_of_two_gets(void)
{
	ISOLATED(both_ways);
}

static bool thread_books(void)
{
	struct watch w = { .each = NULL };
	struct rill_thread_stats of[4];
	struct rill_stats stats;
	size_t count;

	NEED(configure(1 << 20, 0, 8, 100));
	NEED(watch_start(&w, "quick"));
	all_events();
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(short_way());
	count = (size_t)rill_session_thread_stats(w.session, of, 4);
	NEED_EQUAL(count, 1);
	NEED_EQUAL(of[0].tid, getpid());
	all_events();
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(rill_session_thread_stats(w.session, of, 4) == 1);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(of[0].delivered, stats.delivered);
	return true;
}

static void what_a_thread_delivered_is_in_its_books(void)
{
	ISOLATED(thread_books);
}

/* The second session has the bit of the first, and the end the mask of its begin. */
static bool scope_of_before(void)
{
	struct watch first = { .session = NULL }, second = { .session = NULL };
	struct rill_stats stats;

	NEED(configure(1 << 20, 0, 8, 100));
	NEED(watch_start(&first, "quick"));
	{
		RILL_SCOPE("quick", "spans both");
		NEED(watch_stop(&first, &stats));
		NEED(watch_start(&second, "quick"));
	}
	RILL_INSTANT("quick", "own");
	NEED(rill_session_flush(second.session, 60000) == 0);
	NEED(short_way());
	NEED(watch_stop(&second, &stats));
	NEED_EQUAL(stats.delivered, 1);
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void a_session_does_not_get_the_end_of_a_scope_of_before(void)
{
	ISOLATED(scope_of_before);
}

static const struct test_case cases[] = {
	T(an_only_session_gets_the_events_that_one_of_two_gets),
	T(what_a_thread_delivered_is_in_its_books),
	T(a_session_does_not_get_the_end_of_a_scope_of_before),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("quick", cases, argc, argv);
}
