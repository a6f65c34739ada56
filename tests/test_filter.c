/* SPDX-License-Identifier: MIT
 * test_filter.c - which groups a filter enables: Chromium's rules, V8's, bad and big input.
 */
#include "test.h"

#include "filter_help.h"
#include "control/filter.h"

#include <errno.h>

static bool text_becomes(const char *text, const char *expected)
{
	struct rill_filter *filter = parse(text, RILL_MATCH_CHROMIUM);
	bool same = has_text(filter, expected);

	rill_filter_free(filter);
	return same;
}

/* Is the text refused, with a message that holds this? */
static bool refused(const char *text, enum rill_match match, const char *message)
{
	struct rill_filter *filter = (struct rill_filter *)&filter;

	if (rill_filter_parse(text, match, &filter) != -EINVAL || filter)
		return false;
	if (!strstr(rill_error(), message))
		fprintf(stderr, "'%s' is not in '%s'\n", message, rill_error());
	return strstr(rill_error(), message) != NULL;
}

/* ---- Chromium's rules ------------------------------------------------------------------------ */

static void CF_1_an_empty_filter_is_everything_but_disabled_by_default(void)
{
	static const char *const texts[] = { "", " ", ",", " , ,", "\t", NULL };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT(on(texts[i], "foo"));
		CU_ASSERT(on(texts[i], "foo,disabled-by-default-cc"));
		CU_ASSERT(on(texts[i], "disabled-by-default-cc,foo"));
		CU_ASSERT(!on(texts[i], "disabled-by-default-cc"));
		CU_ASSERT(!on(texts[i], "disabled-by-default-cc,disabled-by-default-cc2"));
		CU_ASSERT(!on(texts[i], "disabled-by-default-"));
		CU_ASSERT(on(texts[i], "disabled-by-default"));
		CU_ASSERT(text_becomes(texts[i], ""));
	}
}

static void CF_2_a_star_is_the_same_as_nothing_for_normal_categories(void)
{
	CU_ASSERT(on("*", "foo"));
	CU_ASSERT(on("*", "foo,bar"));
	CU_ASSERT(on("*", "foo,disabled-by-default-cc"));
	CU_ASSERT(!on("*", "disabled-by-default-cc"));
	CU_ASSERT(text_becomes("*", "*"));
}

static void CF_3_included_and_excluded_with_patterns(void)
{
	static const char text[] = "included,-excluded,inc_pattern*,-exc_pattern*";

	CU_ASSERT(on(text, "included"));
	CU_ASSERT(!on(text, "excluded"));
	CU_ASSERT(on(text, "inc_patternX"));
	CU_ASSERT(on(text, "inc_pattern"));
	CU_ASSERT(!on(text, "exc_patternX"));
	CU_ASSERT(!on(text, "other"));
	CU_ASSERT(!on(text, "disabled-by-default-included"));
	CU_ASSERT(!on(text, "included "));
	CU_ASSERT(!on(text, "INCLUDED"));
}

static void CF_4_an_exclusion_alone_leaves_everything_else_on(void)
{
	CU_ASSERT(!on("-webkit", "webkit"));
	CU_ASSERT(on("-webkit", "net"));
	CU_ASSERT(on("-webkit", "webkit2"));
	CU_ASSERT(!on("-webkit*", "webkit2"));
	CU_ASSERT(!on("-webkit", "disabled-by-default-net"));
	CU_ASSERT(on("-a,-b", "c"));
	CU_ASSERT(!on("-a,-b", "a,b"));
}

static void CF_5_all_excluded_and_one_included_is_that_one_and_metadata(void)
{
	CU_ASSERT(on("-*,webkit", "webkit"));
	CU_ASSERT(on("webkit,-*", "webkit"));
	CU_ASSERT(on("-*,webkit", "webkit,net"));
	CU_ASSERT(!on("-*,webkit", "net"));
	CU_ASSERT(!on("-*,webkit", "disabled-by-default-webkit"));
	CU_ASSERT(on("-*,webkit", "__metadata"));
}

static void CF_6_a_group_survives_with_one_name_that_is_not_excluded(void)
{
	CU_ASSERT(on("-webkit", "webkit,tracing"));
	CU_ASSERT(on("-webkit", "tracing,webkit"));
	CU_ASSERT(on("-a,-c", "a,b,c"));
	CU_ASSERT(!on("-a,-c", "a,c,a"));
}

static void CF_7_include_beats_exclude_in_any_order(void)
{
	CU_ASSERT(on("a,-a", "a"));
	CU_ASSERT(on("-a,a", "a"));
	CU_ASSERT(on("net.rx,-net*", "net.rx"));
	CU_ASSERT(!on("net.rx,-net*", "net.tx"));
	CU_ASSERT(on("net*,-net.rx", "net.rx"));
	CU_ASSERT(on("*,-a", "a"));
}

static void CF_8_a_group_with_a_disabled_name_is_on_by_the_other_one(void)
{
	CU_ASSERT(on("", "a,disabled-by-default-b"));
	CU_ASSERT(on("disabled-by-default-b", "a,disabled-by-default-b"));
	CU_ASSERT(on("x,disabled-by-default-b", "a,disabled-by-default-b"));
	CU_ASSERT(on("a", "a,disabled-by-default-b"));
	CU_ASSERT(!on("x", "a,disabled-by-default-b"));
}

static void CF_9_a_star_does_not_enable_what_is_disabled_by_default(void)
{
	CU_ASSERT(!on("*", "disabled-by-default-b"));
	CU_ASSERT(!on("**", "disabled-by-default-b"));
	CU_ASSERT(!on("disabled*", "disabled-by-default-b"));
	CU_ASSERT(!on("?isabled-by-default-b", "disabled-by-default-b"));
}

static void CF_10_a_disabled_by_default_pattern_enables_what_it_matches(void)
{
	CU_ASSERT(on("disabled-by-default-*", "disabled-by-default-b"));
	CU_ASSERT(on("disabled-by-default-v8.*", "disabled-by-default-v8.gc"));
	CU_ASSERT(!on("disabled-by-default-v8.*", "disabled-by-default-cc"));
	CU_ASSERT(on("disabled-by-default-b,-disabled-by-default-b", "disabled-by-default-b"));
	CU_ASSERT(!on("-disabled-by-default-b", "disabled-by-default-b"));
	CU_ASSERT(on("foo,disabled-by-default-foo", "disabled-by-default-foo"));
	CU_ASSERT(on("foo,disabled-by-default-foo", "foo"));
	CU_ASSERT(!on("foo,disabled-by-default-foo", "bar"));
	CU_ASSERT(!on("foo,disabled-by-default-foo", "disabled-by-default-bar"));
}

static void CF_11_a_disabled_name_alone_leaves_the_default_ones_on(void)
{
	CU_ASSERT(on("disabled-by-default-cc", "disabled-by-default-cc"));
	CU_ASSERT(on("disabled-by-default-cc", "foo"));
	CU_ASSERT(!on("disabled-by-default-cc", "disabled-by-default-x"));
	CU_ASSERT(on("disabled-by-default-cc,-excluded", "some_other_group"));
	CU_ASSERT(!on("disabled-by-default-cc,-excluded", "excluded"));
	CU_ASSERT(!on("disabled-by-default-cc,-*", "foo"));
}

static void CF_12_blanks_around_names_are_removed(void)
{
	CU_ASSERT(text_becomes(" foo , bar ", "foo,bar"));
	CU_ASSERT(text_becomes("\t foo\r\n,\v bar\f", "foo,bar"));
	CU_ASSERT(on(" foo , bar ", "foo"));
	CU_ASSERT(on(" foo , bar ", "bar"));
	CU_ASSERT(!on(" foo , bar ", " bar"));
	CU_ASSERT(on(" two words ,x", "two words"));
	CU_ASSERT(!on(" - foo", "foo"));
	CU_ASSERT(text_becomes(" included , -excluded, inc_pattern*, ,-exc_pattern*   ",
			       "included,inc_pattern*,-excluded,-exc_pattern*"));
}

static void CF_13_empty_names_are_skipped(void)
{
	CU_ASSERT(text_becomes(",,a,, ,b,", "a,b"));
	CU_ASSERT(!on(",a,", "b"));
	CU_ASSERT(!on(",a,", ""));
	CU_ASSERT(!on("", ""));
	CU_ASSERT(!on("", ",,"));
	CU_ASSERT(on("", ",a,"));
	CU_ASSERT(on("a", ",,a"));
	CU_ASSERT(!on("-a", ",a,"));
	CU_ASSERT(!on("-a", "a,,disabled-by-default-b"));
}

static void CF_14_patterns_with_stars_and_question_marks(void)
{
	CU_ASSERT(on("cat?", "cat"));
	CU_ASSERT(on("cat?", "cats"));
	CU_ASSERT(!on("cat?", "catss"));
	CU_ASSERT(!on("cat?", "ca"));
	CU_ASSERT(on("c*t", "chat"));
	CU_ASSERT(on("c*t", "ct"));
	CU_ASSERT(!on("c*t", "chats"));
	CU_ASSERT(!on("-cat?,-c*t", "chat"));
	CU_ASSERT(!on("-cat?", "cats"));
}

static void CF_15_the_text_lists_included_disabled_excluded(void)
{
	CU_ASSERT(text_becomes("included,-excluded,inc_pattern*,-exc_pattern*",
			       "included,inc_pattern*,-excluded,-exc_pattern*"));
	CU_ASSERT(text_becomes("-x,disabled-by-default-b,a", "a,disabled-by-default-b,-x"));
	CU_ASSERT(text_becomes("only_inc_cat", "only_inc_cat"));
	CU_ASSERT(text_becomes("-only_exc_cat", "-only_exc_cat"));
	CU_ASSERT(text_becomes("-x,-*", "-x,-*"));
	CU_ASSERT(text_becomes("b,a,b", "b,a,b"));
	CU_ASSERT(text_becomes("-disabled-by-default-x", "-disabled-by-default-x"));
}

static void CF_18_groups_of_included_and_excluded_names(void)
{
	static const char text[] = "included,-excluded,inc_pattern*,-exc_pattern*";

	CU_ASSERT(on(text, "included,excluded"));
	CU_ASSERT(on(text, "excluded,included"));
	CU_ASSERT(!on(text, "excluded,exc_pattern_category"));
	CU_ASSERT(on("included,-excluded", "included,excluded"));
	CU_ASSERT(!on("included,-excluded", "excluded,exc_pattern_category"));
}

static void CF_19_an_exclusion_does_not_enable_the_disabled_name_beside_it(void)
{
	CU_ASSERT(!on("-excluded", "excluded,disabled-by-default-cc"));
	CU_ASSERT(!on("-excluded", "disabled-by-default-cc,excluded"));
	CU_ASSERT(on("-excluded", "excluded,disabled-by-default-cc,other"));
	CU_ASSERT(on("-excluded,disabled-by-default-cc", "excluded,disabled-by-default-cc"));
	CU_ASSERT(!on("-a,-b", "a,b,disabled-by-default-cc"));
}

static void CF_20_an_included_name_takes_the_others_out(void)
{
	CU_ASSERT(on("a", "a"));
	CU_ASSERT(!on("a", "b"));
	CU_ASSERT(!on("a", "ab"));
	CU_ASSERT(!on("a", "b,c"));
	CU_ASSERT(on("a", "b,a,c"));
}

static void CF_21_a_disabled_and_an_included_name_need_including(void)
{
	CU_ASSERT(on("disabled-by-default-cc,included", "disabled-by-default-cc"));
	CU_ASSERT(on("disabled-by-default-cc,included", "included"));
	CU_ASSERT(!on("disabled-by-default-cc,included", "other_included"));
	CU_ASSERT(
		text_becomes("disabled-by-default-cc,included", "included,disabled-by-default-cc"));
}

static void CF_22_names_with_blanks_at_an_end_are_no_categories(void)
{
	static const char *const bad[] = { " bad ",  " bad", "bad ",  "",     "   bad",
					   "bad   ", " ",    "bad\t", "\nbad" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!rill_category_allowed(bad[i]));
	CU_ASSERT(rill_category_allowed("good_category"));
	CU_ASSERT(rill_category_allowed("good category"));
	CU_ASSERT(rill_category_allowed("x"));
}

static void metadata_is_on_for_every_filter(void)
{
	static const char *const texts[] = {
		"", "*", "-*", "-__metadata", "a", "disabled-by-default-x", "-__meta*"
	};
	struct rill_filter *filter;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT(on(texts[i], "__metadata"));
	CU_ASSERT(!on("-*", "__metadata2"));
	CU_ASSERT(!on("-*", "__metadata,a"));
	filter = parse("-*", RILL_MATCH_CHROMIUM);
	CU_ASSERT_EQUAL(rill_filter_set_events(filter, "-*"), 0);
	CU_ASSERT(rill_filter_wants(filter, "__metadata", "thread_name"));
	rill_filter_free(filter);
}

/* ---- V8's rules ------------------------------------------------------------------------------ */

static void TC_4_a_group_is_on_when_any_name_is(void)
{
	CU_ASSERT(exact_on("foo", "foo"));
	CU_ASSERT(exact_on("foo", "foo,bar"));
	CU_ASSERT(exact_on("foo", "bar,foo"));
	CU_ASSERT(exact_on("foo", "foo,"));
	CU_ASSERT(exact_on("foo", ",foo"));
	CU_ASSERT(exact_on("foo", "a,foo,b"));
	CU_ASSERT(exact_on("x,foo", "foo"));
	CU_ASSERT(exact_on("v8,disabled-by-default-v8.runtime", "v8,v8.cpu_profile"));
}

static void TC_5_nothing_but_the_exact_name_is_on(void)
{
	static const char *const groups[] = {
		"bar, foo", "foo ", "foo*", "FOO",      "fo",      "foobar", "",
		",",        "xfoo", " foo", "foo ,bar", "foo;bar", "f?o",
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		CU_ASSERT(!exact_on("foo", groups[i]));
}

static void TC_6_there_are_no_wildcards_and_no_exclusions(void)
{
	CU_ASSERT(!exact_on("*", "foo"));
	CU_ASSERT(exact_on("*", "*"));
	CU_ASSERT(!exact_on("f?o", "foo"));
	CU_ASSERT(!exact_on("foo*", "foobar"));
	CU_ASSERT(exact_on("foo,-foo", "foo"));
	CU_ASSERT(exact_on("-foo", "-foo"));
	CU_ASSERT(!exact_on("-foo", "bar"));
	CU_ASSERT(exact_on("a\\*", "a\\*"));
	CU_ASSERT(exact_on(" foo", "bar, foo"));
	CU_ASSERT(!exact_on(" foo", "foo"));
}

static void TC_7_metadata_is_on_for_any_config(void)
{
	CU_ASSERT(exact_on("", "__metadata"));
	CU_ASSERT(exact_on("foo", "__metadata"));
	CU_ASSERT(exact_on("-__metadata", "__metadata"));
}

static void TC_8_a_disabled_by_default_name_is_a_plain_name(void)
{
	struct rill_filter *filter = parse("disabled-by-default-x,a", RILL_MATCH_EXACT);

	CU_ASSERT(rill_filter_group(filter, "disabled-by-default-x"));
	CU_ASSERT(rill_filter_group(filter, "b,disabled-by-default-x"));
	CU_ASSERT(!rill_filter_group(filter, "disabled-by-default-y"));
	CU_ASSERT(has_text(filter, "disabled-by-default-x,a"));
	rill_filter_free(filter);
	CU_ASSERT(!exact_on("disabled-by-default-*", "disabled-by-default-x"));
}

static void TC_9_an_empty_exact_filter_is_nothing(void)
{
	CU_ASSERT(!exact_on("", "foo"));
	CU_ASSERT(!exact_on("", "v8"));
	CU_ASSERT(!exact_on("", ""));
	CU_ASSERT(!exact_on(",,", "foo"));
	CU_ASSERT(!exact_on("\"\"", "foo"));
}

/* ---- bad input, big input -------------------------------------------------------------------- */

static void bad_filters_are_refused_with_the_reason(void)
{
	char *long_name = malloc(RILL_FILTER_NAME_MAX + 2),
	     *long_text = malloc(RILL_FILTER_TEXT_MAX + 2);

	CU_ASSERT(refused("a,b\001c", RILL_MATCH_CHROMIUM,
			  "name 2 holds the control character 0x01 behind 'b'"));
	CU_ASSERT(refused("a\nb", RILL_MATCH_CHROMIUM, "0x0a"));
	CU_ASSERT(refused("a\x7f", RILL_MATCH_EXACT, "0x7f"));
	CU_ASSERT(refused("a\t", RILL_MATCH_EXACT, "0x09"));
	CU_ASSERT(refused("a,-", RILL_MATCH_CHROMIUM, "name 2 is a '-' alone"));
	CU_ASSERT(refused(" - ,a", RILL_MATCH_CHROMIUM, "name 1 is a '-' alone"));
	memset(long_name, 'a', RILL_FILTER_NAME_MAX + 1);
	long_name[RILL_FILTER_NAME_MAX + 1] = '\0';
	CU_ASSERT(refused(long_name, RILL_MATCH_CHROMIUM, "has 1025 bytes: shorten it to 1024"));
	long_name[RILL_FILTER_NAME_MAX] = '\0';
	CU_ASSERT(on(long_name, long_name));
	long_name[0] = '*';
	CU_ASSERT(on(long_name, long_name + 1));
	memset(long_text, ',', RILL_FILTER_TEXT_MAX + 1);
	long_text[RILL_FILTER_TEXT_MAX + 1] = '\0';
	CU_ASSERT(refused(long_text, RILL_MATCH_CHROMIUM, "longer than 1048576 bytes"));
	long_text[RILL_FILTER_TEXT_MAX] = '\0';
	CU_ASSERT(on(long_text, "a"));
	free(long_name);
	free(long_text);
}

static void many_names_and_groups_of_64_KiB(void)
{
	enum { NAMES = 20000, GROUP = 64 << 10 };
	char *text = malloc(NAMES * 12), *group = malloc(GROUP + 1), *at = text;
	struct rill_filter *filter;

	for (int i = 0; i < NAMES; i++)
		at += sprintf(at, "%sname%d", i ? "," : "", i);
	filter = parse(text, RILL_MATCH_CHROMIUM);
	CU_ASSERT(rill_filter_group(filter, "name0"));
	CU_ASSERT(rill_filter_group(filter, "x,name19999"));
	CU_ASSERT(!rill_filter_group(filter, "name20000"));
	CU_ASSERT_EQUAL(rill_filter_text(filter, NULL, 0), strlen(text));
	rill_filter_free(filter);

	memset(group, 'x', GROUP);
	group[GROUP] = '\0';
	CU_ASSERT(on("", group));
	CU_ASSERT(!on("a*", group));
	CU_ASSERT(on("x*x", group));
	CU_ASSERT(!on("-x*", group));
	memset(group, ',', GROUP);
	CU_ASSERT(!on("", group));
	strcpy(group + GROUP - 4, ",abc");
	CU_ASSERT(on("abc", group));
	CU_ASSERT(exact_on("abc", group));
	free(text);
	free(group);
}

static void a_text_is_cut_to_the_callers_room(void)
{
	struct rill_filter *filter = parse("abc,def", RILL_MATCH_CHROMIUM);
	char room[8] = "zzzzzzz";

	CU_ASSERT_EQUAL(rill_filter_text(filter, room, 1), 7);
	CU_ASSERT_STRING_EQUAL(room, "");
	CU_ASSERT_EQUAL(rill_filter_text(filter, room, 5), 7);
	CU_ASSERT_STRING_EQUAL(room, "abc,");
	CU_ASSERT_EQUAL(room[5], 'z');
	CU_ASSERT_EQUAL(rill_filter_text(filter, room, 8), 7);
	CU_ASSERT_STRING_EQUAL(room, "abc,def");
	rill_filter_free(filter);
}

static const struct test_case cases[] = {
	T(CF_1_an_empty_filter_is_everything_but_disabled_by_default),
	T(CF_2_a_star_is_the_same_as_nothing_for_normal_categories),
	T(CF_3_included_and_excluded_with_patterns),
	T(CF_4_an_exclusion_alone_leaves_everything_else_on),
	T(CF_5_all_excluded_and_one_included_is_that_one_and_metadata),
	T(CF_6_a_group_survives_with_one_name_that_is_not_excluded),
	T(CF_7_include_beats_exclude_in_any_order),
	T(CF_8_a_group_with_a_disabled_name_is_on_by_the_other_one),
	T(CF_9_a_star_does_not_enable_what_is_disabled_by_default),
	T(CF_10_a_disabled_by_default_pattern_enables_what_it_matches),
	T(CF_11_a_disabled_name_alone_leaves_the_default_ones_on),
	T(CF_12_blanks_around_names_are_removed),
	T(CF_13_empty_names_are_skipped),
	T(CF_14_patterns_with_stars_and_question_marks),
	T(CF_15_the_text_lists_included_disabled_excluded),
	T(CF_18_groups_of_included_and_excluded_names),
	T(CF_19_an_exclusion_does_not_enable_the_disabled_name_beside_it),
	T(CF_20_an_included_name_takes_the_others_out),
	T(CF_21_a_disabled_and_an_included_name_need_including),
	T(CF_22_names_with_blanks_at_an_end_are_no_categories),
	T(metadata_is_on_for_every_filter),
	T(TC_4_a_group_is_on_when_any_name_is),
	T(TC_5_nothing_but_the_exact_name_is_on),
	T(TC_6_there_are_no_wildcards_and_no_exclusions),
	T(TC_7_metadata_is_on_for_any_config),
	T(TC_8_a_disabled_by_default_name_is_a_plain_name),
	T(TC_9_an_empty_exact_filter_is_nothing),
	T(bad_filters_are_refused_with_the_reason),
	T(many_names_and_groups_of_64_KiB),
	T(a_text_is_cut_to_the_callers_room),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("filter", cases, argc, argv);
}
