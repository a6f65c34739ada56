/* SPDX-License-Identifier: MIT
 * test_packet_form.c - what is defined once and used often, and what does not fit: forms, threads, tables, the size of a packet.
 */
#include "tests/packet_help.h"
#include "tests/packet_random.h"

/* ---- definitions ---------------------------------------------------------------------------------- */

static void a_scope_is_defined_once_for_both_its_ends(void)
{
	const struct rill_event begin = EVENT('B', .state = RILL_EVENT_SCOPE);
	const struct rill_event end = EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN, .ts_ns = 2000000100,
					    .begin_ns = 2000000000);
	const struct rill_event both[] = { begin, end, begin, end };
	struct help_read h = { .expected = both, .count = 4 };
	size_t defined;

	help_begin(4096, 4096, 0);
	help_event(&begin);
	defined = (size_t)(writer.limit - writer.end);
	help_event(&end);
	CU_ASSERT_EQUAL((size_t)(writer.limit - writer.end), defined);
	/* In a new round the end may come first; it then speaks for itself. */
	rill_packet_repeat(&writer);
	help_event(&begin);
	help_event(&end);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 4);
}

static void an_end_that_comes_before_its_first_begin_has_a_form_of_its_own(void)
{
	const struct rill_event begin = EVENT('B', .state = RILL_EVENT_SCOPE, .ts_ns = 2000000200);
	const struct rill_event end = EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN, .ts_ns = 2000000100,
					    .begin_ns = 1000000000);
	const struct rill_event all[] = { end, begin, end, end, begin };
	struct help_read h = { .expected = all, .count = 5 };

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 5; i++) {
		if (i == 3)
			rill_packet_repeat(&writer);
		help_event(&all[i]);
	}
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 5);
}

static void forms_beyond_the_table_travel_with_their_events(void)
{
	struct rill_event event = EVENT('I', ARGS(INT("n", 1)));
	static struct rill_event all[3000];
	struct help_read h = { .expected = all, .count = 3000 };

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 3000; i++) {
		event.site = 16 + i;
		event.line = i;
		all[i] = event;
		CU_ASSERT_EQUAL(help_event(&event), 0);
	}
	CU_ASSERT(rill_packet_forms_full(&writer));
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 3000);
}

static void tables_move_without_a_number_changing(void)
{
	static struct rill_packet_form forms[4096];
	static struct rill_packet_thread threads[256];
	static struct rill_thread many[100];
	static struct rill_event all[2000];
	struct help_read h = { .expected = all, .count = 2000 };

	help_begin(4096, 4096, 0);
	memset(forms, 0, sizeof forms);
	memset(threads, 0, sizeof threads);
	for (unsigned i = 0; i < 2000; i++) {
		if (i == 700)
			rill_packet_move_forms(&writer, forms, 4096);
		if (i == 40)
			rill_packet_move_threads(&writer, threads, 256);
		many[i % 100] = (struct rill_thread){ .tid = 5000 + i % 100, .serial = 7 + i % 100, .name = "t" };
		all[i] = EVENT('I', .site = 16 + i % 1000, .line = i % 1000, .thread = &many[i % 100], .tid = 5000 + i % 100);
		CU_ASSERT_EQUAL(help_event(&all[i]), 0);
	}
	CU_ASSERT(!rill_packet_forms_full(&writer));
	CU_ASSERT(!rill_packet_threads_full(&writer));
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 2000);
	CU_ASSERT_EQUAL(h.threads, 100);
}

static void threads_come_and_go_and_their_totals_stay_exact(void)
{
	static struct rill_thread thread;
	struct rill_event event = EVENT('I', .thread = &thread);
	struct help_read h = { .events = 0 };
	unsigned long long sum = 0;
	char *at;

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 120; i++) {
		thread = (struct rill_thread){ .tid = 100 + i % 2, .serial = 1 + i % 90, .name = "" };
		event.tid = thread.tid;
		if (rill_packet_threads_full(&writer)) {
			CU_ASSERT_EQUAL(rill_packet_counts(&writer), 0);
			rill_packet_forget_threads(&writer);
		}
		CU_ASSERT_EQUAL(help_event(&event), 0);
	}
	CU_ASSERT_EQUAL(rill_packet_counts(&writer), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 120);
	for (at = strchr(h.text, ':'); at; at = strchr(at + 1, ':'))
		sum += strtoull(at + 1, NULL, 10);
	CU_ASSERT_EQUAL(sum, 120);
	CU_ASSERT_PTR_NOT_NULL(strstr(h.text, "/1:"));
}

static void a_new_name_of_a_thread_holds_from_its_packet_on(void)
{
	static const char *const names[] = { "", "first", "second" };
	struct rill_thread thread = { .tid = 9, .serial = 5, .name = "" };
	struct rill_event event = EVENT('I', .thread = &thread, .tid = 9);
	struct help_read h = { .events = 0 };

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 3; i++) {
		thread.name = names[i];
		thread.generation = i;
		CU_ASSERT_EQUAL(help_event(&event), 0);
		CU_ASSERT_EQUAL(help_event(&event), 0);
		help_send(0);
	}
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.threads, 3);
	CU_ASSERT_EQUAL(h.events, 6);
}

/* ---- the limits of a packet ----------------------------------------------------------------------- */

static char big_text[100000];

static struct rill_event read_event;
static struct rill_value read_values[256];
static char read_text[100000];

static void keep_event(struct help_read *h, const struct rill_event *event)
{
	(void)h;
	read_event = *event;
	for (unsigned i = 0; i < event->nargs; i++)
		read_values[i] = event->args[i];
	if (event->nargs && read_values[0].type == RILL_TYPE_STRING)
		memcpy(read_text, event->args[0].text, event->args[0].size + 1);
}

static void send_big(uint32_t packet_bytes, uint32_t buffer_bytes, uint32_t size)
{
	const struct rill_value value = { .name = "text", .type = RILL_TYPE_STRING, .text = big_text, .size = size };
	const struct rill_event small = EVENT('I', .site = 40), big = EVENT('I', .site = 41, .args = &value, .nargs = 1);
	struct help_read h = { .each = keep_event };

	for (unsigned i = 0; i < sizeof big_text; i += 2)
		memcpy(big_text + i, "\xc3\xa9", 2);
	help_begin(packet_bytes, buffer_bytes, 0);
	CU_ASSERT_EQUAL(help_event(&small), 0);
	CU_ASSERT_EQUAL(help_event(&big), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 2);
}

static void an_event_that_needs_it_gets_a_larger_packet(void)
{
	send_big(512, RILL_PACKET_MAX, 60000);
	CU_ASSERT_EQUAL(read_values[0].size, 60000);
	CU_ASSERT_EQUAL(read_values[0].cut, 0);
	CU_ASSERT(!memcmp(read_text, big_text, 60000));
	CU_ASSERT(tape.packets >= 2);
}

static void where_none_is_large_enough_texts_are_cut_between_characters(void)
{
	send_big(512, 512, 2000);
	CU_ASSERT_EQUAL(read_values[0].cut, 1);
	CU_ASSERT(read_values[0].size > 300 && read_values[0].size < 470 && read_values[0].size % 2 == 0);
	CU_ASSERT(!memcmp(read_text, big_text, read_values[0].size));
	send_big(4096, RILL_PACKET_MAX, 99998);
	CU_ASSERT_EQUAL(read_values[0].cut, 1);
	CU_ASSERT(read_values[0].size > 65000 && read_values[0].size % 2 == 0);
}

static void what_fits_no_packet_at_all_is_refused_and_nothing_else_suffers(void)
{
	static struct rill_value values[255];
	const struct rill_event big = EVENT('I', .site = 0, .args = values, .nargs = 255), small = EVENT('I');
	struct help_read h = { .events = 0 };

	for (unsigned i = 0; i < 255; i++)
		values[i] = (struct rill_value){ .name = "n", .type = RILL_TYPE_U64, .u = UINT64_MAX };
	help_begin(512, 512, 0);
	CU_ASSERT_EQUAL(help_event(&small), 0);
	CU_ASSERT_EQUAL(help_event(&big), -EMSGSIZE);
	CU_ASSERT_EQUAL(help_event(&small), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 2);
	/* In a larger one there is room. */
	h = (struct help_read){ .each = keep_event };
	help_begin(512, 4096, 0);
	CU_ASSERT_EQUAL(help_event(&big), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 1);
	CU_ASSERT_EQUAL(read_values[254].u, UINT64_MAX);
}

static void names_that_no_packet_holds_are_cut(void)
{
	struct rill_event event = EVENT('I', ARGS(INT("n", 5)));
	struct help_read h = { .each = keep_event };

	memset(big_text, 'n', 3000);
	big_text[3000] = '\0';
	event.name = event.category = big_text;
	help_begin(512, 512, 0);
	CU_ASSERT_EQUAL(help_event(&event), 0);
	event.site = 0;
	CU_ASSERT_EQUAL(help_event(&event), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 2);
	CU_ASSERT_EQUAL(read_values[0].i, 5);
}

/* Packets of each size are filled to the brim and never beyond: under a sanitizer, one byte too many is a failure. */
static void a_packet_is_never_larger_than_its_buffer(void)
{
	const struct rill_packet_options base = { .packet_bytes = 512, .pid = 1 };

	for (uint32_t size = RILL_PACKET_MIN; size < RILL_PACKET_MIN + 64; size++) {
		struct rill_packet_options options = base;
		struct rill_event event = EVENT('I');
		struct rill_packet_writer *w = malloc(sizeof *w);

		options.buffer = malloc(size);
		options.buffer_bytes = options.packet_bytes = size;
		options.forms = calloc(64, sizeof *options.forms);
		options.threads = calloc(64, sizeof *options.threads);
		options.forms_size = options.threads_size = 64;
		rill_packet_init(w, &options);
		seed = size;
		for (unsigned i = 0; i < 300; i++) {
			make_event(0, i * next() % 1000000);
			event = kept[0];
			event.site = (uint32_t)(next() % 500);
			if (rill_packet_event(w, &event) == -ENOBUFS) {
				CU_ASSERT(rill_packet_close(w, 0) <= size);
				rill_packet_next(w);
			}
		}
		CU_ASSERT(rill_packet_close(w, 0) <= size);
		free(options.buffer);
		free(options.forms);
		free(options.threads);
		free(w);
	}
}

/* ---- what a reader makes of definitions ------------------------------------------------------------- */

static uint32_t sites[4];

static void note_site(struct help_read *h, const struct rill_event *e)
{
	if (h->events < sizeof sites / sizeof *sites)
		sites[h->events] = e->site;
}

static void both_ends_of_a_scope_have_one_site_and_others_their_own(void)
{
	struct rill_event events[4] = {
		EVENT('B', .state = RILL_EVENT_SCOPE),
		EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN, .begin_ns = 2000000000),
		EVENT('B', .state = RILL_EVENT_SCOPE, .site = 18),
		EVENT('E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN, .begin_ns = 2000000000, .site = 18),
	};
	struct help_read h = { .each = note_site };

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(help_event(&events[i]), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 4);
	CU_ASSERT(sites[0] && sites[0] == sites[1]);
	CU_ASSERT(sites[2] && sites[2] == sites[3]);
	CU_ASSERT(sites[0] != sites[2]);
}

static void definitions_are_read_in_the_order_in_which_they_were_made(void)
{
	struct help_read h = { .events = 0 };

	help_begin(4096, 4096, 0);
	for (char name = 'a'; name < 'e'; name++)
		CU_ASSERT_EQUAL(rill_packet_metadata(&writer, (const char[]){ name, 0 }, "{}"), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_STRING_EQUAL(h.text, "a={};b={};c={};d={};");
}

/* ---- kinds ---------------------------------------------------------------------------------------- */

enum { MIXED = 20000, KINDS = 24 };

static int give_kind(const struct rill_event *event, uint64_t kind)
{
	int error = rill_packet_event_like(&writer, event, kind);

	for (int tries = 0; error == -ENOBUFS && tries < 3; tries++) {
		help_send(0);
		error = rill_packet_event_like(&writer, event, kind);
	}
	return error;
}

/* Two threads by turns, and texts that end packets anywhere: what an event has put in front of a text without room must not count. */
static void give_mixed(bool kinds)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

	help_begin(512, 512, 0);
	for (unsigned i = 0; i < MIXED; i++) {
		const unsigned site = (unsigned)(next() % KINDS), texts = site % 3;
		const struct rill_thread *thread = next() % 2 ? &help_main : &help_worker;
		struct rill_value values[2];
		struct rill_event event = EVENT(site % 4 == 3 ? 'E' : 'I', .site = 16 + site, .line = site, .thread = thread,
						.tid = thread->tid, .level = (uint8_t)(next() % 3), .args = values, .nargs = (uint8_t)texts);

		event.ts_ns += 100 * i;
		if (event.phase == 'E') {
			event.state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN;
			event.begin_ns = event.ts_ns - next() % 5000;
		}
		for (unsigned n = 0; n < texts; n++)
			values[n] = (struct rill_value){ .name = "t", .type = RILL_TYPE_COPY, .text = letters + next() % 26,
							 .size = (uint32_t)(next() % 50) };
		CU_ASSERT_EQUAL(give_kind(&event, kinds ? 1u << 17 | (event.phase == 'E') << 16 | event.site : 0), 0);
	}
	help_send(0);
}

static void events_that_come_by_kinds_are_the_same_bytes(void)
{
	const uint64_t begin = seed;
	size_t size;
	uint8_t *bytes;

	give_mixed(false);
	size = tape.size;
	bytes = malloc(size);
	if (!bytes)
		abort();
	memcpy(bytes, tape.bytes, size);
	seed = begin;
	give_mixed(true);
	CU_ASSERT_EQUAL(tape.size, size);
	CU_ASSERT(tape.size == size && !memcmp(tape.bytes, bytes, size));
	free(bytes);
}

/* Where in the table a form of this site goes. */
static unsigned place_of_site(uint32_t site)
{
	const struct rill_event event = EVENT('I', .site = site);
	unsigned place = 0;

	help_begin(4096, 4096, 0);
	CU_ASSERT_EQUAL(help_event(&event), 0);
	while (place < HELP_FORMS - 1 && !help_forms[place].number)
		place++;
	return place;
}

static void a_kind_whose_form_was_refused_does_not_get_the_one_that_came_instead(void)
{
	const uint32_t first = 16, usual = 15;
	uint32_t second = first + 1;
	struct rill_event events[2], filler;
	struct help_read h = { .each = keep_event };

	while (place_of_site(second) != place_of_site(first))
		second++;
	filler = EVENT('I', .site = usual);
	events[0] = EVENT('I', .site = first, .name = "first", .line = 3);
	events[1] = EVENT('I', .site = second, .name = "second", .line = 5);
	help_begin(512, 512, 0);
	/* No room for a definition any more, but for an event. */
	while (writer.end - writer.at > 48)
		CU_ASSERT_EQUAL(rill_packet_event_like(&writer, &filler, 0), 0);
	CU_ASSERT_EQUAL(rill_packet_event_like(&writer, &events[0], 1), -ENOBUFS);
	help_send(0);
	CU_ASSERT_EQUAL(give_kind(&events[1], 2), 0);
	CU_ASSERT_EQUAL(give_kind(&events[0], 1), 0);
	help_send(0);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(read_event.line, 3);
}

static const struct test_case cases[] = {
	T(both_ends_of_a_scope_have_one_site_and_others_their_own),
	T(definitions_are_read_in_the_order_in_which_they_were_made),
	T(a_scope_is_defined_once_for_both_its_ends),
	T(an_end_that_comes_before_its_first_begin_has_a_form_of_its_own),
	T(forms_beyond_the_table_travel_with_their_events),
	T(tables_move_without_a_number_changing),
	T(threads_come_and_go_and_their_totals_stay_exact),
	T(a_new_name_of_a_thread_holds_from_its_packet_on),
	T(an_event_that_needs_it_gets_a_larger_packet),
	T(where_none_is_large_enough_texts_are_cut_between_characters),
	T(what_fits_no_packet_at_all_is_refused_and_nothing_else_suffers),
	T(names_that_no_packet_holds_are_cut),
	T(events_that_come_by_kinds_are_the_same_bytes),
	T(a_kind_whose_form_was_refused_does_not_get_the_one_that_came_instead),
	T(a_packet_is_never_larger_than_its_buffer),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet form", cases, argc, argv);
}
