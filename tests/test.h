/* SPDX-License-Identifier: MIT
 * test.h - one program per module, one CUnit suite in it; a test's name is its function's name read as a sentence.
 *
 *     static const struct test_case cases[] = { T(TC_4_a_group_matches_by_any_of_its_tokens), };
 *     int main(int argc, char **argv) { return TEST_MAIN("filter", cases, argc, argv); }
 */
#ifndef RILL_TEST_H
#define RILL_TEST_H

#include <CUnit/CUnit.h>
#include <stddef.h>

struct test_case {
	const char *name;
	void (*run)(void);
};
#define T(function) { #function, function }
#define TEST_MAIN(suite, cases, argc, argv) \
	test_main(suite, cases, sizeof(cases) / sizeof(cases)[0], argc, argv)

/* Runs all cases, or those whose name contains argv[1]. Returns 0 only if at least one ran and nothing failed;
 * 77 if every case was skipped. */
int test_main(const char *suite, const struct test_case *cases, size_t count, int argc, char **argv);

/* Marks the running case as skipped, with the reason; the case must return then. Skip is not pass. */
void test_skip(const char *why);

#endif
