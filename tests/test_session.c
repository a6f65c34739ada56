/* SPDX-License-Identifier: MIT
 * test_session.c - sessions come and go, each gets its own, and every refusal names cause and remedy.
 */
#include "tests/outlet_help.h"
#include "tests/session_help.h"

enum { SHARED = 100 };

static void one_of(const char *category)
{
	rill_emit('I', category, "one", 0, 0, 0, NULL, NULL);
}

/* ---- coming and going ----------------------------------------------------------------------------- */

static void CT_1_only_what_lies_between_start_and_stop_is_recorded(void)
{
	struct taken t = { .only = "ct" };
	struct rill_session *s;

	RILL_INSTANT("ct", "before");
	s = start_counting(&t, "ct", false);
	RILL_INSTANT("ct", "first");
	RILL_INSTANT("ct", "second");
	stop(s);
	RILL_INSTANT("ct", "behind");
	CU_ASSERT_EQUAL(t.count, 2);
	CU_ASSERT_STRING_EQUAL(t.last, "second");
}

static void CT_2_a_category_that_is_not_asked_for_is_not_recorded(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "something_else", false);

	RILL_INSTANT("ct", "first");
	one_of("ct");
	stop(s);
	CU_ASSERT_EQUAL(t.count, 0);
}

static void SE_2_a_session_gets_nothing_of_the_one_before(void)
{
	struct taken t = { .only = NULL }, u = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ct", false);

	RILL_INSTANT("ct", "of_the_first");
	stop(s);
	RILL_INSTANT("ct", "of_nobody");
	s = start_counting(&u, "ct", false);
	CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
	CU_ASSERT_EQUAL(u.count, 0);
	RILL_INSTANT("ct", "of_the_second");
	stop(s);
	CU_ASSERT_EQUAL(t.count, 1);
	CU_ASSERT_STRING_EQUAL(t.last, "of_the_first");
	CU_ASSERT_EQUAL(u.count, 1);
	CU_ASSERT_STRING_EQUAL(u.last, "of_the_second");
}

static void SE_4_stopping_twice_or_what_never_ran_has_no_effect(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ct", false), *other = start_counting(&t, "ct", false);

	stop(s);
	CU_ASSERT_EQUAL(rill_session_stop(s), -ENOENT);
	CU_ASSERT(strstr(rill_error(), "no such session") != NULL);
	CU_ASSERT_EQUAL(rill_session_stop(NULL), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_stop((struct rill_session *)&t), -ENOENT);
	RILL_INSTANT("ct", "still");
	stop(other);
	CU_ASSERT_EQUAL(t.count, 1);
}

static void a_session_that_is_gone_is_refused_by_every_function(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ct", false);
	struct rill_stats stats;
	struct rill_thread_stats threads[1];
	char text[8];

	stop(s);
	CU_ASSERT_EQUAL(rill_session_enable(s, "a"), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_disable(s, "a"), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_flush(s, 10), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_flush(s, 0), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_stats(s, &stats), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_thread_stats(s, threads, 1), -ENOENT);
	CU_ASSERT_EQUAL(rill_session_filter(s, text, sizeof text), -ENOENT);
	CU_ASSERT_EQUAL(rill_enabled_categories(s, text, sizeof text), -ENOENT);
	CU_ASSERT_STRING_EQUAL(rill_session_where(s), "");
	CU_ASSERT(strstr(rill_error(), "no such session") != NULL);
}

static void EV_20_a_category_is_enabled_exactly_while_a_session_wants_it(void)
{
	struct taken t = { .only = NULL };
	const uint8_t *enabled = rill_category("ev20");
	struct rill_session *s;

	CU_ASSERT_EQUAL(*enabled, 0);
	s = start_counting(&t, "ev20", false);
	CU_ASSERT_NOT_EQUAL(*enabled, 0);
	stop(s);
	CU_ASSERT_EQUAL(*enabled, 0);
	CU_ASSERT_PTR_EQUAL(rill_category("ev20"), enabled);
}

static void traces_are_counted_while_one_runs(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s;
	int before;

	CU_ASSERT_EQUAL(rill_traces_recorded(), -1);
	s = start_counting(&t, "ct", false);
	before = rill_traces_recorded();
	CU_ASSERT(before >= 1);
	stop(s);
	CU_ASSERT_EQUAL(rill_traces_recorded(), -1);
	s = start_counting(&t, "ct", false);
	CU_ASSERT_EQUAL(rill_traces_recorded(), before + 1);
	stop(s);
}

/* ---- many at once --------------------------------------------------------------------------------- */

static void the_seventh_direct_session_is_refused_and_a_place_is_used_again(void)
{
	struct taken t = { .only = NULL };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s[6], *seventh = (struct rill_session *)&t;

	o.filter = "ct";
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = &t;
	for (int i = 0; i < 6; i++)
		s[i] = start_with(&o);
	CU_ASSERT_EQUAL(rill_session_start(&o, &seventh), -EMFILE);
	CU_ASSERT_PTR_NULL(seventh);
	CU_ASSERT(strstr(rill_error(), "shared session") != NULL);
	RILL_INSTANT("ct", "six_times");
	stop(s[3]);
	s[3] = start_with(&o);
	RILL_INSTANT("ct", "six_times_more");
	for (int i = 0; i < 6; i++)
		stop(s[i]);
	CU_ASSERT_EQUAL(t.count, 12);
}

static void SE_8_each_of_two_sessions_gets_only_its_own(void)
{
	struct taken a = { .only = "se8.a" }, b = { .only = "se8.b" };
	struct rill_session *s = start_counting(&a, "se8.a", false), *u = start_counting(&b, "se8.b", false);

	RILL_INSTANT("se8.a", "for_a");
	RILL_INSTANT("se8.b", "for_b");
	RILL_INSTANT("se8.b", "for_b");
	RILL_INSTANT("se8.c", "for_nobody");
	stop(s);
	RILL_INSTANT("se8.a", "for_nobody");
	RILL_INSTANT("se8.b", "for_b");
	stop(u);
	CU_ASSERT_EQUAL(a.count, 1);
	CU_ASSERT_EQUAL(b.count, 3);
	CU_ASSERT_EQUAL(a.foreign + b.foreign, 0);
}

static void SE_8_a_hundred_shared_sessions_each_get_only_their_own(void)
{
	static struct taken t[SHARED];
	static char names[SHARED][16];
	struct rill_session *s[SHARED];

	for (int i = 0; i < SHARED; i++) {
		snprintf(names[i], sizeof names[i], "shared.%d", i);
		t[i] = (struct taken){ .only = names[i] };
		s[i] = start_counting(&t[i], names[i], true);
	}
	for (int i = 0; i < SHARED; i++)
		for (int n = 0; n <= i % 5; n++)
			one_of(names[i]);
	for (int i = 0; i < SHARED; i++)
		stop(s[i]);
	for (int i = 0; i < SHARED; i++) {
		CU_ASSERT_EQUAL(t[i].count, (uint64_t)i % 5 + 1);
		CU_ASSERT_EQUAL(t[i].foreign, 0);
	}
}

static void a_direct_and_a_shared_session_do_not_disturb_each_other(void)
{
	struct taken a = { .only = "mixed" }, b = { .only = "mixed" };
	struct rill_session *direct = start_counting(&a, "mixed", false), *shared = start_counting(&b, "mixed", true);

	RILL_INSTANT("mixed", "both");
	stop(shared);
	RILL_INSTANT("mixed", "direct_only");
	shared = start_counting(&b, "mixed", true);
	RILL_INSTANT("mixed", "both");
	stop(direct);
	RILL_INSTANT("mixed", "shared_only");
	stop(shared);
	CU_ASSERT_EQUAL(a.count, 3);
	CU_ASSERT_EQUAL(b.count, 3);
}

static void event_names_narrow_a_session(void)
{
	struct taken t = { .only = "named" };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.filter = "named";
	o.events = "read*,-read_slow";
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = &t;
	s = start_with(&o);
	RILL_INSTANT("named", "read_fast");
	RILL_INSTANT("named", "read_slow");
	RILL_INSTANT("named", "write");
	rill_emit('I', "named", "read_dynamic", 0, 0, 0, NULL, NULL);
	rill_emit('I', "named", "write_dynamic", 0, 0, 0, NULL, NULL);
	stop(s);
	CU_ASSERT_EQUAL(t.count, 2);
	CU_ASSERT_STRING_EQUAL(t.last, "read_dynamic");
}

/* ---- refusals ------------------------------------------------------------------------------------- */

static void refused(const struct rill_session_options *o, int error, const char *word)
{
	struct rill_session *s = (struct rill_session *)o;
	int before = descriptors_open();

	CU_ASSERT_EQUAL(rill_session_start(o, &s), error);
	CU_ASSERT_PTR_NULL(s);
	if (!strstr(rill_error(), word))
		fprintf(stderr, "'%s' is not in: %s\n", word, rill_error());
	CU_ASSERT(strstr(rill_error(), word) != NULL);
	CU_ASSERT_EQUAL(descriptors_open(), before);
	CU_ASSERT_EQUAL(rill_traces_recorded(), -1);
}

static void every_wrong_option_is_refused_with_a_sentence(void)
{
	static const struct rill_sink_ops no_write = { .name = "none" };
	const struct rill_session_options good = RILL_SESSION_OPTIONS_INIT;
	struct rill_session_options o = good;

	o.size = 3;
	refused(&o, -EINVAL, "RILL_SESSION_OPTIONS_INIT");
	o = good, o.filter = "a", o.trace_config = "{}";
	refused(&o, -EINVAL, "one of them");
	o = good, o.out = RILL_OUT_SUBSCRIBER;
	refused(&o, -EINVAL, "no subscriber");
	o = good, o.out = RILL_OUT_SINK;
	refused(&o, -EINVAL, "no write function");
	o.sink.ops = &no_write;
	refused(&o, -EINVAL, "no write function");
	o = good, o.out = RILL_OUT_FD, o.fd = -1;
	refused(&o, -EBADF, "descriptor");
	o = good, o.out = (enum rill_out)9;
	refused(&o, -EINVAL, "kind 9");
	o = good, o.queue_bytes = 1;
	refused(&o, -EINVAL, "queue_bytes");
	o = good, o.file = "/tmp/fixed.json", o.rotate_events = 5;
	refused(&o, -EINVAL, "${rotation}");
	o = good, o.file = "/nowhere/at/all/x.json";
	refused(&o, -ENOENT, "/nowhere/at/all");
}

static void a_sink_that_does_not_open_is_refused_with_its_error(void)
{
	struct kept k = { .open_error = -EACCES };
	struct rill_session_options o = to_kept(&k, "ct");

	refused(&o, -EACCES, "kept");
	CU_ASSERT_EQUAL(k.opens, 1);
	CU_ASSERT_EQUAL(k.closed, false);
}

static void a_wrong_configuration_is_refused_with_a_sentence(void)
{
	const struct rill_config good = { .size = sizeof good };
	struct rill_config c = good;

	c.size = 1;
	CU_ASSERT_EQUAL(rill_configure(&c), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "version") != NULL);
	c = good, c.buffer_bytes = 100;
	CU_ASSERT_NOT_EQUAL(rill_configure(&c), 0);
	CU_ASSERT(rill_error()[0] != '\0');
	c = good, c.period_ms = 60001;
	CU_ASSERT_EQUAL(rill_configure(&c), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "60001") != NULL);
	c = good, c.hold_max_ms = 10001;
	CU_ASSERT_EQUAL(rill_configure(&c), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "10001") != NULL);
}

static void a_configuration_behind_the_first_session_is_refused(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 65536 };
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ct", false);

	RILL_INSTANT("ct", "one");
	CU_ASSERT_EQUAL(rill_configure(&c), -EBUSY);
	CU_ASSERT(rill_error()[0] != '\0');
	stop(s);
	CU_ASSERT_EQUAL(t.count, 1);
}

static const struct test_case cases[] = {
	T(CT_1_only_what_lies_between_start_and_stop_is_recorded),
	T(CT_2_a_category_that_is_not_asked_for_is_not_recorded),
	T(SE_2_a_session_gets_nothing_of_the_one_before),
	T(SE_4_stopping_twice_or_what_never_ran_has_no_effect),
	T(a_session_that_is_gone_is_refused_by_every_function),
	T(EV_20_a_category_is_enabled_exactly_while_a_session_wants_it),
	T(traces_are_counted_while_one_runs),
	T(the_seventh_direct_session_is_refused_and_a_place_is_used_again),
	T(SE_8_each_of_two_sessions_gets_only_its_own),
	T(SE_8_a_hundred_shared_sessions_each_get_only_their_own),
	T(a_direct_and_a_shared_session_do_not_disturb_each_other),
	T(event_names_narrow_a_session),
	T(every_wrong_option_is_refused_with_a_sentence),
	T(a_sink_that_does_not_open_is_refused_with_its_error),
	T(a_wrong_configuration_is_refused_with_a_sentence),
	T(a_configuration_behind_the_first_session_is_refused),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("session", cases, argc, argv);
}
