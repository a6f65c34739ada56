/* SPDX-License-Identifier: MIT
 * test_tool_reader.c - the reader of traces: pieces of any size, values of any length, files that
 * mean harm.
 */
#include "tests/tool_help.h"
#include "tool/model.h"
#include "tool/reader.h"
#include "tool/scan.h"

#include <json-c/json_tokener.h>
#include <stdbool.h>

struct got {
	struct rill_model model;
	struct json_tokener *tokener;
	uint64_t events, members, bytes;
};

/* Bytes that were looked at, by the scanner and by the parser; each may be, more than once. */
static uint64_t looked_at;

size_t __real_rill_scan(struct rill_scan *scan, const char *text, size_t size, enum rill_scan_state *state);
size_t __wrap_rill_scan(struct rill_scan *scan, const char *text, size_t size, enum rill_scan_state *state);

size_t __wrap_rill_scan(struct rill_scan *scan, const char *text, size_t size, enum rill_scan_state *state)
{
	const size_t taken = __real_rill_scan(scan, text, size, state);

	looked_at += taken;
	return taken;
}

static bool take_event(void *ctx, const char *text, size_t size)
{
	struct got *g = ctx;
	struct json_object *o;
	bool good;

	looked_at += size;
	json_tokener_reset(g->tokener);
	o = json_tokener_parse_ex(g->tokener, text, (int)size);
	good = o && json_object_is_type(o, json_type_object) && rill_model_event(&g->model, o);
	json_object_put(o);
	g->events += good;
	g->bytes += good ? size : 0;
	return good;
}

static bool take_member(void *ctx, const char *text, size_t size)
{
	struct got *g = ctx;

	g->members += text[0] == '"' && size > 3;
	return true;
}

static struct rill_reader_result read_fd(int fd, bool members, struct got *g)
{
	const struct rill_reader_ops ops = { take_event, members ? take_member : NULL };
	struct rill_input input = { .name = "test", .fd = fd, .listener = -1 };
	struct rill_reader_result result;

	*g = (struct got){ .tokener = json_tokener_new_ex(128) };
	CU_ASSERT_EQUAL(rill_reader_run(&input, &ops, g, &result), 0);
	rill_model_end(&g->model);
	rill_model_free(&g->model);
	json_tokener_free(g->tokener);
	CU_ASSERT_EQUAL(result.events, g->events);
	return result;
}

static struct rill_reader_result read_text(const char *text, size_t size, bool members,
					   struct got *g)
{
	int fd = tool_scratch(text, size);
	struct rill_reader_result result = read_fd(fd, members, g);

	CU_ASSERT_EQUAL(result.bytes, size);
	close(fd);
	return result;
}

static void a_value_ends_at_its_last_byte_in_pieces_of_any_size(void)
{
	static const char *const values[] = {
		"{\"a\":[1,-2.5e+3,true,null,{\"b\":\"\\\"}]\\u00e9\"}],\"ph\":\"X\"}",
		"[]",
		"{}",
		"\"x\"",
		" { \"k\" : [ ] } ",
	};

	for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
		const size_t length = strlen(values[v]),
			     end = values[v][length - 1] == ' ' ? length - 1 : length;

		for (size_t piece = 1; piece <= length; piece++) {
			enum rill_scan_state state = RILL_SCAN_MORE;
			struct rill_scan scan;
			size_t at = 0;

			rill_scan_begin(&scan);
			while (at < length && state == RILL_SCAN_MORE)
				at += rill_scan(&scan, values[v] + at,
						piece < length - at ? piece : length - at, &state);
			CU_ASSERT_EQUAL(state, RILL_SCAN_DONE);
			CU_ASSERT_EQUAL(at, end);
			CU_ASSERT_EQUAL(scan.phase, v == 0);
		}
	}
}

static void what_cannot_be_json_is_noticed_at_its_first_byte(void)
{
	static const struct {
		const char *text;
		size_t good;
	} c[] = {
		{ "{,", 1 },    { "{\"a\",", 4 }, { "{\"a\":}", 5 }, { "{\"a\":1,}", 7 },
		{ "[1 2]", 3 }, { "[,", 1 },      { "[1,]", 3 },     { "{]", 1 },
		{ "[}", 1 },    { "{\"a\n", 3 },  { "{\"\\x", 3 },   { "{\"\\u12g", 6 },
		{ "{a", 1 },    { "}", 0 },       { "{\"a\":'", 5 }, { "{1", 1 },
	};

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		enum rill_scan_state state;
		struct rill_scan scan;

		rill_scan_begin(&scan);
		CU_ASSERT_EQUAL(rill_scan(&scan, c[i].text, strlen(c[i].text), &state), c[i].good);
		CU_ASSERT_EQUAL(state, RILL_SCAN_BAD);
	}
}

static void nesting_is_limited(void)
{
	char text[2 * RILL_SCAN_DEPTH_MAX + 8] = "";
	enum rill_scan_state state;
	struct rill_scan scan;

	memset(text, '[', RILL_SCAN_DEPTH_MAX);
	memset(text + RILL_SCAN_DEPTH_MAX, ']', RILL_SCAN_DEPTH_MAX);
	rill_scan_begin(&scan);
	rill_scan(&scan, text, strlen(text), &state);
	CU_ASSERT_EQUAL(state, RILL_SCAN_DONE);
	memset(text, '[', RILL_SCAN_DEPTH_MAX + 1);
	rill_scan_begin(&scan);
	rill_scan(&scan, text, strlen(text), &state);
	CU_ASSERT_EQUAL(state, RILL_SCAN_BAD);
}

static char *long_event(char *to, size_t size)
{
	char *end = to + sprintf(to, "{\"ph\":\"I\",\"ts\":1,\"name\":\"");

	memset(end, 'x', size);
	end += size;
	return end + sprintf(end, "\"}");
}

static void events_of_any_length_up_to_the_limit_cross_the_window(void)
{
	enum { ROOM = 48 << 20 };
	static const size_t sizes[] = { 1,
					262100,
					262144,
					524288,
					5000000,
					RILL_READER_EVENT_MAX - 100,
					RILL_READER_EVENT_MAX + 100,
					300 };
	char *text = malloc(ROOM), *end = text;
	struct rill_reader_result result;
	struct got g;

	*end++ = '[';
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		end = long_event(end, sizes[i]);
		end += sprintf(end, ",\n");
	}
	*end++ = ']';
	result = read_text(text, (size_t)(end - text), false, &g);
	CU_ASSERT_EQUAL(g.events, 7);
	CU_ASSERT_EQUAL(result.damaged, 1);
	CU_ASSERT_TRUE(result.closed);
	free(text);
}

static void a_pipe_that_gives_single_bytes_is_read_whole(void)
{
	static const char text[] =
		"\xef\xbb\xbf{\"m\":{\"a\":[1]}, \"traceEvents\":[{\"ph\":\"I\"} , {\"ph\":\"I\",\"ts\":2}],\"n\":\"x\"}";
	struct rill_reader_result result;
	struct got g;
	int ends[2];
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof text - 1; i++)
			if (write(ends[1], text + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	result = read_fd(ends[0], true, &g);
	close(ends[0]);
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(g.events, 2);
	CU_ASSERT_EQUAL(g.members, 2);
	CU_ASSERT_TRUE(result.closed && result.object_form);
}

/* Made so that a reader which looks for the next event again and again from each byte would never
 * end. */
static void files_that_mean_harm_are_read_in_steps_that_grow_with_their_size(void)
{
	static const char *const units[] = {
		",{",
		",{\"a\":",
		",{\"ph\":\"",
		",{\"a\":[",
		"\n{\"ph\":\"X\",\"a\":[{},{},",
		",{\"a\":\"\\",
		"{\"a\":1,\n",
		"[",
		"]",
		",{}",
		"{\"ph\":",
		"\n",
	};
	enum { SIZE = 1 << 20 };
	char *text = malloc(SIZE);

	for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
		const size_t length = strlen(units[u]);
		struct got g;

		for (size_t at = 0; at < SIZE; at++)
			text[at] = at ? units[u][(at - 1) % length] : '[';
		looked_at = 0;
		read_text(text, SIZE, false, &g);
		/* A value that turns out to be none was looked at up to its depth. */
		CU_ASSERT(looked_at <= (uint64_t)RILL_SCAN_DEPTH_MAX * SIZE);
	}
	free(text);
}

static void random_damage_never_harms(void)
{
	static const char letters[] = "{}[]\",:\\\n0aE-\xff";
	char whole[8192] = "[", text[8192];
	unsigned random = 99;
	uint64_t kept = 0;

	for (int i = 0; i < 40; i++)
		sprintf(whole + strlen(whole),
			"%s{\"pid\":1,\"tid\":%d,\"ts\":%d.5,\"ph\":\"%c\",\"cat\":\"c\",\"name\":\"n\\u0041\","
			"\"id\":\"0x1\",\"dur\":3,\"args\":{\"value\":[%d,{\"x\":null}]}}",
			i ? "\n," : "", i % 3, i, "BEXbeCIMSF"[i % 10], i);
	strcat(whole, "]\n");
	for (int round = 0; round < 3000; round++) {
		size_t size = strlen(whole);
		struct got g;

		memcpy(text, whole, size);
		for (int k = 0; k < 1 + round % 9; k++) {
			random = random * 1103515245 + 12345;
			text[1 + (random >> 8) % (size - 1)] =
				letters[(random >> 4) % (sizeof letters - 1)];
		}
		if (round % 4 == 0)
			size = 1 + (random >> 9) % (size - 1);
		read_text(text, size, round & 1, &g);
		kept += g.events;
	}
	CU_ASSERT_TRUE(kept > 3000 * 20);
}

static const struct test_case cases[] = {
	T(a_value_ends_at_its_last_byte_in_pieces_of_any_size),
	T(what_cannot_be_json_is_noticed_at_its_first_byte),
	T(nesting_is_limited),
	T(events_of_any_length_up_to_the_limit_cross_the_window),
	T(a_pipe_that_gives_single_bytes_is_read_whole),
	T(files_that_mean_harm_are_read_in_steps_that_grow_with_their_size),
	T(random_damage_never_harms),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool reader", cases, argc, argv);
}
