/* SPDX-License-Identifier: MIT
 * test_outlet.c - the JSON outlet, from decoded events to files: heads, names, rotation.
 */
#define _GNU_SOURCE
#include "outlet_env.h"

/* ---- heads and tails ------------------------------------------------------------------------- */

static void N_1_the_file_is_there_and_complete_before_the_first_event(void)
{
	struct rill_session_options options = { .object_form = true };
	struct rill_outlet *outlet = open_file(&options, "n1.${pid}.${rotation}");
	struct json_object *root = must_parse("n1.42.1");

	CU_ASSERT(json_object_is_type(root, json_type_object));
	CU_ASSERT_EQUAL(length_of(root), 3);
	json_object_put(root);
	CU_ASSERT_STRING_EQUAL(outlet->ops->where(outlet), in_folder("n1.42.1"));
	CU_ASSERT_EQUAL(outlet->ops->segments(outlet), 1);
	stop(outlet);
	root = must_parse("n1.42.1");
	CU_ASSERT_EQUAL(count_named(root, NULL), 0);
	CU_ASSERT_EQUAL(count_named(root, "rill_summary"), 1);
	json_object_put(root);
}

static void W_1_nothing_at_all_is_an_empty_list(void)
{
	size_t size = 0;
	char *text;

	metadata_count = 0;
	for (int object = 0; object < 2; object++) {
		struct rill_session_options options = { .object_form = object };
		struct rill_outlet *outlet = open_file(&options, "w1");
		struct json_object *root = must_parse("w1");

		CU_ASSERT_EQUAL(length_of(root), 0);
		CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN),
				       object ? "{\"traceEvents\":[]}" : "[]");
		json_object_put(root);
		CU_ASSERT_EQUAL(put(outlet, 'I', "one", &threads[2]), 0);
		flush(outlet);
		root = must_parse("w1");
		CU_ASSERT_EQUAL(length_of(root), 1);
		json_object_put(root);
		stop(outlet);
		root = must_parse("w1");
		CU_ASSERT_EQUAL(length_of(root), 2);
		json_object_put(root);
	}
	metadata_count = 3;
	/* With metadata the head is the one some readers insist on. */
	{
		struct rill_session_options options = { .object_form = true };

		stop(open_file(&options, "w1"));
	}
	text = read_file(in_folder("w1"), &size);
	CU_ASSERT(strncmp(text, "{\"traceEvents\":[{\"", 18) == 0);
	CU_ASSERT(size > 4 && strcmp(text + size - 4, "\n]}\n") == 0);
	free(text);
}

static void N_13_stop_leaves_a_complete_closed_file(void)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE };
	int before = descriptors_open();
	struct rill_outlet *outlet = open_file(&options, "n13");
	struct json_object *root;

	for (unsigned i = 0; i < 10000; i++)
		put_surely(outlet, "tick", &threads[i % 3]);
	stop(outlet);
	CU_ASSERT_EQUAL(descriptors_open(), before);
	root = must_parse("n13");
	CU_ASSERT_EQUAL(count_named(root, "tick"), 10000);
	json_object_put(root);
	CU_ASSERT_EQUAL(lost_events, 0);
}

static void N_25_metadata_stands_once_however_often_it_is_flushed(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "n25");
	struct json_object *root;

	for (unsigned i = 0; i < 50; i++) {
		put(outlet, 'I', "tick", &threads[0]);
		flush(outlet);
		root = must_parse("n25");
		CU_ASSERT_EQUAL(count_named(root, "tick"), i + 1);
		CU_ASSERT_EQUAL(count_named(root, "process_name"), 1);
		CU_ASSERT_EQUAL(count_named(root, "rill_clock"), 1);
		CU_ASSERT_EQUAL(count_named(root, "thread_name"), 1);
		json_object_put(root);
	}
	stop(outlet);
}

/* ---- thread names ---------------------------------------------------------------------------- */

static void a_thread_is_named_before_its_first_event_and_again_on_rename(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "names");
	struct rill_thread thread = { .tid = 7, .serial = 9, .name = "" };
	struct rill_thread silent = { .tid = 8, .serial = 10, .name = "silent" };
	struct json_object *root, *list;
	size_t named_at = 0, event_at = 0;

	put(outlet, 'I', "unnamed", &thread);
	thread.name = "cafe";
	thread.generation++;
	put(outlet, 'I', "first", &thread);
	put(outlet, 'I', "second", &thread);
	thread.name = "pub";
	thread.generation++;
	outlet->ops->thread(outlet, &thread, rill_port_monotonic_ns());
	outlet->ops->thread(outlet, &thread, rill_port_monotonic_ns());
	put(outlet, 'I', "third", &thread);
	outlet->ops->thread(outlet, &silent, rill_port_monotonic_ns());
	stop(outlet);
	root = must_parse("names");
	CU_ASSERT_EQUAL(count_named(root, "thread_name"), 3);
	list = events_of(root);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);

		if (!strcmp(text_of(event, "name"), "thread_name") && named_at == 0)
			named_at = i;
		if (!strcmp(text_of(event, "name"), "first"))
			event_at = i;
	}
	CU_ASSERT_EQUAL(event_at, named_at + 1);
	json_object_put(root);
}

static void many_threads_are_named_once_each(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "many");
	struct rill_thread *many = calloc(3000, sizeof(*many));
	struct json_object *root;

	for (unsigned i = 0; i < 9000; i++) {
		struct rill_thread *thread = &many[i % 3000];

		*thread = (struct rill_thread){ .tid = 1000 + i % 3000,
						.serial = 1 + i % 3000,
						.name = "t" };
		put_surely(outlet, "tick", thread);
	}
	stop(outlet);
	root = must_parse("many");
	CU_ASSERT_EQUAL(count_named(root, "thread_name"), 3000);
	CU_ASSERT_EQUAL(count_named(root, "tick"), 9000);
	json_object_put(root);
	free(many);
}

/* ---- rotation -------------------------------------------------------------------------------- */

static void N_14_the_next_file_begins_after_so_many_events(void)
{
	struct rill_session_options options = { .rotate_events = 1000 };
	struct rill_outlet *outlet = open_file(&options, "n14.${rotation}");
	char name[32];

	for (unsigned i = 0; i < 3500; i++)
		put_surely(outlet, "tick", &threads[0]);
	flush(outlet);
	CU_ASSERT_EQUAL(outlet->ops->segments(outlet), 4);
	stop(outlet);
	for (unsigned i = 1; i <= 4; i++) {
		struct json_object *root;

		snprintf(name, sizeof(name), "n14.%u", i);
		root = must_parse(name);
		CU_ASSERT_EQUAL(count_named(root, "tick"), i < 4 ? 1000 : 500);
		CU_ASSERT_EQUAL(count_named(root, "process_name"), 1);
		CU_ASSERT_EQUAL(count_named(root, "thread_name"), 1);
		CU_ASSERT_EQUAL(count_named(root, "rill_summary"), i == 4);
		json_object_put(root);
	}
	CU_ASSERT_EQUAL(access(in_folder("n14.5"), F_OK), -1);
}

static void every_event_may_have_its_own_file(void)
{
	struct rill_session_options options = { .rotate_bytes = 1 };
	struct rill_outlet *outlet = open_file(&options, "own.${rotation}");
	char name[32];

	for (unsigned i = 0; i < 200; i++)
		put_surely(outlet, "tick", &threads[0]);
	stop(outlet);
	for (unsigned i = 1; i <= 200; i++) {
		struct json_object *root;

		snprintf(name, sizeof(name), "own.%u", i);
		root = must_parse(name);
		CU_ASSERT_EQUAL(count_named(root, "tick"), 1);
		json_object_put(root);
	}
	CU_ASSERT_EQUAL(access(in_folder("own.201"), F_OK), -1);
}

static void files_rotate_by_size_and_age(void)
{
	struct rill_session_options by_size = { .rotate_bytes = 20000 },
				    by_age = { .rotate_age_ms = 30 };
	struct rill_outlet *outlet = open_file(&by_size, "size.${rotation}");
	struct stat stat_now;

	for (unsigned i = 0; i < 1000; i++)
		put_surely(outlet, "tick", &threads[0]);
	stop(outlet);
	CU_ASSERT_EQUAL(stat(in_folder("size.1"), &stat_now), 0);
	CU_ASSERT(stat_now.st_size >= 20000 && stat_now.st_size < 22000);
	CU_ASSERT_EQUAL(access(in_folder("size.4"), F_OK), 0);

	outlet = open_file(&by_age, "age.${rotation}");
	put(outlet, 'I', "old", &threads[0]);
	sleep_ms(40);
	flush(outlet);			/* it rests: the file is closed all the same */
	CU_ASSERT_EQUAL(outlet->ops->segments(outlet), 2);
	sleep_ms(40);
	flush(outlet);			/* but files without events are not multiplied */
	CU_ASSERT_EQUAL(outlet->ops->segments(outlet), 2);
	stop(outlet);
}

static void a_slice_that_began_in_the_file_before_is_whole_in_the_next(void)
{
	for (int slices = 0; slices < 2; slices++) {
		struct rill_session_options options = { .rotate_events = 2, .slices = slices };
		struct rill_outlet *outlet = open_file(&options, "cross.${rotation}");
		struct rill_event begin = make_event('B', "work", &threads[0]), end, inner;
		struct json_object *root;
		unsigned complete = 0;

		begin.state = RILL_EVENT_SCOPE;
		outlet->ops->event(outlet, &begin);
		put(outlet, 'I', "tick", &threads[0]);
		put(outlet, 'I', "tock", &threads[0]);	/* begins the second file */
		end = make_event('E', "work", &threads[0]);
		end.begin_ns = begin.ts_ns;
		end.state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN;
		inner = end;
		CU_ASSERT_EQUAL(outlet->ops->event(outlet, &inner), 0);
		stop(outlet);
		root = must_parse("cross.1");
		CU_ASSERT_EQUAL(count_named(root, "work"), 1);
		json_object_put(root);
		root = must_parse("cross.2");
		for (size_t i = 0; i < length_of(root); i++) {
			struct json_object *event = json_object_array_get_idx(events_of(root), i);

			complete += !strcmp(text_of(event, "name"), "work") &&
				    !strcmp(text_of(event, "ph"), "X");
		}
		CU_ASSERT_EQUAL(complete, 1);
		json_object_put(root);
	}
}

static const struct test_case cases[] = {
	T(N_1_the_file_is_there_and_complete_before_the_first_event),
	T(W_1_nothing_at_all_is_an_empty_list),
	T(N_13_stop_leaves_a_complete_closed_file),
	T(N_25_metadata_stands_once_however_often_it_is_flushed),
	T(a_thread_is_named_before_its_first_event_and_again_on_rename),
	T(many_threads_are_named_once_each),
	T(N_14_the_next_file_begins_after_so_many_events),
	T(every_event_may_have_its_own_file),
	T(files_rotate_by_size_and_age),
	T(a_slice_that_began_in_the_file_before_is_whole_in_the_next),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("outlet", cases, argc, argv);
	remove_folder(folder);
	return result;
}
