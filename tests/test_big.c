/* SPDX-License-Identifier: MIT
 * test_big.c - records from the smallest to the largest: what fits arrives whole, what does not is cut and flagged or counted.
 */
#include "watch_help.h"

enum { LONGEST = 100000 };

static char text[LONGEST + 1];
static uint64_t emitted;

/* Texts are a run of letters from a place that the size decides: a reader sees where one was torn. */
static void fill_text(void)
{
	for (unsigned i = 0; i < LONGEST; i++)
		text[i] = (char)('a' + i % 26);
}

static uint64_t whole, cut, wrong, longest, blobs, many;

static void check_tail(const struct rill_value *size, const struct rill_value *tail)
{
	if (memcmp(tail->text, text, tail->size) != 0 || tail->size > size->u)
		wrong++;
	if (tail->type != RILL_TYPE_BLOB && tail->text[tail->size] != '\0')
		wrong++;
	if (tail->cut != (tail->size < size->u))
		wrong++;
	if (tail->cut)
		cut++;
	else
		whole++;
	if (tail->size > longest)
		longest = tail->size;
	blobs += tail->type == RILL_TYPE_BLOB;
}

static void check(struct watch *w, const struct rill_event *e)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p" };

	(void)w;
	if (strcmp(e->name, "sized") == 0) {
		if (e->nargs == 2)
			check_tail(&e->args[0], &e->args[1]);
		else
			wrong++;
	}
	if (strcmp(e->name, "many") != 0)
		return;
	many++;
	wrong += e->nargs != 16;
	for (unsigned i = 0; i < e->nargs; i++)
		wrong += strcmp(e->args[i].name, keys[i]) != 0;
	if (e->nargs != 16)
		return;
	wrong += e->args[0].i != -8 || e->args[1].u != 200 || e->args[2].i != -16000 || e->args[3].u != 60000;
	wrong += e->args[4].i != -2000000000 || e->args[5].u != 4000000000u || e->args[6].i != INT64_MIN;
	wrong += e->args[7].u != UINT64_MAX || e->args[8].u != 1 || e->args[9].d != 0.5 || e->args[10].d != 0.25;
	wrong += e->args[11].u != 0x1234 || strcmp(e->args[12].text, "static") != 0 || strcmp(e->args[13].text, "abc") != 0;
	wrong += e->args[14].size != 5 || memcmp(e->args[14].blob, "abcde", 5) != 0 || !e->args[15].null;
}

static void emit_sized(uint32_t size, bool blob)
{
	emitted++;
	if (blob)
		RILL_INSTANT("big", "sized", "size", size, "bytes", RILL_BYTES(text, size));
	else
		RILL_INSTANT("big", "sized", "size", size, "text", RILL_COPY(text, size));
}

static void emit_many(void)
{
	const char *none = NULL;

	emitted++;
	RILL_INSTANT("big", "many", "a", (int8_t)-8, "b", (uint8_t)200, "c", (int16_t)-16000, "d", (uint16_t)60000, "e",
		     (int32_t)-2000000000, "f", (uint32_t)4000000000u, "g", INT64_MIN, "h", UINT64_MAX, "i", (_Bool)1, "j", 0.5f,
		     "k", 0.25, "l", (void *)0x1234, "m", "static", "n", RILL_COPY(text, 3), "o", RILL_BYTES(text, 5), "p", none);
}

static bool closes(struct watch *w, struct rill_stats *stats)
{
	NEED(watch_stop(w, stats));
	NEED_EQUAL(stats->delivered + stats->lost_total, emitted);
	NEED_EQUAL(wrong, 0);
	return true;
}

/* ---- room enough ---------------------------------------------------------------------------------- */

static bool up_to_64_kib(void)
{
	struct watch w = { .each = check, .options.queue_bytes = 8 << 20 };
	struct rill_stats stats;

	fill_text();
	NEED(configure(4 << 20, 65536, 2, 0));
	NEED(watch_start(&w, "big"));
	for (uint32_t size = 0; size <= LONGEST; size += size < 3000 ? 37 : 4999) {
		emit_sized(size, false);
		emit_sized(size, true);
		emit_many();
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(closes(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	NEED(whole > 150 && cut > 0 && blobs > 80 && many > 80);
	NEED(longest > 2040 && longest <= 65536);
	return true;
}

static void texts_and_blobs_arrive_whole_and_beyond_a_block_cut_and_flagged(void)
{
	ISOLATED(up_to_64_kib);
}

/* ---- hardly any room ------------------------------------------------------------------------------ */

static bool smallest_rings(void)
{
	struct watch w = { .each = check };
	struct rill_stats stats;

	fill_text();
	NEED(configure(512, 256, 2, 0));
	NEED(watch_start(&w, "big"));
	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t size = 0; size < 600; size += 13) {
			emit_sized(size, size % 2);
			if (size % 3 == 0)
				NEED(rill_session_flush(w.session, 60000) == 0);
		}
		for (unsigned i = 0; i < 50; i++)
			emit_sized(8, false);	/* faster than anybody drains two blocks */
	}
	NEED(closes(&w, &stats));
	NEED(stats.delivered > 0 && whole > 0 && cut > 0);
	NEED(stats.lost[RILL_LOST_FULL] > 0);
	NEED_EQUAL(stats.lost[RILL_LOST_BIG], 0);
	return true;
}

static void rings_of_two_blocks_of_256_bytes_count_what_they_lose(void)
{
	ISOLATED(smallest_rings);
}

static void emit_wide(void)
{
	uint64_t v[40];
	const char *names[40];
	struct rill_arg args[40];

	for (unsigned i = 0; i < 40; i++) {
		v[i] = i;
		names[i] = "name";
		args[i] = (struct rill_arg){ .type = RILL_TYPE_U64, .word = v[i] };
	}
	rill_emit('I', "big", "wide", 0, 0, 40, names, args);
	emitted++;
}

static bool too_big(void)
{
	struct watch w = { .each = check };
	struct rill_stats stats;

	fill_text();
	NEED(configure(512, 256, 2, 0));
	NEED(watch_start(&w, "big"));
	for (unsigned i = 0; i < 30; i++) {	/* numbers cannot be cut: 40 of them fit in no block */
		emit_sized(8, false);
		emit_wide();
		emit_sized(8, true);
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(closes(&w, &stats));
	NEED_EQUAL(stats.lost[RILL_LOST_BIG], 30);
	NEED_EQUAL(stats.lost_total, 30);
	NEED_EQUAL(whole, 60);	/* the neighbours are intact */
	return true;
}

static void what_cannot_be_cut_to_fit_is_lost_as_too_big_and_its_neighbours_are_intact(void)
{
	ISOLATED(too_big);
}

/* Nobody drains before all is emitted: what tells of the losses is in the ring, between its neighbours. */
static uint64_t small_ns[3], small_seen, gaps_between;
static struct rill_gap told[4];
static unsigned told_count;

static void note_time(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "small") == 0 && small_seen < 3)
		small_ns[small_seen++] = e->ts_ns;
}

static void note_gap(struct watch *w, const struct rill_gap *gap)
{
	(void)w;
	if (told_count < sizeof told / sizeof *told)
		told[told_count++] = *gap;
}

static void emit_small(void)
{
	RILL_INSTANT("big", "small");
	emitted++;
}

static bool gaps_in_place(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 2048, .block_bytes = 256, .threads_max = 2, .period_ms = 60000,
				 .wake = RILL_WAKE_POLL };
	struct watch w = { .each = note_time, .each_gap = note_gap };
	struct rill_stats stats;

	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&w, "big"));
	NEED(rill_session_flush(w.session, 60000) == 0);	/* the consumer has made its first pass */
	emit_small();
	emit_wide();
	emit_small();
	emit_wide();
	emit_wide();
	emit_small();
	NEED(closes(&w, &stats));
	NEED_EQUAL(small_seen, 3);
	NEED_EQUAL(stats.lost[RILL_LOST_BIG], 3);
	NEED_EQUAL(stats.lost_total, 3);
	NEED_EQUAL(told_count, 2);
	for (unsigned i = 0; i < 2; i++)
		gaps_between += told[i].cause == RILL_LOST_BIG && told[i].count == i + 1 && told[i].before_ns >= small_ns[i] &&
				told[i].after_ns > told[i].before_ns && told[i].after_ns <= small_ns[i + 1];
	NEED_EQUAL(gaps_between, 2);
	return true;
}

static void what_was_too_big_is_told_between_its_neighbours(void)
{
	ISOLATED(gaps_in_place);
}

/* ---- every text of a dynamic event can be too long ------------------------------------------------ */

static uint64_t dynamic_seen, shortest_name, shortest_scope;

static void check_dynamic(struct watch *w, const struct rill_event *e)
{
	size_t name = strlen(e->name), scope = e->scope ? strlen(e->scope) : 0;

	(void)w;
	wrong += memcmp(e->name, text, name) != 0 || !e->scope || memcmp(e->scope, text, scope) != 0;
	wrong += e->nargs != 1 || memcmp(e->args[0].text, text, e->args[0].size) != 0;
	wrong += e->nargs == 1 && e->args[0].cut != (e->args[0].size > 8);
	if (name < shortest_name)
		shortest_name = name;
	if (scope < shortest_scope)
		shortest_scope = scope;
	dynamic_seen++;
}

/* Which of name, scope and argument is long; the others have 8 bytes. */
static void emit_long(unsigned which)
{
	const char *names[] = { "name" };
	const char *tail = text + LONGEST - 8;
	struct rill_arg arg = { .type = RILL_TYPE_STRING, .tail = tail, .size = 8 };
	struct rill_dynamic e = { .enabled = rill_category("big"), .name = tail, .scope = tail, .id = 5, .phase = 'b', .args = &arg,
				  .nargs = 1, .arg_names = names, .flags = RILL_FLAG_HAS_ID };

	if (which & 1)
		e.name = text;
	if (which & 2)
		e.scope = text;
	if (which & 4)
		arg = (struct rill_arg){ .type = RILL_TYPE_STRING, .tail = text, .size = LONGEST };
	rill_add_event(&e);
	emitted++;
}

static bool long_names_and_scopes(void)
{
	struct rill_stats stats;

	fill_text();
	memcpy(text + LONGEST - 8, text, 8);
	NEED(configure(4096, 512, 2, 0));
	for (unsigned which = 1; which < 8; which++) {
		struct watch w = { .each = check_dynamic };

		dynamic_seen = emitted = 0;
		shortest_name = shortest_scope = LONGEST;
		NEED(watch_start(&w, "big"));
		emit_long(which);
		NEED(closes(&w, &stats));
		NEED_EQUAL(stats.lost_total, 0);
		NEED_EQUAL(dynamic_seen, 1);
		/* 512 bytes of block: equal shares for those that are cut, and a short text is not cut. */
		NEED(shortest_name >= (which & 1 ? 100 : 8) && shortest_scope >= (which & 2 ? 100 : 8));
		NEED(which != 2 || shortest_scope > 300);
	}
	return true;
}

static void a_name_or_scope_longer_than_a_block_is_cut_like_any_text(void)
{
	ISOLATED(long_names_and_scopes);
}

static void sizes_out_of_range_are_refused_by_name(void)
{
	static const struct rill_config bad[] = {
		{ .size = sizeof bad[0], .buffer_bytes = 511 },
		{ .size = sizeof bad[0], .buffer_bytes = (UINT64_C(1) << 30) + 1 },
		{ .size = sizeof bad[0], .buffer_bytes = UINT64_C(1) << 63 },
		{ .size = sizeof bad[0], .block_bytes = 128 },
		{ .size = sizeof bad[0], .block_bytes = 300 },
		{ .size = sizeof bad[0], .block_bytes = 131072 },
		{ .size = sizeof bad[0], .buffer_bytes = 512, .block_bytes = 512 },
		{ .size = sizeof bad[0], .threads_max = 4097 },
		{ .size = 3 },
	};

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CU_ASSERT_EQUAL(rill_configure(&bad[i]), -22);
		CU_ASSERT_NOT_EQUAL(rill_error()[0], '\0');
	}
}

static const struct test_case cases[] = {
	T(texts_and_blobs_arrive_whole_and_beyond_a_block_cut_and_flagged),
	T(rings_of_two_blocks_of_256_bytes_count_what_they_lose),
	T(what_cannot_be_cut_to_fit_is_lost_as_too_big_and_its_neighbours_are_intact),
	T(what_was_too_big_is_told_between_its_neighbours),
	T(a_name_or_scope_longer_than_a_block_is_cut_like_any_text),
	T(sizes_out_of_range_are_refused_by_name),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("big records", cases, argc, argv);
}
