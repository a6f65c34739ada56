/* SPDX-License-Identifier: MIT
 * test_session_change.c - categories of a running session, what is known and enabled, and trace configurations.
 */
#include "tests/session_help.h"

#include <pthread.h>

static bool enabled_is(struct rill_session *s, const char *expected)
{
	char text[4096];

	/* Categories of other tests are known, too; only those that begin with ch count. */
	rill_enabled_categories(s, text, sizeof text);
	if (strcmp(text, expected) != 0)
		fprintf(stderr, "enabled: '%s', not '%s'\n", text, expected);
	return strcmp(text, expected) == 0;
}

/* ---- on and off ----------------------------------------------------------------------------------- */

static void a_change_takes_effect_before_it_returns(void)
{
	for (int shared = 0; shared < 2; shared++) {
		struct taken t = { .only = NULL };
		struct rill_session *s = start_counting(&t, "ch.a", shared);

		RILL_INSTANT("ch.b", "before");
		CU_ASSERT_EQUAL(rill_session_enable(s, "ch.b"), 0);
		RILL_INSTANT("ch.b", "on");
		CU_ASSERT_EQUAL(rill_session_disable(s, "ch.b"), 0);
		RILL_INSTANT("ch.b", "behind");
		RILL_INSTANT("ch.a", "always");
		CU_ASSERT_EQUAL(rill_session_disable(s, "ch.a"), 0);
		RILL_INSTANT("ch.a", "behind");
		stop(s);
		CU_ASSERT_EQUAL(t.count, 2);
		CU_ASSERT_STRING_EQUAL(t.last, "always");
	}
}

static void a_category_enabled_three_times_needs_three_disables(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ch.a", false);

	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rill_session_enable(s, "ch.b"), 0);
	for (int i = 0; i < 3; i++) {
		RILL_INSTANT("ch.b", "on");
		CU_ASSERT_EQUAL(rill_session_disable(s, "ch.b"), 0);
	}
	RILL_INSTANT("ch.b", "off");
	CU_ASSERT_EQUAL(rill_session_disable(s, "ch.b"), -ENOENT);
	CU_ASSERT(strstr(rill_error(), "ch.b") != NULL);
	stop(s);
	CU_ASSERT_EQUAL(t.count, 3);
}

static void a_change_of_one_session_leaves_the_others_alone(void)
{
	for (int shared = 0; shared < 2; shared++) {
		struct taken a = { .only = NULL }, b = { .only = NULL };
		struct rill_session *s = start_counting(&a, "ch.a", shared), *u = start_counting(&b, "ch.a,ch.b", shared);

		CU_ASSERT_EQUAL(rill_session_enable(s, "ch.b"), 0);
		RILL_INSTANT("ch.b", "both");
		CU_ASSERT_EQUAL(rill_session_disable(s, "ch.b,ch.a"), 0);
		RILL_INSTANT("ch.a", "second_only");
		RILL_INSTANT("ch.b", "second_only");
		stop(s);
		RILL_INSTANT("ch.b", "second_only");
		stop(u);
		CU_ASSERT_EQUAL(a.count, 1);
		CU_ASSERT_EQUAL(b.count, 4);
	}
}

static void a_wrong_change_is_refused_and_changes_nothing(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ch.a", false);

	CU_ASSERT_EQUAL(rill_session_enable(s, ""), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "empty") != NULL);
	CU_ASSERT_EQUAL(rill_session_enable(s, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_session_disable(s, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_session_disable(s, "-ch.a"), -EINVAL);
	CU_ASSERT_EQUAL(rill_session_disable(s, "ch.other"), -ENOENT);
	RILL_INSTANT("ch.a", "on");
	stop(s);
	CU_ASSERT_EQUAL(t.count, 1);
}

static _Atomic bool over;
static _Atomic uint64_t emitted;

static void *emit_steadily(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		RILL_INSTANT("ch.steady", "one");
		RILL_INSTANT("ch.swapped", "other");
		atomic_fetch_add(&emitted, 1);
		if (atomic_load(&emitted) % 16 == 0)
			pause_ms(0);
	}
	return NULL;
}

static void changes_under_load_lose_nothing_of_what_stays_on(void)
{
	for (int shared = 0; shared < 2; shared++) {
		struct taken t = { .only = "ch.steady" };
		struct rill_session *s = start_counting(&t, "ch.steady", shared);
		struct rill_stats stats;
		pthread_t threads[2];

		atomic_store(&over, false);
		atomic_store(&emitted, 0);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, emit_steadily, NULL), 0);
		for (int i = 0; i < 10; i++) {
			CU_ASSERT_EQUAL(rill_session_enable(s, "ch.swapped"), 0);
			CU_ASSERT_EQUAL(rill_session_disable(s, "ch.swapped"), 0);
		}
		atomic_store(&over, true);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
		CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
		stop(s);
		CU_ASSERT_EQUAL(stats.delivered, t.count);
		CU_ASSERT(t.count - t.foreign + stats.lost_total >= emitted);
		CU_ASSERT(t.count - t.foreign <= emitted);
	}
}

/* ---- what there is -------------------------------------------------------------------------------- */

static void the_filter_is_told_as_text_and_the_length_does_not_depend_on_the_room(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ch.a,ch.b,-ch.c", false);
	char text[64], small[4] = "xxx";
	int length = rill_session_filter(s, text, sizeof text);

	CU_ASSERT_EQUAL(length, (int)strlen(text));
	CU_ASSERT_STRING_EQUAL(text, "ch.a,ch.b,-ch.c");
	CU_ASSERT_EQUAL(rill_session_filter(s, small, sizeof small), length);
	CU_ASSERT_STRING_EQUAL(small, "ch.");
	CU_ASSERT_EQUAL(rill_session_filter(s, NULL, 0), length);
	CU_ASSERT_EQUAL(rill_session_enable(s, "ch.d"), 0);
	CU_ASSERT(rill_session_filter(s, text, sizeof text) > length);
	CU_ASSERT(strstr(text, "ch.d") != NULL);
	stop(s);
}

static void enabled_categories_are_told_per_session_and_for_all(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s, *u;
	char small[6];

	CU_ASSERT(enabled_is(NULL, ""));
	s = start_counting(&t, "ch.b,ch.a", false);
	u = start_counting(&t, "ch.c", true);
	rill_category("ch.a");
	rill_category("ch.b");
	rill_category("ch.c");
	CU_ASSERT(enabled_is(s, "ch.a,ch.b"));
	CU_ASSERT(enabled_is(u, "ch.c"));
	CU_ASSERT(enabled_is(NULL, "ch.a,ch.b,ch.c"));
	CU_ASSERT_EQUAL(rill_enabled_categories(s, small, sizeof small), 9);
	CU_ASSERT_STRING_EQUAL(small, "ch.a,");
	CU_ASSERT_EQUAL(rill_enabled_categories(s, NULL, 0), 9);
	stop(u);
	stop(s);
	CU_ASSERT(enabled_is(NULL, ""));
}

struct seen {
	int times;
	uint8_t sessions;
	const char *group;
};

static void look_for(void *ctx, const char *group, uint8_t sessions)
{
	struct seen *seen = ctx;

	if (strcmp(group, seen->group) == 0) {
		seen->times++;
		seen->sessions = sessions;
	}
}

static int all_known;
static void count_known(void *ctx, const char *group, uint8_t sessions)
{
	(void)ctx;
	(void)sessions;
	all_known += group[0] != '\0';
}

static void every_known_category_is_told_once_with_its_sessions(void)
{
	struct taken t = { .only = NULL };
	struct seen seen = { .group = "ch.listed" };
	struct rill_session *s;

	rill_category("ch.listed");
	all_known = 0;
	CU_ASSERT_EQUAL(rill_categories(count_known, NULL), all_known);
	CU_ASSERT_EQUAL(rill_categories(NULL, NULL), all_known);
	s = start_counting(&t, "ch.listed", false);
	rill_categories(look_for, &seen);
	CU_ASSERT_EQUAL(seen.times, 1);
	CU_ASSERT_EQUAL(seen.sessions, 1);
	stop(s);
	rill_categories(look_for, &seen);
	CU_ASSERT_EQUAL(seen.times, 2);
	CU_ASSERT_EQUAL(seen.sessions, 0);
}

static void look_at_site(void *ctx, const struct rill_site_info *site)
{
	struct seen *seen = ctx;

	if (strcmp(site->name, "the_one_site_of_this_name") != 0)
		return;
	seen->times++;
	seen->sessions = site->sessions;
	CU_ASSERT_STRING_EQUAL(site->category, "ch.site");
	CU_ASSERT_EQUAL(site->phase, 'C');
	CU_ASSERT(strstr(site->file, "test_session_change.c") != NULL);
	CU_ASSERT(site->line > 100);
}

static void every_site_is_told_before_it_ran(void)
{
	struct taken t = { .only = NULL };
	struct seen seen = { .group = "" };
	struct rill_session *s;

	if (all_known < 0)	/* never: the site is known although it never runs */
		RILL_COUNTER("ch.site", "the_one_site_of_this_name", "x", 1);
	CU_ASSERT(rill_call_sites(look_at_site, &seen) > 0);
	CU_ASSERT_EQUAL(seen.times, 1);
	CU_ASSERT_EQUAL(seen.sessions, 0);
	s = start_counting(&t, "ch.site", true);
	rill_call_sites(look_at_site, &seen);
	CU_ASSERT_EQUAL(seen.sessions, 1 << 6);
	stop(s);
}

/* ---- trace configurations ------------------------------------------------------------------------- */

static struct rill_session *start_config(struct taken *t, const char *config)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.trace_config = config;
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = t;
	return start_with(&o);
}

/* What rill says on stderr while `config` starts and records one ch.a and one ch.b. */
static void try_config(const char *config, uint64_t expected, const char *message)
{
	struct taken t = { .only = NULL };
	struct rill_session *s;
	char said[2048] = "";
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	dup2(fileno(file), STDERR_FILENO);
	s = start_config(&t, config);
	dup2(saved, STDERR_FILENO);
	close(saved);
	RILL_INSTANT("ch.a", "one");
	RILL_INSTANT("ch.b", "one");
	stop(s);
	CU_ASSERT(pread(fileno(file), said, sizeof said - 1, 0) >= 0);
	fclose(file);
	if (t.count != expected)
		fprintf(stderr, "%s: %lu events\n", config, (unsigned long)t.count);
	CU_ASSERT_EQUAL(t.count, expected);
	if (message ? !strstr(said, message) : said[0])
		fprintf(stderr, "%s: said '%s'\n", config, said);
	CU_ASSERT(message ? strstr(said, message) != NULL : said[0] == '\0');
}

static void a_trace_config_gives_the_filter(void)
{
	try_config("{\"included_categories\":[\"ch.a\"]}", 1, NULL);
	try_config("{\"excluded_categories\":[\"ch.a\"]}", 1, NULL);
	try_config("{}", 2, NULL);
	try_config("{\"record_mode\":\"record-until-full\"}", 2, NULL);
}

static void a_trace_config_for_other_processes_records_nothing_here(void)
{
	char own[100];

	try_config("{\"included_process_ids\":[1]}", 0, NULL);
	snprintf(own, sizeof own, "{\"included_process_ids\":[1,%ld]}", (long)getpid());
	try_config(own, 2, NULL);
}

static void a_change_does_not_make_an_excluded_process_record(void)
{
	for (int shared = 0; shared < 2; shared++) {
		struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
		struct taken t = { .only = NULL }, u = { .only = NULL };
		struct rill_session *s, *other = start_counting(&u, "ch.a", true);

		o.trace_config = "{\"included_process_ids\":[1]}";
		o.out = RILL_OUT_SUBSCRIBER;
		o.subscriber = take_batch;
		o.subscriber_ctx = &t;
		o.shared = shared;
		s = start_with(&o);
		CU_ASSERT_EQUAL(rill_session_enable(s, "ch.a"), 0);
		RILL_INSTANT("ch.a", "one");
		CU_ASSERT(enabled_is(s, ""));
		stop(s);
		stop(other);
		CU_ASSERT_EQUAL(t.count, 0);
		CU_ASSERT_EQUAL(u.count, 1);
	}
}

static void what_a_trace_config_asks_in_vain_is_said(void)
{
	try_config("no json", 2, "JSON object");
	try_config("[1]", 2, "JSON object");
	try_config("{\"record_mode\":\"record-continuously\"}", 2, "record-continuously");
	try_config("{\"recordMode\":\"recordAsMuchAsPossible\"}", 2, "record-as-much-as-possible");
	try_config("{\"enable_argument_filter\":true}", 2, "argument filter");
}

static const struct test_case cases[] = {
	T(a_change_takes_effect_before_it_returns),
	T(a_category_enabled_three_times_needs_three_disables),
	T(a_change_of_one_session_leaves_the_others_alone),
	T(a_wrong_change_is_refused_and_changes_nothing),
	T(changes_under_load_lose_nothing_of_what_stays_on),
	T(the_filter_is_told_as_text_and_the_length_does_not_depend_on_the_room),
	T(enabled_categories_are_told_per_session_and_for_all),
	T(every_known_category_is_told_once_with_its_sessions),
	T(every_site_is_told_before_it_ran),
	T(a_trace_config_gives_the_filter),
	T(a_trace_config_for_other_processes_records_nothing_here),
	T(a_change_does_not_make_an_excluded_process_record),
	T(what_a_trace_config_asks_in_vain_is_said),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("session change", cases, argc, argv);
}
