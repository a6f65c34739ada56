/* SPDX-License-Identifier: MIT
 * test_metadata.c - the head of a file, names and sort orders of threads, clocks and what joins them.
 */
#define _GNU_SOURCE
#include "tests/outlet_help.h"
#include "tests/session_help.h"

#include <pthread.h>
#include <rill/clock.h>

/* One recording into memory, parsed. */
struct trace {
	struct kept kept;
	struct rill_session *session;
	struct json_object *root, *list;
};

static void record(struct trace *t, const char *filter, bool thread_time)
{
	struct rill_session_options o;

	memset(t, 0, sizeof *t);
	o = to_kept(&t->kept, filter);
	o.thread_time = thread_time;
	t->session = start_with(&o);
}

static void parse(struct trace *t)
{
	stop(t->session);
	t->root = parse_strict(t->kept.text, t->kept.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->root);
	t->list = events_of(t->root);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->list);
}

static void forget(struct trace *t)
{
	json_object_put(t->root);
	free(t->kept.text);
}

static struct json_object *event_at(const struct trace *t, size_t i)
{
	return json_object_array_get_idx(t->list, i);
}

/* Index of the next event of this name from `from` on; the number of events when there is none. */
static size_t find(const struct trace *t, const char *name, size_t from)
{
	size_t count = json_object_array_length(t->list);

	while (from < count && strcmp(text_of(event_at(t, from), "name"), name) != 0)
		from++;
	return from;
}

static bool has(const struct trace *t, const char *name)
{
	return find(t, name, 0) < json_object_array_length(t->list);
}

static const char *arg_of(const struct trace *t, size_t i, const char *key)
{
	struct json_object *args;

	if (i >= json_object_array_length(t->list) || !json_object_object_get_ex(event_at(t, i), "args", &args))
		return "";
	return text_of(args, key);
}

/* ---- the head ------------------------------------------------------------------------------------- */

static void the_head_tells_process_machine_and_clock_before_everything_else(void)
{
	static const char *const names[] = { "process_name", "platform", "arch", "release", "boot_id", "rill_version",
					    "num_cpus", "clock" };
	struct trace t;
	size_t first;

	record(&t, "md", false);
	RILL_INSTANT("md", "one");
	parse(&t);
	first = find(&t, "one", 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t at = find(&t, names[i], 0);

		CU_ASSERT(at < first);
		CU_ASSERT_STRING_EQUAL(text_of(event_at(&t, at), "ph"), "M");
		CU_ASSERT_STRING_EQUAL(text_of(event_at(&t, at), "cat"), "__metadata");
		CU_ASSERT_EQUAL(count_named(t.root, names[i]), 1);
	}
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "process_name", 0), "name"), "test_metadata");
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "rill_version", 0), "name"), rill_version());
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "clock", 0), "ts_domain"), "LINUX_CLOCK_MONOTONIC");
	CU_ASSERT(atof(arg_of(&t, find(&t, "clock", 0), "realtime")) > 1e15);
	forget(&t);
}

static void MD_5_metadata_is_present_though_every_category_is_excluded(void)
{
	struct trace t;

	record(&t, "-*", false);
	RILL_INSTANT("md", "one");
	parse(&t);
	CU_ASSERT(has(&t, "process_name"));
	CU_ASSERT(!has(&t, "one"));
	forget(&t);
}

static void an_application_s_pairs_stand_in_later_sessions_once_per_file(void)
{
	struct trace t;

	CU_ASSERT_EQUAL(rill_metadata("build", "first"), 0);
	CU_ASSERT_EQUAL(rill_metadata("build", "a \"quoted\" \n one"), 0);
	CU_ASSERT_EQUAL(rill_metadata_json("versions", "{\"zlib\":\"1.3\",\"list\":[1,2]}"), 0);
	for (int round = 0; round < 2; round++) {
		record(&t, "md", false);
		for (int i = 0; i < 3; i++) {
			RILL_INSTANT("md", "one");
			CU_ASSERT_EQUAL(rill_session_flush(t.session, 60000), 0);
		}
		parse(&t);
		CU_ASSERT_EQUAL(count_named(t.root, "build"), 1);	/* N-25, MD-2: not again at every flush */
		CU_ASSERT_EQUAL(count_named(t.root, "process_name"), 1);
		CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "build", 0), "value"), "a \"quoted\" \n one");
		CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "versions", 0), "zlib"), "1.3");
		forget(&t);
	}
}

static void wrong_metadata_is_refused_with_a_sentence(void)
{
	CU_ASSERT_EQUAL(rill_metadata(NULL, "x"), -EINVAL);
	CU_ASSERT_EQUAL(rill_metadata("", "x"), -EINVAL);
	CU_ASSERT_EQUAL(rill_metadata("x", NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_metadata_json("wrong", "{\"a\":"), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "wrong") != NULL);
	CU_ASSERT_EQUAL(rill_metadata_json("wrong", "[1]"), -EINVAL);
	CU_ASSERT_EQUAL(rill_metadata_json("wrong", NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_thread_name(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_process_name(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_clock_sync_receiver(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rill_clock_sync_issuer(NULL, 1, 2), -EINVAL);
}

/* ---- threads -------------------------------------------------------------------------------------- */

static void *named_worker(void *unused)
{
	(void)unused;
	rill_thread_name("worker \"w\"");
	rill_thread_sort_index(-3);
	RILL_INSTANT("md", "of_worker");
	return NULL;
}

static void a_thread_is_named_before_its_first_event_with_its_sort_index(void)
{
	pthread_t thread;
	struct trace t;
	size_t event, name;
	const char *tid;

	record(&t, "md", false);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, named_worker, NULL), 0);
	pthread_join(thread, NULL);
	parse(&t);
	event = find(&t, "of_worker", 0);
	tid = text_of(event_at(&t, event), "tid");
	for (name = find(&t, "thread_name", 0); name < event && strcmp(text_of(event_at(&t, name), "tid"), tid) != 0;)
		name = find(&t, "thread_name", name + 1);
	CU_ASSERT_FATAL(name < event);
	CU_ASSERT_STRING_EQUAL(arg_of(&t, name, "name"), "worker \"w\"");
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "thread_sort_index", 0), "sort_index"), "-3");
	forget(&t);
}

/* Chromium joins the names with commas at the end; here each rename is told when it happens. */
static void MD_3_each_rename_is_told_before_the_next_event(void)
{
	static const char *const names[] = { "cafe", "pub", " bar" };
	struct trace t;
	size_t at = 0;

	record(&t, "md", false);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rill_thread_name(names[i]), 0);
		RILL_INSTANT("md", "drink");
		CU_ASSERT_EQUAL(rill_session_flush(t.session, 60000), 0);
	}
	parse(&t);
	for (int i = 0; i < 3; i++) {
		size_t drink = find(&t, "drink", at);

		at = find(&t, "thread_name", at);
		CU_ASSERT_FATAL(at < drink);
		CU_ASSERT_STRING_EQUAL(arg_of(&t, at, "name"), names[i]);
		at = drink + 1;
	}
	forget(&t);
}

static void IM_14_the_process_has_its_name_and_sort_index(void)
{
	struct trace t;

	CU_ASSERT_EQUAL(rill_process_name("renamed"), 0);
	CU_ASSERT_EQUAL(rill_process_sort_index(-5), 0);
	record(&t, "md", false);
	parse(&t);
	CU_ASSERT_EQUAL(count_named(t.root, "process_name"), 1);
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "process_name", 0), "name"), "renamed");
	CU_ASSERT_STRING_EQUAL(arg_of(&t, find(&t, "process_sort_index", 0), "sort_index"), "-5");
	forget(&t);
}

/* ---- clocks --------------------------------------------------------------------------------------- */

static void CK_2_a_clock_sync_is_recorded_though_every_category_is_excluded(void)
{
	struct trace t;
	size_t at;

	record(&t, "-*", false);
	CU_ASSERT_EQUAL(rill_clock_sync_receiver("id1"), 0);
	CU_ASSERT_EQUAL(rill_clock_sync_issuer("id2", 1000, 2000), 0);
	RILL_CLOCK_SYNC("id3");
	parse(&t);
	at = find(&t, "clock_sync", 0);
	CU_ASSERT_STRING_EQUAL(text_of(event_at(&t, at), "ph"), "c");
	CU_ASSERT_STRING_EQUAL(arg_of(&t, at, "sync_id"), "id1");
	at = find(&t, "clock_sync", at + 1);
	CU_ASSERT_STRING_EQUAL(arg_of(&t, at, "sync_id"), "id2");
	CU_ASSERT_STRING_EQUAL(arg_of(&t, at, "issue_ts"), "1000");
	at = find(&t, "clock_sync", at + 1);
	CU_ASSERT_STRING_EQUAL(arg_of(&t, at, "sync_id"), "id3");
	forget(&t);
}

static void CK_4_an_event_lies_between_two_readings_of_the_monotonic_clock(void)
{
	struct trace t;
	uint64_t before_ns, after_ns;
	double ts_us;

	record(&t, "md", false);
	before_ns = rill_clock_ns();
	RILL_INSTANT("md", "between");
	after_ns = rill_clock_ns();
	parse(&t);
	ts_us = atof(text_of(event_at(&t, find(&t, "between", 0)), "ts"));
	/* The conversion of ticks may be off by what a snapshot of both clocks is uncertain by. */
	CU_ASSERT(ts_us >= (double)before_ns / 1000 - 20);
	CU_ASSERT(ts_us <= (double)after_ns / 1000 + 20);
	forget(&t);
}

static void burn_ms(unsigned ms)
{
	struct timespec t;
	int64_t until = -1, now;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		now = t.tv_sec * 1000000ll + t.tv_nsec / 1000;
		until = until < 0 ? now + 1000 * (int64_t)ms : until;
	} while (now < until);
}

static void CK_5_thread_time_counts_work_and_not_sleep(void)
{
	struct json_object *begin, *end;
	struct trace t;
	double wall, cpu;

	record(&t, "md", true);
	{
		RILL_SCOPE("md", "work");
		burn_ms(10);
		pause_ms(50);
	}
	parse(&t);
	begin = event_at(&t, find(&t, "work", 0));
	end = event_at(&t, find(&t, "work", find(&t, "work", 0) + 1));
	CU_ASSERT_STRING_EQUAL_FATAL(text_of(begin, "ph"), "B");
	CU_ASSERT_STRING_EQUAL_FATAL(text_of(end, "ph"), "E");
	wall = atof(text_of(end, "ts")) - atof(text_of(begin, "ts"));
	cpu = atof(text_of(end, "tts")) - atof(text_of(begin, "tts"));
	CU_ASSERT(wall >= 60000);
	CU_ASSERT(cpu >= 10000);
	CU_ASSERT(cpu < 20000);
	forget(&t);
	record(&t, "md", false);
	RILL_INSTANT("md", "plain");
	parse(&t);
	CU_ASSERT_STRING_EQUAL(text_of(event_at(&t, find(&t, "plain", 0)), "tts"), "");
	forget(&t);
}

static const struct test_case cases[] = {
	T(the_head_tells_process_machine_and_clock_before_everything_else),
	T(MD_5_metadata_is_present_though_every_category_is_excluded),
	T(an_application_s_pairs_stand_in_later_sessions_once_per_file),
	T(wrong_metadata_is_refused_with_a_sentence),
	T(a_thread_is_named_before_its_first_event_with_its_sort_index),
	T(MD_3_each_rename_is_told_before_the_next_event),
	T(IM_14_the_process_has_its_name_and_sort_index),
	T(CK_2_a_clock_sync_is_recorded_though_every_category_is_excluded),
	T(CK_4_an_event_lies_between_two_readings_of_the_monotonic_clock),
	T(CK_5_thread_time_counts_work_and_not_sleep),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("metadata", cases, argc, argv);
}
