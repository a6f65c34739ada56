/* SPDX-License-Identifier: MIT
 * test_filter_change.c - changed and merged filters, event names; random filters against the
 * rules read literally.
 */
#include "test.h"

#include "filter_help.h"
#include "control/filter.h"

#include <errno.h>

/* ---- event names ----------------------------------------------------------------------------- */

static void event_names_pass_when_included_and_not_excluded(void)
{
	struct rill_filter *filter = parse("net", RILL_MATCH_CHROMIUM);

	CU_ASSERT(!rill_filter_has_events(filter));
	CU_ASSERT(rill_filter_event(filter, "anything"));
	CU_ASSERT_EQUAL(rill_filter_set_events(filter, " read* , -read_slow "), 0);
	CU_ASSERT(rill_filter_has_events(filter));
	CU_ASSERT(rill_filter_event(filter, "read"));
	CU_ASSERT(rill_filter_event(filter, "read_fast"));
	CU_ASSERT(!rill_filter_event(filter, "read_slow"));
	CU_ASSERT(!rill_filter_event(filter, "write"));
	CU_ASSERT(rill_filter_wants(filter, "net", "read"));
	CU_ASSERT(!rill_filter_wants(filter, "disk", "read"));
	CU_ASSERT_EQUAL(rill_filter_set_events(filter, "-noise*"), 0);
	CU_ASSERT(rill_filter_event(filter, "write"));
	CU_ASSERT(!rill_filter_event(filter, "noise_1"));
	CU_ASSERT_EQUAL(rill_filter_set_events(filter, NULL), 0);
	CU_ASSERT(!rill_filter_has_events(filter));
	CU_ASSERT(has_text(filter, "net"));
	rill_filter_free(filter);
}

static void bad_event_names_leave_the_filter_as_it_was(void)
{
	struct rill_filter *filter = parse("", RILL_MATCH_EXACT);

	CU_ASSERT_EQUAL(rill_filter_set_events(filter, "a*"), 0);
	CU_ASSERT_EQUAL(rill_filter_set_events(filter, "b,-"), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "event names: name 2"));
	CU_ASSERT(rill_filter_event(filter, "ab"));
	CU_ASSERT(!rill_filter_event(filter, "b"));
	rill_filter_free(filter);
}

static void a_rule_lets_only_its_names_pass_in_its_categories(void)
{
	struct rill_filter *filter = parse("", RILL_MATCH_CHROMIUM),
			   *net = parse("net*", RILL_MATCH_CHROMIUM), *copy;
	struct rill_names allowed = { 0 }, more = { 0 };

	rill_names_add(&allowed, "open", 4);
	rill_names_add(&more, "close", 5);
	CU_ASSERT_EQUAL(rill_filter_add_rule(filter, net, &allowed), 0);
	CU_ASSERT(rill_filter_has_events(filter));
	CU_ASSERT(rill_filter_has_rule(filter, "net.rx"));
	CU_ASSERT(!rill_filter_has_rule(filter, "disk"));
	CU_ASSERT(!rill_filter_has_rule(filter, "__metadata"));
	CU_ASSERT(rill_filter_wants(filter, "net", "open"));
	CU_ASSERT(!rill_filter_wants(filter, "net", "close"));
	CU_ASSERT(!rill_filter_wants(filter, "net", "open*"));
	CU_ASSERT(rill_filter_wants(filter, "disk", "close"));
	CU_ASSERT_EQUAL(rill_filter_add_rule(filter, net, &more), 0);
	CU_ASSERT(rill_filter_wants(filter, "net", "close"));
	CU_ASSERT_EQUAL(rill_filter_add(filter, "x", &copy), 0);
	CU_ASSERT(!rill_filter_wants(copy, "net", "other"));
	rill_filter_free(copy);
	rill_filter_free(filter);
	rill_filter_free(net);
	rill_names_free(&allowed);
	rill_names_free(&more);
}

/* ---- changing -------------------------------------------------------------------------------- */
/* Replaces *filter by a changed one. */
static void change(struct rill_filter **filter, const char *text,
		   int (*how)(const struct rill_filter *filter, const char *text,
			      struct rill_filter **out))
{
	struct rill_filter *changed;

	CU_ASSERT_EQUAL_FATAL(how(*filter, text, &changed), 0);
	rill_filter_free(*filter);
	*filter = changed;
}

static bool merged(const char *a_text, const char *b_text, const char *expected)
{
	struct rill_filter *a = parse(a_text, RILL_MATCH_CHROMIUM),
			   *b = parse(b_text, RILL_MATCH_CHROMIUM), *out;
	bool same;

	CU_ASSERT_EQUAL_FATAL(rill_filter_merge(a, b, &out), 0);
	same = has_text(out, expected);
	rill_filter_free(a);
	rill_filter_free(b);
	rill_filter_free(out);
	return same;
}

static void CF_16_merging_keeps_included_names_only_if_both_have_some(void)
{
	CU_ASSERT(merged("a", "b", "a,b"));
	CU_ASSERT(merged("a", "", ""));
	CU_ASSERT(merged("", "a", ""));
	CU_ASSERT(merged("", "included,-excluded,inc_pattern*,-exc_pattern*",
			 "-excluded,-exc_pattern*"));
	CU_ASSERT(merged("a", "disabled-by-default-b", "disabled-by-default-b"));
}

static void CF_17_merging_joins_disabled_and_excluded_names(void)
{
	CU_ASSERT(merged("disabled-by-default-a", "disabled-by-default-b",
			 "disabled-by-default-a,disabled-by-default-b"));
	CU_ASSERT(merged("-a", "-b", "-a,-b"));
	CU_ASSERT(merged("i,-a,disabled-by-default-x", "j,-b", "i,j,disabled-by-default-x,-a,-b"));
	CU_ASSERT(merged("-*", "a", "-*"));
	CU_ASSERT(merged("-*", "", "-*"));
	CU_ASSERT(merged("-*,a", "b", "a,b,-*"));
}

static void what_is_enabled_n_times_needs_n_removals(void)
{
	struct rill_filter *filter = parse("base", RILL_MATCH_CHROMIUM), *out;

	change(&filter, "net", rill_filter_add);
	change(&filter, "net,disk", rill_filter_add);
	CU_ASSERT(has_text(filter, "base,net,net,disk"));
	change(&filter, "net", rill_filter_remove);
	CU_ASSERT(rill_filter_group(filter, "net"));
	change(&filter, "net", rill_filter_remove);
	CU_ASSERT(!rill_filter_group(filter, "net"));
	CU_ASSERT(rill_filter_group(filter, "disk"));
	CU_ASSERT(rill_filter_group(filter, "base"));
	CU_ASSERT_EQUAL(rill_filter_remove(filter, "net", &out), -ENOENT);
	CU_ASSERT_PTR_NULL(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "'net' cannot be disabled"));
	CU_ASSERT_EQUAL(rill_filter_remove(filter, "disk,disk", &out), -ENOENT);
	change(&filter, "x,base", rill_filter_add);
	change(&filter, "base", rill_filter_remove);
	CU_ASSERT(has_text(filter, "base,disk,x"));
	CU_ASSERT(rill_filter_group(filter, "disk"));
	rill_filter_free(filter);
}

static void the_last_removal_leaves_nothing_and_not_everything(void)
{
	struct rill_filter *filter = parse("net,disabled-by-default-x", RILL_MATCH_CHROMIUM),
			   *again;
	char text[64];

	change(&filter, "net", rill_filter_remove);
	CU_ASSERT(!rill_filter_group(filter, "net"));
	CU_ASSERT(!rill_filter_group(filter, "other"));
	CU_ASSERT(rill_filter_group(filter, "disabled-by-default-x"));
	CU_ASSERT(rill_filter_group(filter, "__metadata"));
	CU_ASSERT(has_text(filter, "disabled-by-default-x,-*"));
	rill_filter_text(filter, text, sizeof(text));
	again = parse(text, RILL_MATCH_CHROMIUM);
	CU_ASSERT(!rill_filter_group(again, "other"));
	rill_filter_free(again);
	change(&filter, "disabled-by-default-x", rill_filter_remove);
	CU_ASSERT(has_text(filter, "-*"));
	CU_ASSERT(!rill_filter_group(filter, "disabled-by-default-x"));
	change(&filter, "disk", rill_filter_add);
	CU_ASSERT(has_text(filter, "disk"));
	CU_ASSERT(rill_filter_group(filter, "disk"));
	CU_ASSERT(!rill_filter_group(filter, "net"));
	rill_filter_free(filter);
}

static void adding_to_everything_narrows_nothing(void)
{
	struct rill_filter *filter = parse("", RILL_MATCH_CHROMIUM);

	change(&filter, "net", rill_filter_add);
	CU_ASSERT(rill_filter_group(filter, "net"));
	CU_ASSERT(rill_filter_group(filter, "disk"));
	CU_ASSERT(!rill_filter_group(filter, "disabled-by-default-x"));
	CU_ASSERT(has_text(filter, "*,net"));
	change(&filter, "disabled-by-default-x", rill_filter_add);
	CU_ASSERT(rill_filter_group(filter, "disabled-by-default-x"));
	change(&filter, "net", rill_filter_remove);
	CU_ASSERT(has_text(filter, "disabled-by-default-x"));
	CU_ASSERT(rill_filter_group(filter, "disk"));
	rill_filter_free(filter);
}

static void adding_to_nothing_gives_what_is_added(void)
{
	struct rill_filter *filter = parse("-*", RILL_MATCH_CHROMIUM);

	change(&filter, "net", rill_filter_add);
	CU_ASSERT(has_text(filter, "net,-*"));
	CU_ASSERT(rill_filter_group(filter, "net"));
	CU_ASSERT(!rill_filter_group(filter, "disk"));
	change(&filter, "net", rill_filter_remove);
	CU_ASSERT(has_text(filter, "-*"));
	rill_filter_free(filter);
}

static void removing_from_everything_says_how_to_leave_a_category_out(void)
{
	struct rill_filter *filter = parse("-disk", RILL_MATCH_CHROMIUM), *out;

	CU_ASSERT_EQUAL(rill_filter_remove(filter, "net", &out), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "with '-' in front"));
	change(&filter, "-net", rill_filter_add);
	CU_ASSERT(!rill_filter_group(filter, "net"));
	CU_ASSERT(!rill_filter_group(filter, "disk"));
	CU_ASSERT(rill_filter_group(filter, "other"));
	CU_ASSERT_EQUAL(rill_filter_remove(filter, "-net", &out), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "to lift an exclusion, enable the name"));
	change(&filter, "net", rill_filter_add);
	CU_ASSERT(rill_filter_group(filter, "net"));
	CU_ASSERT(!rill_filter_group(filter, "disk"));
	CU_ASSERT(rill_filter_group(filter, "other"));
	rill_filter_free(filter);
}

static void a_change_without_names_or_with_bad_ones_is_refused(void)
{
	struct rill_filter *filter = parse("a", RILL_MATCH_CHROMIUM), *out;

	CU_ASSERT_EQUAL(rill_filter_add(filter, "", &out), -EINVAL);
	CU_ASSERT_PTR_NULL(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "name at least one"));
	CU_ASSERT_EQUAL(rill_filter_remove(filter, " , ", &out), -EINVAL);
	CU_ASSERT_EQUAL(rill_filter_add(filter, NULL, &out), -EINVAL);
	CU_ASSERT_EQUAL(rill_filter_add(filter, "a\001", &out), -EINVAL);
	CU_ASSERT_PTR_NULL(out);
	rill_filter_free(filter);
}

static void exact_filters_count_too(void)
{
	struct rill_filter *filter = parse("", RILL_MATCH_EXACT),
			   *other = parse("b", RILL_MATCH_EXACT), *out;

	change(&filter, "a", rill_filter_add);
	CU_ASSERT(rill_filter_group(filter, "a,b"));
	CU_ASSERT_EQUAL(rill_filter_merge(filter, other, &out), 0);
	CU_ASSERT(has_text(out, "a,b"));
	rill_filter_free(out);
	change(&filter, "a", rill_filter_remove);
	CU_ASSERT(!rill_filter_group(filter, "a,b"));
	CU_ASSERT(has_text(filter, ""));
	CU_ASSERT_EQUAL(rill_filter_remove(filter, "a", &out), -ENOENT);
	CU_ASSERT_EQUAL(rill_filter_merge(filter, other, &out), 0);
	CU_ASSERT(has_text(out, "b"));
	rill_filter_free(out);
	rill_filter_free(filter);
	filter = parse("", RILL_MATCH_CHROMIUM);
	CU_ASSERT_EQUAL(rill_filter_merge(filter, other, &out), -EINVAL);
	CU_ASSERT_PTR_NULL(out);
	rill_filter_free(filter);
	rill_filter_free(other);
}

static void merging_joins_event_names_and_rules(void)
{
	struct rill_filter *a = parse("", RILL_MATCH_CHROMIUM), *b = parse("", RILL_MATCH_CHROMIUM),
			   *out;
	struct rill_names allowed = { 0 };

	rill_names_add(&allowed, "y", 1);
	CU_ASSERT_EQUAL(rill_filter_set_events(a, "x"), 0);
	CU_ASSERT_EQUAL(rill_filter_set_events(b, "y,-z"), 0);
	CU_ASSERT_EQUAL(rill_filter_add_rule(b, a, &allowed), 0);
	CU_ASSERT_EQUAL(rill_filter_merge(a, b, &out), 0);
	CU_ASSERT(rill_filter_event(out, "x"));
	CU_ASSERT(rill_filter_event(out, "y"));
	CU_ASSERT(!rill_filter_event(out, "w"));
	CU_ASSERT(rill_filter_wants(out, "net", "y"));
	CU_ASSERT(!rill_filter_wants(out, "net", "x"));
	rill_filter_free(out);
	CU_ASSERT_EQUAL(rill_filter_set_events(a, ""), 0);
	CU_ASSERT_EQUAL(rill_filter_merge(a, b, &out), 0);
	CU_ASSERT(rill_filter_event(out, "w"));
	CU_ASSERT(!rill_filter_event(out, "z"));
	rill_filter_free(out);
	rill_filter_free(a);
	rill_filter_free(b);
	rill_names_free(&allowed);
}

static void filters_are_equal_whatever_the_order(void)
{
	struct rill_filter *a = parse("foo,bar,-x", RILL_MATCH_CHROMIUM),
			   *b = parse("-x,bar,foo,foo", RILL_MATCH_CHROMIUM);
	struct rill_filter *c = parse("foo,bar", RILL_MATCH_CHROMIUM),
			   *d = parse("foo,bar,-x", RILL_MATCH_EXACT), *copy;

	CU_ASSERT(rill_filter_equal(a, b));
	CU_ASSERT(!rill_filter_equal(a, c));
	CU_ASSERT(!rill_filter_equal(c, a));
	CU_ASSERT(!rill_filter_equal(a, d));
	CU_ASSERT_EQUAL(rill_filter_clone(a, &copy), 0);
	CU_ASSERT(rill_filter_equal(a, copy));
	CU_ASSERT_EQUAL(rill_filter_set_events(copy, "e"), 0);
	CU_ASSERT(!rill_filter_equal(a, copy));
	rill_filter_free(a);
	rill_filter_free(b);
	rill_filter_free(c);
	rill_filter_free(d);
	rill_filter_free(copy);
	rill_filter_free(NULL);
}

/* ---- random filters -------------------------------------------------------------------------- */

enum { TOKENS_MAX = 6, TOKEN_SIZE = 40 };

struct tokens {
	char v[TOKENS_MAX][TOKEN_SIZE];
	size_t count;
};

static void random_tokens(struct tokens *tokens, bool filter)
{
	tokens->count = random_below(TOKENS_MAX);
	for (size_t i = 0; i < tokens->count; i++) {
		char name[5];

		random_text(name, sizeof(name), filter ? "ab*?" : "ab");
		if (!*name)
			strcpy(name, "a");
		snprintf(tokens->v[i], TOKEN_SIZE, "%s%s%s",
			 filter && random_below(3) == 0 ? "-" : "",
			 random_below(3) == 0 ? "disabled-by-default-" : "", name);
	}
}

static void join(const struct tokens *tokens, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < tokens->count; i++) {
		if (i)
			strcat(text, ",");
		strcat(text, tokens->v[i]);
	}
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Section by section as the rules say it; no list, no fast way. */
static bool slow_group(const struct tokens *filter, const struct tokens *group)
{
	bool included = false, open = false, excluded_all = true;

	for (size_t g = 0; g < group->count; g++) {
		bool disabled = starts(group->v[g], "disabled-by-default-"), excluded = false;

		for (size_t f = 0; f < filter->count; f++) {
			const char *token = filter->v[f];

			if (starts(token, "-"))
				excluded |= slow_match(token + 1, group->v[g]);
			else if (starts(token, "disabled-by-default-") || !disabled)
				if (slow_match(token, group->v[g]))
					return true;
		}
		open |= !disabled;
		excluded_all &= disabled || excluded;
	}
	for (size_t f = 0; f < filter->count; f++)
		included |=
			!starts(filter->v[f], "-") && !starts(filter->v[f], "disabled-by-default-");
	return !excluded_all && !included && open;
}

static void random_filters_decide_as_the_rules_say(void)
{
	unsigned wrong = 0, were_on = 0;

	for (int i = 0; i < 20000; i++) {
		char text[TOKENS_MAX * TOKEN_SIZE], group_text[TOKENS_MAX * TOKEN_SIZE],
			again[sizeof(text) + 8];
		struct tokens tokens, group;
		struct rill_filter *filter, *copy;

		random_tokens(&tokens, true);
		random_tokens(&group, false);
		join(&tokens, text);
		join(&group, group_text);
		filter = parse(text, RILL_MATCH_CHROMIUM);
		rill_filter_text(filter, again, sizeof(again));
		copy = parse(again, RILL_MATCH_CHROMIUM);
		were_on += rill_filter_group(filter, group_text);
		if (rill_filter_group(filter, group_text) != slow_group(&tokens, &group) ||
		    rill_filter_group(copy, group_text) != slow_group(&tokens, &group) ||
		    !rill_filter_equal(filter, copy))
			if (!wrong++)
				fprintf(stderr, "filter '%s', group '%s'\n", text, group_text);
		rill_filter_free(filter);
		rill_filter_free(copy);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(were_on > 5000 && were_on < 19000);
}

/* Random adds and removes: the session always has what the base has or what is still enabled,
 * and at the end it decides as in the beginning. */
static void random_additions_never_turn_off_and_are_undone_by_removals(void)
{
	static const char *const names[] = {
		"a", "b", "a*", "ab", "disabled-by-default-a", "disabled-by-default-*"
	};
	unsigned wrong = 0;

	for (int i = 0; i < 3000; i++) {
		char text[TOKENS_MAX * TOKEN_SIZE], group_text[TOKENS_MAX * TOKEN_SIZE];
		struct tokens tokens, group;
		struct rill_filter *base, *filter;
		unsigned added[8], count = 1 + random_below(8);

		random_tokens(&tokens, true);
		random_tokens(&group, false);
		join(&tokens, text);
		join(&group, group_text);
		base = parse(text, RILL_MATCH_CHROMIUM);
		CU_ASSERT_EQUAL_FATAL(rill_filter_clone(base, &filter), 0);
		for (unsigned k = 0; k < count; k++) {
			bool before = rill_filter_group(filter, group_text);

			added[k] = random_below(6);
			change(&filter, names[added[k]], rill_filter_add);
			wrong += before && !rill_filter_group(filter, group_text);
			wrong += on(names[added[k]], group_text) &&
				 strcmp(group_text, names[added[k]]) == 0 &&
				 !rill_filter_group(filter, group_text);
		}
		while (count) {
			unsigned k = random_below(count);

			change(&filter, names[added[k]], rill_filter_remove);
			added[k] = added[--count];
		}
		wrong += !rill_filter_equal(base, filter);
		wrong += rill_filter_group(base, group_text) !=
			 rill_filter_group(filter, group_text);
		rill_filter_free(base);
		rill_filter_free(filter);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static const struct test_case cases[] = {
	T(event_names_pass_when_included_and_not_excluded),
	T(bad_event_names_leave_the_filter_as_it_was),
	T(a_rule_lets_only_its_names_pass_in_its_categories),
	T(CF_16_merging_keeps_included_names_only_if_both_have_some),
	T(CF_17_merging_joins_disabled_and_excluded_names),
	T(what_is_enabled_n_times_needs_n_removals),
	T(the_last_removal_leaves_nothing_and_not_everything),
	T(adding_to_everything_narrows_nothing),
	T(adding_to_nothing_gives_what_is_added),
	T(removing_from_everything_says_how_to_leave_a_category_out),
	T(a_change_without_names_or_with_bad_ones_is_refused),
	T(exact_filters_count_too),
	T(merging_joins_event_names_and_rules),
	T(filters_are_equal_whatever_the_order),
	T(random_filters_decide_as_the_rules_say),
	T(random_additions_never_turn_off_and_are_undone_by_removals),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("filter_change", cases, argc, argv);
}
