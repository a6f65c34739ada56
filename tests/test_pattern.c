/* SPDX-License-Identifier: MIT
 * test_pattern.c - wildcard patterns, also against a slow matcher that tries all ways.
 */
#include "test.h"

#include "filter_help.h"
#include "control/pattern.h"


static bool match(const char *pattern, const char *text)
{
	return rill_pattern_match(pattern, strlen(pattern), text, strlen(text));
}

static void patterns_match_whole_texts(void)
{
	CU_ASSERT(match("abc", "abc"));
	CU_ASSERT(!match("abc", "abcd"));
	CU_ASSERT(!match("abc", "ab"));
	CU_ASSERT(!match("", "a"));
	CU_ASSERT(match("", ""));
	CU_ASSERT(match("*", ""));
	CU_ASSERT(match("?", ""));
	CU_ASSERT(match("a?b?c", "abc"));
	CU_ASSERT(match("a?b?c", "axbyc"));
	CU_ASSERT(!match("a?b?c", "axxbc"));
	CU_ASSERT(match("?*?", "x"));
	CU_ASSERT(match("???", "ab"));
	CU_ASSERT(!match("???", "abcd"));
	CU_ASSERT(match("*b", "aabab"));
	CU_ASSERT(match("a?bc", "abbc"));
	CU_ASSERT(match("*a?b*", "xaab"));
	CU_ASSERT(!match("*a?b*", "xaccb"));
}

static void a_question_mark_is_a_character_not_a_byte(void)
{
	CU_ASSERT(match("caf?", "caf\xc3\xa9"));
	CU_ASSERT(!match("caf?", "caf\xc3\xa9s"));
	CU_ASSERT(match("?", "\xf0\x9f\x98\x80"));
	CU_ASSERT(match("\xc3\xa9?", "\xc3\xa9"));
	CU_ASSERT(!match("\xc3?", "\xc3\xa9"));
	CU_ASSERT(match("?", "\xff"));
	CU_ASSERT(!match("?", "\xff\xfe"));
	CU_ASSERT(match("*\xff*", "a\xff"
				  "b"));
}

static void a_backslash_makes_the_next_character_plain(void)
{
	CU_ASSERT(match("a\\*b", "a*b"));
	CU_ASSERT(!match("a\\*b", "axb"));
	CU_ASSERT(match("a\\?", "a?"));
	CU_ASSERT(!match("a\\?", "a"));
	CU_ASSERT(match("\\\\", "\\"));
	CU_ASSERT(match("\\a", "a"));
	CU_ASSERT(match("a\\", "a"));
	CU_ASSERT(!match("a\\", "a\\"));
	CU_ASSERT(match("\\\xc3\xa9*", "\xc3\xa9t"));
	CU_ASSERT(on("a\\*", "a*"));
	CU_ASSERT(!on("a\\*", "ab"));
}

static void random_patterns_match_as_a_slow_matcher_says(void)
{
	unsigned wrong = 0, matched = 0;
	char pattern[10], text[10];

	for (int i = 0; i < 200000; i++) {
		random_text(pattern, sizeof(pattern), i & 1 ? "ab*?" : "ab*?\\");
		random_text(text, sizeof(text), i & 1 ? "ab" : "ab*\\");
		matched += slow_match(pattern, text);
		if (match(pattern, text) != slow_match(pattern, text) && !wrong++)
			fprintf(stderr, "pattern '%s', text '%s'\n", pattern, text);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(matched > 10000);
}

static void hostile_patterns_take_linear_time(void)
{
	enum { LENGTH = 64 << 10 };
	char pattern[RILL_PATTERN_MAX + 2], *text = malloc(LENGTH + 1);

	memset(text, 'a', LENGTH);
	text[LENGTH] = '\0';
	for (size_t i = 0; i < RILL_PATTERN_MAX; i++)
		pattern[i] = "*a"[i & 1];
	pattern[RILL_PATTERN_MAX - 1] = 'b';
	CU_ASSERT(!rill_pattern_match(pattern, RILL_PATTERN_MAX, text, LENGTH));
	memset(pattern, '?', RILL_PATTERN_MAX);
	CU_ASSERT(!rill_pattern_match(pattern, RILL_PATTERN_MAX, text, LENGTH));
	memset(pattern, '*', RILL_PATTERN_MAX - 1);
	pattern[RILL_PATTERN_MAX - 1] = 'b';
	CU_ASSERT(!rill_pattern_match(pattern, RILL_PATTERN_MAX, text, LENGTH));
	pattern[0] = 'a';
	pattern[RILL_PATTERN_MAX - 1] = 'a';
	CU_ASSERT(rill_pattern_match(pattern, RILL_PATTERN_MAX, text, LENGTH));
	CU_ASSERT(!rill_pattern_match(pattern, RILL_PATTERN_MAX + 1, text, LENGTH));
	/* An exponential matcher would not have come back. */
	free(text);
}

static const struct test_case cases[] = {
	T(patterns_match_whole_texts),
	T(a_question_mark_is_a_character_not_a_byte),
	T(a_backslash_makes_the_next_character_plain),
	T(random_patterns_match_as_a_slow_matcher_says),
	T(hostile_patterns_take_linear_time),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("pattern", cases, argc, argv);
}
