/* SPDX-License-Identifier: MIT
 * test_sink_memory.c - the last KiB of a session: what is kept, that each segment can be read by itself, the dump at the
 * end.
 */
#define _GNU_SOURCE
#include "stream_help.h"

#include "sink/memory.h"

#include <rill/trace.h>

enum { KIB = 64, BYTES = KIB * 1024, HEAD_BYTES_MAX = 1024 };

/* What a read gave. */
struct kept {
	struct catcher all;	/* one behind the other */
	size_t sizes[64];
	unsigned count;
};

static void keep(void *ctx, const void *segment, size_t size)
{
	struct kept *k = ctx;

	k->all.bytes = realloc(k->all.bytes, k->all.size + size + 1);
	memcpy(k->all.bytes + k->all.size, segment, size);
	k->all.size += size;
	k->sizes[k->count++ % 64] = size;
}

static void free_kept(struct kept *k)
{
	free(k->all.bytes);
	*k = (struct kept){ .count = 0 };
}

static struct rill_memory *given;

static void take_memory(void *session, struct rill_memory *memory)
{
	(void)session;
	given = memory;
}

static struct rill_outlet *open_memory(const char *file, enum rill_format format)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = file, .format = format };

	given = NULL;
	env.memory = take_memory;
	return open_outlet(&options);
}

/* ---- what is kept --------------------------------------------------------------------------------- */

static void expect_last(struct kept *k, const struct offered *o)
{
	struct help_read h = { .events = 0 };

	read_caught(&h, &k->all, false);
	/* All from some number on, none missing. */
	CU_ASSERT_EQUAL(next_number, o->events);
	CU_ASSERT_EQUAL(h.missing_events + h.result.undefined + h.damaged + h.result.torn_bytes, 0);
	CU_ASSERT(h.events <= o->events);
	CU_ASSERT(h.snapshots > 0 && h.metadata >= 3 && h.threads > 0);
	CU_ASSERT(k->all.size <= BYTES);
}

static void the_last_packets_are_kept_and_no_event_between_them_is_missing(void)
{
	struct rill_outlet *outlet = open_memory("memory:64", RILL_FORMAT_BY_NAME);
	struct offered o = { .events = 0 };
	struct kept k = { .count = 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	CU_ASSERT_PTR_NOT_NULL_FATAL(given);
	CU_ASSERT_STRING_EQUAL(outlet->ops->where(outlet), "memory:64");
	for (unsigned round = 0; round < 40; round++) {
		offer_many(outlet, &o, 1 + round * 97);
		flush(outlet);
		CU_ASSERT_EQUAL(rill_memory_read(given, keep, &k), (int)k.count);
		expect_last(&k, &o);
		if (round > 30)
			CU_ASSERT(k.all.size > BYTES / 2 && k.count > 2);
		free_kept(&k);
	}
	CU_ASSERT_EQUAL(o.refused, 0);
	end_offer(outlet, &o);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 0);
}

/* What is kept when all that was offered is written. */
static void keep_all(struct rill_outlet *outlet, struct kept *k)
{
	free_kept(k);
	flush(outlet);
	rill_memory_read(given, keep, k);
	CU_ASSERT_FATAL(k->count > 2);
}

static void each_segment_can_be_read_by_itself(void)
{
	struct rill_outlet *outlet = open_memory("memory:64", RILL_FORMAT_BY_NAME);
	struct offered o = { .events = 0 };
	struct kept k = { .count = 0 };
	size_t at = 0;

	offer_many(outlet, &o, 60000);
	keep_all(outlet, &k);
	/* The last packet may have filled a segment; then the newest is a head, until one more event comes. */
	if (k.sizes[k.count - 1] < HEAD_BYTES_MAX) {
		offer_many(outlet, &o, 1);
		keep_all(outlet, &k);
	}
	for (unsigned i = 0; i < k.count; at += k.sizes[i++]) {
		struct catcher one = { .bytes = k.all.bytes + at, .size = k.sizes[i] };
		struct help_read h = { .events = 0 };

		read_caught(&h, &one, false);
		CU_ASSERT(h.events > 0);
		CU_ASSERT_EQUAL(h.result.undefined + h.damaged, 0);
		CU_ASSERT(h.metadata >= 3);
	}
	free_kept(&k);
	stop(outlet);
}

static void segments_of_json_are_complete_also_the_one_that_is_being_written(void)
{
	static const bool forms[] = { false, true };

	for (unsigned form = 0; form < 2; form++) {
		struct rill_session_options options = { .out = RILL_OUT_FILE, .file = "memory:64",
							.format = RILL_FORMAT_JSON, .object_form = forms[form] };
		struct rill_outlet *outlet;
		struct offered o = { .events = 0 };
		uint64_t found = 0;

		env.memory = take_memory;
		outlet = open_outlet(&options);
		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		for (unsigned round = 0; round < 30; round++) {
			struct kept k = { .count = 0 };
			size_t at = 0;

			offer_many(outlet, &o, 73);
			flush(outlet);
			CU_ASSERT(rill_memory_read(given, keep, &k) > 0);
			found = 0;
			for (unsigned i = 0; i < k.count; at += k.sizes[i++]) {
				struct json_object *root = parse_strict((char *)k.all.bytes + at, k.sizes[i]);

				CU_ASSERT_PTR_NOT_NULL(root);
				found += root ? count_named(root, "numbered") : 0;
				json_object_put(root);
			}
			CU_ASSERT(k.count > 1 || found == o.events);
			free_kept(&k);
		}
		CU_ASSERT(found > 200 && found < o.events);
		stop(outlet);
	}
}

static void what_is_larger_than_the_memory_is_refused(void)
{
	const struct rill_memory_options options = { .bytes = 1000 };
	static const char bytes[2000];
	struct rill_memory *memory;
	struct rill_sink sink;
	struct kept k = { .count = 0 };

	CU_ASSERT_EQUAL_FATAL(rill_memory_sink(&options, &sink, &memory), 0);
	CU_ASSERT_EQUAL(rill_memory_read(memory, keep, &k), 0);
	CU_ASSERT_EQUAL(sink.ops->write(sink.ctx, bytes, 900, RILL_PIECE_FIRST), 0);
	CU_ASSERT_EQUAL(sink.ops->write(sink.ctx, bytes, 101, 0), -ENOSPC);
	CU_ASSERT_EQUAL(sink.ops->write(sink.ctx, bytes, 100, 0), 0);
	CU_ASSERT_EQUAL(rill_memory_read(memory, keep, &k), 1);
	CU_ASSERT_EQUAL(k.all.size, 1000);
	free_kept(&k);
	/* The next segment takes the room of the one before. */
	CU_ASSERT_EQUAL(sink.ops->write(sink.ctx, bytes, 1, RILL_PIECE_FIRST), 0);
	CU_ASSERT_EQUAL(rill_memory_read(memory, keep, &k), 1);
	CU_ASSERT_EQUAL(k.all.size, 1);
	free_kept(&k);
	for (unsigned i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(sink.ops->write(sink.ctx, bytes, 1, RILL_PIECE_FIRST | RILL_PIECE_LAST), 0);
	CU_ASSERT_EQUAL(rill_memory_read(memory, keep, &k), 64);
	free_kept(&k);
	sink.ops->close(sink.ctx);
}

/* ---- the dump ------------------------------------------------------------------------------------- */

/* None is refused: with a dump the writer is a thread, which gets as much of the machine as others leave, and what is offered between two
 * flushes fits one buffer of its queue, should it not run at all meanwhile. */
static void offer_and_flush(struct rill_outlet *outlet, struct offered *o, unsigned count)
{
	for (unsigned i = 1; i <= count; i++) {
		offer_many(outlet, o, 1);
		if (i % 20 == 0)
			flush(outlet);
	}
	CU_ASSERT_EQUAL(o->refused, 0);
}

static void at_the_end_it_goes_to_a_file(void)
{
	char place[256];
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct kept k = { .count = 0 };
	size_t size = 0;

	snprintf(place, sizeof place, "memory:64?dump=%s/last.${pid}.rill", folder);
	outlet = open_memory(place, RILL_FORMAT_BY_NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	offer_and_flush(outlet, &o, 30000);
	CU_ASSERT_EQUAL(access(in_folder("last.42.rill"), F_OK), -1);
	end_offer(outlet, &o);
	k.all.bytes = (uint8_t *)read_file(in_folder("last.42.rill"), &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k.all.bytes);
	k.all.size = size;
	expect_last(&k, &o);
	free_kept(&k);
}

static void a_dump_of_json_is_a_file_for_each_segment(void)
{
	char place[256];
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct json_object *root;

	snprintf(place, sizeof place, "memory:64?dump=%s/last.json", folder);
	CU_ASSERT_PTR_NULL(open_memory(place, RILL_FORMAT_JSON));
	CU_ASSERT(strstr(rill_error(), "${rotation} is needed") != NULL);
	snprintf(place, sizeof place, "memory:64?dump=%s/last.${rotation}.json", folder);
	outlet = open_memory(place, RILL_FORMAT_JSON);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	offer_and_flush(outlet, &o, 2000);
	end_offer(outlet, &o);
	for (unsigned i = 1; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof name, "last.%u.json", i);
		root = must_parse(name);
		CU_ASSERT(root && count_named(root, "numbered") > 0);
		json_object_put(root);
	}
}

static void a_dump_that_fails_is_said_and_harms_nobody(void)
{
	char place[256];
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };

	snprintf(place, sizeof place, "memory:64?dump=%s/no/folder/x.rill", folder);
	outlet = open_memory(place, RILL_FORMAT_BY_NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	offer_many(outlet, &o, 10);
	CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 0);
}

/* ---- sessions ------------------------------------------------------------------------------------- */

/* Threads that are not ours to stop have one open for a moment: the consumer, ThreadSanitizer's own. */
static int descriptors_that_stay(void)
{
	int least = descriptors_open();

	for (unsigned i = 0; i < 20; i++) {
		int now;

		sleep_ms(1);
		now = descriptors_open();
		least = now < least ? now : least;
	}
	return least;
}

static void a_program_reads_its_own_last_events(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session, *other;
	struct kept k = { .count = 0 };
	struct help_read h = { .events = 0 };
	const int before = descriptors_that_stay();

	options.filter = "memory";
	options.file = "memory:64";
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &session), 0);
	CU_ASSERT_EQUAL(descriptors_that_stay(), before);
	for (uint64_t i = 0; i < 100; i++)
		RILL_INSTANT("memory", "numbered", "n", i);
	CU_ASSERT_EQUAL(rill_session_memory(session, keep, &k), 1);
	read_caught(&h, &k.all, false);
	CU_ASSERT_EQUAL(h.events, 100);
	CU_ASSERT_EQUAL(next_number, 100);
	free_kept(&k);

	options.file = in_folder("x.json");
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &other), 0);
	CU_ASSERT_EQUAL(rill_session_memory(other, keep, &k), -EINVAL);
	CU_ASSERT(strstr(rill_error(), "keeps nothing in memory") != NULL);
	rill_session_stop(other);
	rill_session_stop(session);
	CU_ASSERT_EQUAL(rill_session_memory(session, keep, &k), -ENOENT);
	CU_ASSERT_EQUAL(k.count, 0);
}

struct reader {
	struct rill_session *session;
	atomic_bool leave;
	unsigned reads, wrong;
};

static void *read_main(void *arg)
{
	struct reader *r = arg;

	while (!atomic_load(&r->leave)) {
		struct kept k = { .count = 0 };

		r->wrong += rill_session_memory(r->session, keep, &k) != (int)k.count;
		r->reads++;
		free_kept(&k);
	}
	return NULL;
}

static void reading_and_writing_go_on_at_the_same_time(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct reader r = { .reads = 0 };
	struct kept k = { .count = 0 };
	struct help_read h = { .events = 0 };
	pthread_t thread;

	options.filter = "memory";
	options.file = "memory:64";
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &r.session), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_main, &r), 0);
	for (uint64_t i = 0; i < 50000; i++) {
		RILL_INSTANT("memory", "numbered", "n", i);
		if (i % 1000 == 0)	/* never more in the ring than it holds */
			CU_ASSERT_EQUAL(rill_session_flush(r.session, 60000), 0);
	}
	atomic_store(&r.leave, true);
	pthread_join(thread, NULL);
	CU_ASSERT(r.reads > 0);
	CU_ASSERT_EQUAL(r.wrong, 0);
	CU_ASSERT(rill_session_memory(r.session, keep, &k) > 0);
	read_caught(&h, &k.all, false);
	CU_ASSERT_EQUAL(next_number, 50000);
	CU_ASSERT_EQUAL(h.missing_events + h.damaged, 0);
	free_kept(&k);
	rill_session_stop(r.session);
}

static void bad_sizes_are_refused_with_a_reason(void)
{
	static const struct {
		const char *file, *why;
	} bad[] = {
		{ "memory:", "how many KiB" },
		{ "memory:64k", "how many KiB" },
		{ "memory:63", "64 to 1048576 KiB are possible" },
		{ "memory:1048577", "64 to 1048576 KiB are possible" },
		{ "memory:99999999999999999999", "how many KiB" },
		{ "memory:64?dump", "dump needs a value" },
		{ "memory:64?dump=", "dump needs a value" },
		{ "memory:64?baud=9600", "there is no option 'baud' here" },
	};

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		CU_ASSERT_PTR_NULL(open_memory(bad[i].file, RILL_FORMAT_BY_NAME));
		CU_ASSERT(strstr(rill_error(), bad[i].why) != NULL);
	}
}

static const struct test_case cases[] = {
	T(the_last_packets_are_kept_and_no_event_between_them_is_missing),
	T(each_segment_can_be_read_by_itself),
	T(segments_of_json_are_complete_also_the_one_that_is_being_written),
	T(what_is_larger_than_the_memory_is_refused),
	T(at_the_end_it_goes_to_a_file),
	T(a_dump_of_json_is_a_file_for_each_segment),
	T(a_dump_that_fails_is_said_and_harms_nobody),
	T(a_program_reads_its_own_last_events),
	T(reading_and_writing_go_on_at_the_same_time),
	T(bad_sizes_are_refused_with_a_reason),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_memory", cases, argc, argv);
	remove_folder(folder);
	return result;
}
