/* SPDX-License-Identifier: MIT
 * test_outlet_loss.c - the JSON outlet before a sink that refuses, blocks or is too small, and
 * options that are wrong.
 */
#define _GNU_SOURCE
#include "outlet_env.h"

struct memory {
	char text[1 << 20];
	size_t size;
	atomic_bool blocked;
	atomic_int error;
	unsigned firsts;
};

static int memory_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct memory *m = ctx;

	while (atomic_load(&m->blocked))
		sleep_ms(1);
	if (atomic_load(&m->error))
		return -atomic_load(&m->error);
	m->firsts += !!(pieces & RILL_PIECE_FIRST);
	if (m->size + size > sizeof(m->text))
		return -EFBIG;
	memcpy(m->text + m->size, data, size);
	m->size += size;
	return 0;
}

static const struct rill_sink_ops memory_ops = { .name = "memory", .write = memory_write };

static struct rill_outlet *open_memory(struct memory *memory, uint32_t queue_bytes)
{
	struct rill_session_options options = {
		.out = RILL_OUT_SINK, .sink = { &memory_ops, memory }, .queue_bytes = queue_bytes,
	};

	return open_outlet(&options);
}

static void pieces_of_a_stream_join_to_one_array(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct rill_outlet *outlet = open_memory(memory, 8192);
	struct json_object *root;

	for (unsigned i = 0; i < 2000; i++) {
		while (put(outlet, 'I', "tick", &threads[0]) < 0)
			sleep_ms(1);
		if (i % 100 == 0)
			flush(outlet);
	}
	stop(outlet);
	root = parse_strict(memory->text, memory->size);
	CU_ASSERT_PTR_NOT_NULL(root);
	CU_ASSERT_EQUAL(count_named(root, "tick"), 2000);
	CU_ASSERT_EQUAL(memory->firsts, 1);
	json_object_put(root);
	free(memory);
}

static void a_head_that_was_refused_is_written_again_with_all_names(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct rill_outlet *outlet;
	struct json_object *root;

	atomic_store(&memory->error, ENOSPC);
	outlet = open_memory(memory, 8192);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	put(outlet, 'I', "lost", &threads[0]);
	flush(outlet);
	CU_ASSERT_EQUAL(lost_events, 1);
	atomic_store(&memory->error, 0);
	put(outlet, 'I', "kept", &threads[0]);
	flush(outlet);
	/* A later refusal keeps the head but loses names: they come again. */
	atomic_store(&memory->error, EIO);
	put(outlet, 'I', "lost", &threads[1]);
	flush(outlet);
	atomic_store(&memory->error, 0);
	put(outlet, 'I', "kept", &threads[1]);
	stop(outlet);
	CU_ASSERT_EQUAL(lost_events, 2);
	root = parse_strict(memory->text, memory->size);
	CU_ASSERT_PTR_NOT_NULL(root);
	CU_ASSERT_EQUAL(count_named(root, "kept"), 2);
	CU_ASSERT_EQUAL(count_named(root, "lost"), 0);
	CU_ASSERT_EQUAL(count_named(root, "process_name"), 1);
	CU_ASSERT(count_named(root, "thread_name") >= 2);
	CU_ASSERT_EQUAL(memory->firsts, 1);
	json_object_put(root);
	free(memory);
}

static void a_gap_is_told_even_if_there_was_no_room_for_it(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct rill_outlet *outlet = open_memory(memory, 4096);
	unsigned accepted = 0, told = 0;
	struct json_object *root, *args, *count;

	atomic_store(&memory->blocked, true);
	for (unsigned i = 0; i < 300; i++) {
		struct rill_gap gap = { .thread = &threads[i % 2],
					.count = 1,
					.cause = RILL_LOST_SINK };

		if (put(outlet, 'I', "tick", &threads[i % 2]) == 0)
			accepted++;
		else
			outlet->ops->gap(outlet, &gap);
	}
	CU_ASSERT(accepted > 0 && accepted < 300);
	atomic_store(&memory->blocked, false);
	flush(outlet);
	stop(outlet);
	root = parse_strict(memory->text, memory->size);
	CU_ASSERT_PTR_NOT_NULL(root);
	CU_ASSERT_EQUAL(count_named(root, "tick"), accepted);
	for (size_t i = 0; i < length_of(root); i++) {
		struct json_object *event = json_object_array_get_idx(events_of(root), i);

		if (strcmp(text_of(event, "name"), "events lost") == 0) {
			json_object_object_get_ex(event, "args", &args);
			json_object_object_get_ex(args, "count", &count);
			told += (unsigned)json_object_get_int(count);
		}
	}
	CU_ASSERT_EQUAL(told + accepted, 300);
	CU_ASSERT_EQUAL(lost_events, 0);
	json_object_put(root);
	free(memory);
}

static void an_event_bigger_than_the_queue_is_lost_and_told_and_nothing_else(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct rill_outlet *outlet = open_memory(memory, 4096);
	char *text = malloc(60000);
	struct rill_value value = {
		.name = "v", .type = RILL_TYPE_COPY, .size = 60000, .text = text
	};
	struct rill_event event = make_event('I', "big", &threads[0]);
	struct json_object *root;

	memset(text, 'x', 60000);
	event.args = &value;
	event.nargs = 1;
	CU_ASSERT_EQUAL(put(outlet, 'I', "before", &threads[0]), 0);
	CU_ASSERT_EQUAL(outlet->ops->event(outlet, &event), 0);
	CU_ASSERT_EQUAL(lost_events, 1);
	CU_ASSERT_EQUAL(put(outlet, 'I', "after", &threads[0]), 0);
	stop(outlet);
	root = parse_strict(memory->text, memory->size);
	CU_ASSERT_EQUAL(count_named(root, "before") + count_named(root, "after"), 2);
	CU_ASSERT_EQUAL(count_named(root, "events lost"), 1);
	CU_ASSERT_EQUAL(count_named(root, NULL), 3);
	json_object_put(root);
	free(memory);
	free(text);
}

static void refuse_options(struct rill_session_options options, int error, const char *words)
{
	struct rill_outlet *outlet;

	options.size = sizeof(options);
	CU_ASSERT_EQUAL(rill_outlet_open(&options, &env, &outlet), -error);
	CU_ASSERT_PTR_NULL(outlet);
	if (!strstr(rill_error(), words))
		printf("no '%s' in '%s'\n", words, rill_error());
	CU_ASSERT(strstr(rill_error(), words) != NULL);
}

static void bad_options_are_refused_with_a_reason(void)
{
	int before = descriptors_open();

	refuse_options(
		(struct rill_session_options){ .out = RILL_OUT_FILE, .file = "/nonexistent/t" },
		ENOENT, "/nonexistent");
	refuse_options((struct rill_session_options){ .out = RILL_OUT_FILE,
						      .file = "t",
						      .rotate_events = 1 },
		       EINVAL, "${rotation}");
	refuse_options(
		(struct rill_session_options){ .out = RILL_OUT_FD, .fd = 1, .rotate_bytes = 1 },
		EINVAL, "rotation is for files");
	refuse_options((struct rill_session_options){ .out = RILL_OUT_FD, .fd = 999 }, EBADF,
		       "999");
	refuse_options((struct rill_session_options){ .out = RILL_OUT_SINK }, EINVAL, "write");
	refuse_options((struct rill_session_options){ .out = RILL_OUT_SUBSCRIBER }, EINVAL,
		       "function");
	refuse_options((struct rill_session_options){ .out = (enum rill_out)9 }, EINVAL, "9");
	refuse_options(
		(struct rill_session_options){ .out = RILL_OUT_FD, .fd = 1, .queue_bytes = 1 },
		EINVAL, "queue_bytes");
	CU_ASSERT_EQUAL(descriptors_open(), before);
}

static const struct test_case cases[] = {
	T(pieces_of_a_stream_join_to_one_array),
	T(a_head_that_was_refused_is_written_again_with_all_names),
	T(a_gap_is_told_even_if_there_was_no_room_for_it),
	T(an_event_bigger_than_the_queue_is_lost_and_told_and_nothing_else),
	T(bad_options_are_refused_with_a_reason),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("outlet_loss", cases, argc, argv);
	remove_folder(folder);
	return result;
}
