/* SPDX-License-Identifier: MIT
 * test_trigger.c - what happens in the program asks for a snapshot of a flight session: scopes, counts, counters, losses.
 *
 * A snapshot is there when the session's statistics say so, however long that takes; what must not lead to one is followed by something
 * that must.
 */
#define _GNU_SOURCE
#include "flight_help.h"

#include "control/trigger.h"
#include "ring/ring_set.h"

#include <errno.h>
#include <limits.h>

enum { FLIGHT = 65536 };

/* ---- a session with files of its own -------------------------------------------------------------- */

static char folder[] = "/tmp/rill-trigger-XXXXXX";
static char pattern[100];

struct shots {
	struct rill_session_options options;
	struct rill_session *session;
};

static bool begin(struct shots *f, const char *triggers)
{
	if (!pattern[0]) {
		NEED(mkdtemp(folder) != NULL);
		snprintf(pattern, sizeof pattern, "%s/${rotation}.json", folder);
	}
	f->options.size = sizeof f->options;
	f->options.file = pattern;
	f->options.flight_bytes = FLIGHT;
	f->options.filter = "own,watched";
	f->options.triggers = triggers;
	if (!f->options.snapshot_distance_ms)
		f->options.snapshot_distance_ms = 1;
	NEED(rill_session_start(&f->options, &f->session) == 0);
	return true;
}

static const char *file_of(unsigned number)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%u.json", folder, number);
	return path;
}

/* Snapshot `number` is written, and has each of these texts (NULL ends them). */
static bool shot_has(struct shots *f, unsigned number, const char *first, const char *second)
{
	NEED(come_to(f->session, number));
	NEED(has(file_of(number), first));
	NEED(!second || has(file_of(number), second));
	NEED(has(file_of(number), "]\n"));
	sleep_ms(3);	/* beyond the least distance */
	return true;
}

/* There were so many, and no other. */
static bool end(struct shots *f, unsigned count)
{
	NEED(rill_session_stop(f->session) == 0);
	NEED(access(file_of(count + 1), F_OK) != 0);
	for (unsigned i = 1; i <= count; i++)
		NEED(unlink(file_of(i)) == 0);
	NEED(rmdir(folder) == 0);
	return true;
}

static void short_scope(void)
{
	RILL_SCOPE("watched", "step");
}

/* ---- each kind ------------------------------------------------------------------------------------ */

static bool long_scopes(void)
{
	struct shots f = { .session = NULL };
	struct rill_dynamic e = { .name = "slow", .phase = 'X' };
	uint64_t handle;

	NEED(begin(&f, "scope>3600s:watched/step, scope>15ms:watched/sl*"));
	RILL_INSTANT("own", "first");
	for (unsigned i = 0; i < 50; i++)
		short_scope();
	{
		RILL_SCOPE("own", "slow");	/* of another category */
		sleep_ms(20);
	}
	{
		RILL_SCOPE("watched", "slow");
		sleep_ms(16);
	}
	NEED(shot_has(&f, 1, "\"trigger\":\"scope>15ms:watched/sl*\",\"at\":", "\"name\":\"first\""));
	e.enabled = rill_category("watched");
	handle = rill_add_event(&e);
	sleep_ms(16);
	rill_end_event(e.enabled, e.name, handle);
	NEED(shot_has(&f, 2, "\"trigger\":\"scope>15ms:watched/sl*\",\"at\":", NULL));
	return end(&f, 2);
}

static void a_scope_that_takes_longer_asks_for_a_snapshot(void)
{
	ISOLATED(long_scopes);
}

static bool counts(void)
{
	struct shots f = { .session = NULL };

	NEED(begin(&f, "count=5:tick,count=3:watched/turn"));
	for (unsigned i = 0; i < 4; i++)
		RILL_INSTANT("watched", "tick");
	for (unsigned i = 0; i < 3; i++)
		short_scope();
	RILL_INSTANT("watched", "turn");
	RILL_INSTANT("watched", "turn");
	RILL_INSTANT("watched", "tick");
	NEED(shot_has(&f, 1, "\"trigger\":\"count=5:tick\",\"at\":", "\"value\":5,\"passed_over\":0"));
	for (unsigned i = 0; i < 5; i++)
		RILL_INSTANT("own", "tick");		/* of any category */
	NEED(shot_has(&f, 2, "\"trigger\":\"count=5:tick\",\"at\":", NULL));
	{
		RILL_SCOPE("watched", "turn");		/* one, not two */
	}
	NEED(shot_has(&f, 3, "\"trigger\":\"count=3:watched/turn\",\"at\":", NULL));
	return end(&f, 3);
}

static void each_nth_event_asks_for_one(void)
{
	ISOLATED(counts);
}

static bool counters(void)
{
	struct shots f = { .session = NULL };

	NEED(begin(&f, "counter.depth>50:watched/queue,counter>-3:watched/cold"));
	RILL_COUNTER("watched", "queue", "depth", 40);
	RILL_INSTANT("watched", "queue", "depth", 50, "width", 99);
	RILL_INSTANT("watched", "queue", "depth", 51);
	NEED(shot_has(&f, 1, "\"trigger\":\"counter.depth>50:watched/queue\",\"at\":", "\"value\":51,"));
	for (int i = 0; i < 10; i++)
		RILL_INSTANT("watched", "queue", "depth", 60 + i);	/* it stays there */
	RILL_INSTANT("watched", "queue", "text", "none");
	RILL_INSTANT("watched", "cold", "degrees", -7.5);
	RILL_INSTANT("watched", "cold", "degrees", -2.5);
	NEED(shot_has(&f, 2, "\"trigger\":\"counter>-3:watched/cold\",\"at\":", "\"value\":-2,"));
	RILL_INSTANT("watched", "queue", "depth", 0);
	RILL_INSTANT("watched", "queue", "depth", UINT64_MAX);
	NEED(shot_has(&f, 3, "\"trigger\":\"counter.depth>50:watched/queue\",\"at\":", "\"value\":18446744073709551615,"));
	return end(&f, 3);
}

static void a_counter_that_comes_above_its_limit_asks_once(void)
{
	ISOLATED(counters);
}

/* The stream's ring has two blocks. */
static bool lossy(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 512, .block_bytes = 256, .period_ms = 50, .wake = RILL_WAKE_POLL };
	struct watch stream = { .events = 0 };
	struct shots f = { .session = NULL };
	struct rill_stats stats;

	NEED(rill_configure(&c) == 0);
	NEED(begin(&f, "loss"));
	NEED_EQUAL(rill_ring_slow, RILL_SLOW_STREAM);	/* it looks at no event: they keep the short way */
	NEED(watch_start(&stream, "own"));
	RILL_INSTANT("own", "before");
	for (unsigned i = 0; i < 1000; i++)
		RILL_INSTANT("own", "many");
	NEED(shot_has(&f, 1, "\"trigger\":\"loss\",\"at\":", "\"name\":\"before\""));
	NEED(watch_stop(&stream, &stats));
	NEED(stats.lost_total > 0);
	return end(&f, 1);
}

static void a_loss_asks_for_one(void)
{
	ISOLATED(lossy);
}

/* ---- when ----------------------------------------------------------------------------------------- */

static bool around(void)
{
	struct shots f = { .options = { .snapshot_before_ms = 600, .snapshot_after_ms = 600 } };

	NEED(begin(&f, "count=1:trigger"));
	RILL_INSTANT("own", "long ago");
	{
		RILL_SCOPE("own", "begun long ago");
		sleep_ms(700);
		RILL_INSTANT("own", "just before");
		RILL_INSTANT("watched", "trigger");
	}
	RILL_INSTANT("watched", "trigger");	/* one waits already */
	RILL_INSTANT("own", "just behind");
	NEED(shot_has(&f, 1, "\"name\":\"just before\"", "\"name\":\"just behind\""));
	NEED(has(file_of(1), "\"name\":\"begun long ago\""));
	NEED(!has(file_of(1), "\"name\":\"long ago\""));
	NEED(rill_snapshot(f.session, NULL) == 0);
	NEED(!has(file_of(2), "\"flight_trigger\""));
	return end(&f, 2);
}

static void a_snapshot_has_what_was_before_and_what_comes_behind(void)
{
	ISOLATED(around);
}

/* What is waited for when the session stops is taken then; so is what was not looked at yet. */
static bool at_the_end(void)
{
	struct shots f = { .options = { .snapshot_after_ms = 3600000 } };

	NEED(begin(&f, "count=1:trigger"));
	RILL_INSTANT("watched", "trigger");
	NEED(rill_session_stop(f.session) == 0);
	NEED(has(file_of(1), "\"trigger\":\"count=1:trigger\"") && has(file_of(1), "]\n"));
	NEED(unlink(file_of(1)) == 0 && rmdir(folder) == 0);
	return true;
}

static void what_waits_at_the_end_is_taken_then(void)
{
	ISOLATED(at_the_end);
}

static bool few(void)
{
	struct shots f = { .options = { .snapshots_max = 2 } };

	NEED(begin(&f, "count=1:trigger"));
	for (unsigned i = 1; i <= 2; i++) {
		RILL_INSTANT("watched", "trigger");
		NEED(shot_has(&f, i, "\"flight_trigger\"", NULL));
	}
	for (unsigned i = 0; i < 5; i++)
		RILL_INSTANT("watched", "trigger");
	return end(&f, 2);
}

static bool rare(void)
{
	struct shots f = { .options = { .snapshot_distance_ms = 3600000 } };

	NEED(begin(&f, "count=1:trigger"));
	RILL_INSTANT("watched", "trigger");
	NEED(shot_has(&f, 1, "\"flight_trigger\"", NULL));
	for (unsigned i = 0; i < 5; i++)
		RILL_INSTANT("watched", "trigger");
	return end(&f, 1);
}

/* The first of the second snapshot has come behind four that led to none. */
static bool passed_over(void)
{
	struct shots f = { .options = { .snapshot_distance_ms = 1200 } };

	NEED(begin(&f, "count=1:trigger"));
	for (unsigned i = 0; i < 5; i++)
		RILL_INSTANT("watched", "trigger");
	sleep_ms(1300);
	RILL_INSTANT("watched", "trigger");
	NEED(shot_has(&f, 2, "\"passed_over\":4}", NULL));
	return end(&f, 2);
}

static void there_are_no_more_and_no_closer_than_was_said(void)
{
	ISOLATED(few);
	ISOLATED(rare);
	ISOLATED(passed_over);
}

/* ---- others --------------------------------------------------------------------------------------- */

static unsigned told;

static void observer(void *ctx, enum rill_state state, struct rill_session *session)
{
	told++;
	(void)ctx;
	(void)state;
	(void)session;
}

static uint8_t bits_of_own, bits_of_watched;

static void each_site(void *ctx, const struct rill_site_info *site)
{
	(void)ctx;
	if (strcmp(site->name, "site of own") == 0)
		bits_of_own = site->sessions;
	if (strcmp(site->name, "site of both") == 0)
		bits_of_watched = site->sessions;
}

static bool unseen(void)
{
	struct shots f = { .session = NULL };

	NEED(rill_observer_add(observer, NULL) == 0);
	NEED(begin(&f, "count=9:own/site of both,scope>1s:own/site of both"));
	RILL_INSTANT("own", "site of own");
	RILL_INSTANT("own", "site of both");
	NEED_EQUAL(told, 2);	/* the first session is on, and this one */
	NEED_EQUAL(rill_traces_recorded(), 1);
	NEED(rill_call_sites(each_site, NULL) > 0);
	NEED(bits_of_own && bits_of_watched > bits_of_own - 1 && bits_of_own != bits_of_watched);
	NEED(rill_session_flush(NULL, 10000) == 0);
	NEED(end(&f, 0));
	NEED_EQUAL(told, 4);
	NEED_EQUAL(rill_traces_recorded(), -1);
	return true;
}

static void nobody_is_told_of_what_looks_for_triggers_and_other_events_go_past_it(void)
{
	ISOLATED(unseen);
}

static bool in_the_child(void)
{
	struct shots f = { .options = { .snapshot_after_ms = 3600000 } };
	int status;
	pid_t pid;

	NEED(begin(&f, "count=1:trigger,loss"));
	RILL_INSTANT("watched", "trigger");
	NEED(rill_session_flush(f.session, 10000) == 0);
	pid = fork();
	if (pid == 0) {
		struct shots own = { .session = NULL };
		char other[] = "/tmp/rill-trigger-XXXXXX";

		if (!mkdtemp(other))
			_exit(2);
		memcpy(folder, other, sizeof folder);
		snprintf(pattern, sizeof pattern, "%s/${rotation}.json", folder);
		if (!begin(&own, "count=1:trigger"))
			_exit(3);
		RILL_INSTANT("watched", "trigger");
		_exit(shot_has(&own, 1, "\"flight_trigger\"", NULL) && end(&own, 1) ? 0 : 4);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	NEED_EQUAL(status, 0);
	return end(&f, 1);
}

static void the_child_of_a_fork_has_its_own(void)
{
	flight_in_a_child(in_the_child);
}

static bool by_environment(void)
{
	char name[] = "test", categories[] = "--trace-event-categories=own,watched";
	char *argv[] = { name, categories, NULL };
	int argc = 2;

	NEED(mkdtemp(folder) != NULL);
	snprintf(pattern, sizeof pattern, "%s/${rotation}.json", folder);
	setenv("RILL_FILE", pattern, 1);
	setenv("RILL_TRIGGER", "loss,count=2:watched/tick", 1);
	setenv("RILL_OPTIONS", "flight_bytes=16k,snapshot_before_ms=10000,snapshot_after_ms=1,snapshot_distance_ms=5,snapshots_max=1", 1);
	NEED(rill_init_argv(&argc, argv) == 1);
	for (unsigned i = 0; i < 6; i++)
		RILL_INSTANT("watched", "tick");
	for (uint64_t until = now_ms() + 20000 * patience(); !has(file_of(1), "]\n") && now_ms() < until;)
		sleep_ms(2);
	NEED(has(file_of(1), "\"trigger\":\"count=2:watched/tick\""));
	NEED(rill_snapshot(NULL, NULL) == 0);		/* the first one is complete by then */
	NEED(unlink(file_of(1)) == 0 && unlink(file_of(2)) == 0 && rmdir(folder) == 0);
	return true;
}

static void the_environment_can_ask_for_them(void)
{
	ISOLATED(by_environment);
}

/* ---- the text ------------------------------------------------------------------------------------- */

static bool is_refused(const char *text, const char *because)
{
	struct rill_trigger_text t[RILL_TRIGGERS_MAX];
	size_t count;

	NEED(rill_triggers_parse(text, t, &count) == -EINVAL);
	NEED_EQUAL(count, 0);
	if (!strstr(rill_error(), because))
		fprintf(stderr, "\n%s: %s\n", text, rill_error());
	NEED(strstr(rill_error(), because) != NULL);
	return true;
}

static void wrong_triggers_are_refused_with_a_sentence(void)
{
	static const char *const texts[][2] = {
		{ "", "no such kind" }, { "slow", "no such kind" }, { "counters>5:a", "no such kind" }, { "counter=5:a", "no such kind" },
		{ "scope>500:a", "us, ms or s" }, { "scope>ms:a", "us, ms or s" }, { "scope>5ms", "us, ms or s" },
		{ "scope>-5ms:a", "us, ms or s" }, { "scope>9999999999999999999s:a", "us, ms or s" },
		{ "scope>9999999999999s:a", "us, ms or s" }, { "count=0:a", "from 1" }, { "count=:a", "from 1" }, { "count=5", "a colon" },
		{ "counter>x:a", "whole number" }, { "counter>5.5:a", "a colon" }, { "scope>5ms:", "which event" },
		{ "scope>5ms:/a", "which event" }, { "scope>5ms:a/", "which event" }, { "loss,", "no such kind" }, { "loss:a", "no such kind" },
		{ "loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss,loss", "more than 16" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		CU_ASSERT(is_refused(texts[i][0], texts[i][1]));
}

static void a_text_is_read_as_it_is_meant(void)
{
	struct rill_trigger_text t[RILL_TRIGGERS_MAX];
	size_t count;

	CU_ASSERT_EQUAL_FATAL(rill_triggers_parse("scope>7us:net/read file, counter.a.b>-5:x:y,loss", t, &count), 0);
	CU_ASSERT_EQUAL(count, 3);
	CU_ASSERT_EQUAL(t[0].kind, RILL_TRIGGER_SCOPE);
	CU_ASSERT_EQUAL(t[0].limit, 7000);
	CU_ASSERT_TRUE(rill_filter_wants(t[0].filter, "net", "read file"));
	CU_ASSERT_FALSE(rill_filter_wants(t[0].filter, "net", "read"));
	CU_ASSERT_FALSE(rill_filter_wants(t[0].filter, "disk", "read file"));
	CU_ASSERT_EQUAL(t[1].kind, RILL_TRIGGER_COUNTER);
	CU_ASSERT_EQUAL(t[1].limit, -5);
	CU_ASSERT_STRING_EQUAL(t[1].argument, "a.b");
	CU_ASSERT_TRUE(rill_filter_wants(t[1].filter, "any", "x:y"));
	CU_ASSERT_EQUAL(t[2].kind, RILL_TRIGGER_LOSS);
	CU_ASSERT_STRING_EQUAL(t[2].text, "loss");
	for (size_t i = 0; i < count; i++)
		rill_trigger_text_free(&t[i]);
}

static bool refused_at_start(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.triggers = "loss";
	NEED(rill_session_start(&o, &s) == -EINVAL && strstr(rill_error(), "flight_bytes"));
	o.flight_bytes = FLIGHT;
	o.triggers = "slow";
	NEED(rill_session_start(&o, &s) == -EINVAL && s == NULL);
	NEED(strstr(rill_error(), "trigger 'slow'") != NULL);
	NEED_EQUAL(rill_traces_recorded(), -1);
	return true;
}

/* The last of them finds no place any more, and those before it are gone again. */
static bool no_place(void)
{
	struct watch others[CONFIG_RILL_SHARED_SESSIONS_MAX] = { { .events = 0 } };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	struct rill_stats stats;

	for (unsigned i = 0; i < CONFIG_RILL_SHARED_SESSIONS_MAX - 1; i++) {
		others[i].options.shared = true;
		NEED(watch_start(&others[i], "none"));
	}
	o.flight_bytes = FLIGHT;
	o.triggers = "count=1:a,count=1:b";
	NEED(rill_session_start(&o, &s) == -EMFILE && s == NULL);
	o.triggers = "count=1:a";
	NEED(rill_session_start(&o, &s) == 0);
	NEED(rill_session_stop(s) == 0);
	for (unsigned i = 0; i < CONFIG_RILL_SHARED_SESSIONS_MAX - 1; i++)
		NEED(watch_stop(&others[i], &stats));
	return true;
}

static void a_start_that_fails_leaves_nothing_behind(void)
{
	ISOLATED(refused_at_start);
	ISOLATED(no_place);
}

static const struct test_case cases[] = {
	T(a_scope_that_takes_longer_asks_for_a_snapshot),
	T(each_nth_event_asks_for_one),
	T(a_counter_that_comes_above_its_limit_asks_once),
	T(a_loss_asks_for_one),
	T(a_snapshot_has_what_was_before_and_what_comes_behind),
	T(what_waits_at_the_end_is_taken_then),
	T(there_are_no_more_and_no_closer_than_was_said),
	T(nobody_is_told_of_what_looks_for_triggers_and_other_events_go_past_it),
	T(the_child_of_a_fork_has_its_own),
	T(the_environment_can_ask_for_them),
	T(wrong_triggers_are_refused_with_a_sentence),
	T(a_text_is_read_as_it_is_meant),
	T(a_start_that_fails_leaves_nothing_behind),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trigger", cases, argc, argv);
}
