/* SPDX-License-Identifier: MIT
 * check.c - fuzz target: `rill check`. The first byte chooses the options. What is whole to it stays so however
 * often it is asked, and in every wording.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz_verb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int code;

	if (size < MEND_FROM)
		return 0;
	code = fuzz_verb(&rill_verb_check, data + MEND_FROM, size - MEND_FROM, data[0] & 1 ? "--all" : NULL, NULL);
	MUST(code == RILL_EXIT_OK || code == RILL_EXIT_FAILED);
	MUST(fuzz_verb(&rill_verb_check, data + MEND_FROM, size - MEND_FROM, "-q", NULL) == code);
	return 0;
}
