/* SPDX-License-Identifier: MIT
 * test_tool_words.c - the tool's small parts: sizes, times, similar names, safe printing,
 * options, tables, sketches.
 */
#include "tests/tool_help.h"
#include "tool/sketch.h"
#include "tool/table.h"
#include "tool/words.h"

#include <errno.h>
#include <stdint.h>

static void sizes_have_units_of_1024_and_nothing_else_behind(void)
{
	static const struct {
		const char *text;
		int result;
		uint64_t size;
	} c[] = {
		{ "0", 0, 0 },
		{ "512", 0, 512 },
		{ "512k", 0, 524288 },
		{ "4M", 0, 4194304 },
		{ "1G", 0, 1073741824 },
		{ "2T", 0, UINT64_C(2) << 40 },
		{ "64K", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "64kB", 0, 65536 },
		{ "7B", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1kk", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.5M", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		uint64_t size = 0;

		CU_ASSERT_EQUAL(rill_parse_size(c[i].text, &size), c[i].result);
		if (!c[i].result)
			CU_ASSERT_EQUAL(size, c[i].size);
	}
}

static void numbers_keep_their_bounds(void)
{
	uint64_t n;

	CU_ASSERT_EQUAL(rill_parse_number("10", 1, 10, &n), 0);
	CU_ASSERT_EQUAL(n, 10);
	CU_ASSERT_EQUAL(rill_parse_number("11", 1, 10, &n), -ERANGE);
	CU_ASSERT_EQUAL(rill_parse_number("0", 1, 10, &n), -ERANGE);
	CU_ASSERT_EQUAL(rill_parse_number("1k", 1, 10, &n), -EINVAL);
}

static void amounts_are_readable(void)
{
	CU_ASSERT_STRING_EQUAL(rill_bytes_word(0).text, "0 bytes");
	CU_ASSERT_STRING_EQUAL(rill_bytes_word(999).text, "999 bytes");
	CU_ASSERT_STRING_EQUAL(rill_bytes_word(1234567).text, "1.2 MB");
	CU_ASSERT_STRING_EQUAL(rill_bytes_word(123456789).text, "123 MB");
	CU_ASSERT_STRING_EQUAL(rill_bytes_word(UINT64_MAX).text, "18446744 TB");
	CU_ASSERT_STRING_EQUAL(rill_size_word(524288).text, "512k");
	CU_ASSERT_STRING_EQUAL(rill_size_word(1000).text, "1000");
	CU_ASSERT_STRING_EQUAL(rill_size_word(0).text, "0");
	CU_ASSERT_STRING_EQUAL(rill_time_word(999).text, "999 ns");
	CU_ASSERT_STRING_EQUAL(rill_time_word(12345).text, "12.3 us");
	CU_ASSERT_STRING_EQUAL(rill_time_word(123456789).text, "123 ms");
	CU_ASSERT_STRING_EQUAL(rill_time_word(UINT64_C(12345678901)).text, "12.3 s");
}

static const char *nearest(const char *wanted, const char *const *words)
{
	struct rill_nearest n = { 0 };

	for (; *words; words++)
		rill_nearest_offer(&n, wanted, *words);
	return n.count ? n.word[0] : "";
}

static void the_nearest_name_is_found_and_a_far_one_is_not(void)
{
	static const char *const words[] = { "record", "report", "net.rx", "disk", "", NULL };

	CU_ASSERT_STRING_EQUAL(nearest("recrod", words), "record");
	CU_ASSERT_STRING_EQUAL(nearest("reprt", words), "report");
	CU_ASSERT_STRING_EQUAL(nearest("net", words), "net.rx");
	CU_ASSERT_STRING_EQUAL(nearest("disks", words), "disk");
	CU_ASSERT_STRING_EQUAL(nearest("xyzzy", words), "");
	CU_ASSERT_STRING_EQUAL(
		nearest("a-very-long-name-that-is-longer-than-any-limit-of-the-distance-computation-here",
			words),
		"");
}

static void the_three_nearest_come_in_order(void)
{
	static const char *const words[] = {
		"abcdxx", "abcdex", "abcdef", "abxdef", "abcdef", NULL
	};
	struct rill_nearest n = { 0 };

	for (size_t i = 0; words[i]; i++)
		rill_nearest_offer(&n, "abcdef", words[i]);
	CU_ASSERT_EQUAL(n.count, 3);
	CU_ASSERT_STRING_EQUAL(n.word[0], "abcdef");
	CU_ASSERT_STRING_EQUAL(n.word[1], "abcdex");
	CU_ASSERT_STRING_EQUAL(n.word[2], "abxdef");
}

static void printing_is_safe_for_a_terminal(void)
{
	char shown[64] = "";
	FILE *f = fmemopen(shown, sizeof shown, "w");

	CU_ASSERT_EQUAL(rill_put_safe(f, "a\033\n\xc3\xa9\xff\xc2\x9b\xe2\x80\xae"),
			1 + 4 + 4 + 1 + 4 + 8 + 12);
	fclose(f);
	CU_ASSERT_STRING_EQUAL(shown, "a\\x1b\\x0a\xc3\xa9\\xff\\xc2\\x9b\\xe2\\x80\\xae");
}

/* ---- options
 * -------------------------------------------------------------------------------------- */

static char seen[256];

static int take(void *ctx, int id, const char *value)
{
	(void)ctx;
	snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%c=%s;", id,
		 value ? value : "-");
	return 0;
}

static const struct rill_option some[] = {
	{ 'o', "output", "FILE" }, { 'q', "quiet", NULL }, { 'v', "very", NULL }, { 0, NULL, NULL }
};
static int nothing(const struct rill_verb *verb, int argc, char **argv)
{
	const int code = rill_options(verb, NULL, &argc, argv);

	printf("%s", seen);
	for (int i = 0; i < argc; i++)
		printf("%s,", argv[i]);
	printf("%s", argv[argc] ? "no end" : "end");
	return code < 0 ? 0 : code;
}
static const struct rill_verb anywhere = { "test", "", "the help\n", some, take, nothing, 0 };
static const struct rill_verb first = { "test", "", "the help\n", some, take, nothing, 1 };

static void options_are_read_as_gnu_programs_do(void)
{
	static const struct {
		const struct rill_verb *verb;
		const char *args[8], *wanted;
	} c[] = {
		{ &anywhere, { "-o", "a", "x", "-qv", "--output=b" }, "o=a;q=-;v=-;o=b;x,end" },
		{ &anywhere, { "-oa", "--output", "-z", "-", "-qoc" }, "o=a;o=-z;q=-;o=c;-,end" },
		{ &anywhere, { "x", "--", "-q", "--" }, "x,-q,--,end" },
		{ &first, { "-q", "prog", "-q", "--very" }, "q=-;prog,-q,--very,end" },
		{ &first, { "-q", "--", "-prog", "-q" }, "q=-;-prog,-q,end" },
		{ &anywhere, { "--output=" }, "o=;end" },
		{ &anywhere, { NULL }, "end" },
	};

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct tool_result r = tool_run(c[i].verb, c[i].args, "", 0);

		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_STRING_EQUAL(r.out, c[i].wanted);
		tool_done(&r);
	}
}

static void wrong_options_are_named(void)
{
	TOOL_SAYS(&anywhere, 2, "unknown option '--outptu': did you mean '--output'?", "--outptu");
	TOOL_SAYS(&anywhere, 2, "unknown option '--zzzzzzzz'", "--zzzzzzzz=1");
	TOOL_SAYS(&anywhere, 2, "unknown option '-x'", "-qx");
	TOOL_SAYS(&anywhere, 2, "option '--output' needs a value: --output FILE", "-o");
	TOOL_SAYS(&anywhere, 2, "option '--quiet' takes no value, but 'x' was given", "--quiet=x");
	TOOL_SAYS(&anywhere, 2, "(see 'rill help test')", "--quie");
}

static void help_is_output_and_success(void)
{
	struct tool_result r = tool_run(&anywhere, (const char *const[]){ "--help", NULL }, "", 0);

	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "the help\n"));
	tool_done(&r);
}

/* ---- tables and sketches
 * -------------------------------------------------------------------------- */

static void a_table_finds_what_was_put_and_not_what_was_removed(void)
{
	enum { KEYS = 5000 };
	static int values[KEYS];
	struct rill_table t = { 0 };

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < KEYS; i++)
			*rill_table_put(&t, &i, sizeof i) = &values[i];
		for (int i = 0; i < KEYS; i += 3)
			rill_table_remove(&t, &i, sizeof i);
		for (int i = 0; i < KEYS; i++) {
			void **found = rill_table_find(&t, &i, sizeof i);

			CU_ASSERT_EQUAL(found ? *found : NULL, i % 3 ? &values[i] : NULL);
		}
		CU_ASSERT_EQUAL(t.count, KEYS - (KEYS + 2) / 3);
	}
	rill_table_free(&t, NULL);
}

static int ascending(const void *a, const void *b)
{
	return (*(const uint64_t *)a > *(const uint64_t *)b) -
	       (*(const uint64_t *)a < *(const uint64_t *)b);
}

static void percentiles_are_at_most_1_percent_off(void)
{
	enum { COUNT = 20001 };
	static const unsigned asked[] = { 1, 10, 500, 900, 990, 999, 1000 };
	static uint64_t numbers[COUNT];
	uint64_t random = 88172645463325252;

	for (int shape = 0; shape < 4; shape++) {
		struct rill_sketch s = { 0 };

		for (int i = 0; i < COUNT; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			numbers[i] = shape == 0   ? random
				     : shape == 1 ? random >> (random & 63)
				     : shape == 2 ? 1000000 + random % 1000
						  : random % 128;
			rill_sketch_add(&s, numbers[i]);
		}
		qsort(numbers, COUNT, sizeof numbers[0], ascending);
		for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
			const uint64_t rank = ((uint64_t)COUNT * asked[i] + 999) / 1000;
			const uint64_t exact = numbers[rank - 1],
				       got = rill_sketch_at(&s, asked[i]);
			const uint64_t off = got > exact ? got - exact : exact - got;

			CU_ASSERT_TRUE(off <= exact / 100 || off == 0);
		}
		CU_ASSERT_EQUAL(s.min, numbers[0]);
		CU_ASSERT_EQUAL(s.max, numbers[COUNT - 1]);
		CU_ASSERT_EQUAL(s.count, COUNT);
		rill_sketch_free(&s);
	}
}

static void a_sketch_of_nothing_and_of_extremes(void)
{
	struct rill_sketch s = { 0 };

	CU_ASSERT_EQUAL(rill_sketch_at(&s, 500), 0);
	CU_ASSERT_EQUAL(rill_sketch_mean(&s), 0);
	rill_sketch_add(&s, UINT64_MAX);
	rill_sketch_add(&s, UINT64_MAX);
	CU_ASSERT_EQUAL(rill_sketch_at(&s, 500), UINT64_MAX);
	CU_ASSERT_EQUAL(s.sum, UINT64_MAX);
	rill_sketch_add(&s, 0);
	CU_ASSERT_EQUAL(rill_sketch_at(&s, 1), 0);
	rill_sketch_free(&s);
}

static const struct test_case cases[] = {
	T(sizes_have_units_of_1024_and_nothing_else_behind),
	T(numbers_keep_their_bounds),
	T(amounts_are_readable),
	T(the_nearest_name_is_found_and_a_far_one_is_not),
	T(the_three_nearest_come_in_order),
	T(printing_is_safe_for_a_terminal),
	T(options_are_read_as_gnu_programs_do),
	T(wrong_options_are_named),
	T(help_is_output_and_success),
	T(a_table_finds_what_was_put_and_not_what_was_removed),
	T(percentiles_are_at_most_1_percent_off),
	T(a_sketch_of_nothing_and_of_extremes),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool words", cases, argc, argv);
}
