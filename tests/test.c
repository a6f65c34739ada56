/* SPDX-License-Identifier: MIT
 * test.c - the runner behind test.h.
 */
#include "test.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned skipped;

void test_skip(const char *why)
{
	skipped++;
	printf("skipped: %s ... ", why);
}

static char *sentence(const char *function)
{
	char *text = strdup(function);

	if (!text)
		abort();
	for (char *c = text; *c; c++)
		if (*c == '_')
			*c = ' ';
	return text;
}

int test_main(const char *suite, const struct test_case *cases, size_t count, int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	unsigned added = 0, failures;
	CU_pSuite s;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	s = CU_add_suite(suite, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		char *name = sentence(cases[i].name);

		if (!only || strstr(cases[i].name, only) || strstr(name, only)) {
			CU_add_test(s, name, cases[i].run);
			added++;
		}
		free(name);	/* CUnit keeps a copy */
	}
	if (!added) {
		fprintf(stderr, "%s: no test is named like '%s'\n", suite, only ? only : "");
		return 2;
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	/* The return value of CU_basic_run_tests() hides failed asserts. */
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	if (failures)
		return 1;
	return skipped == added ? 77 : 0;
}
