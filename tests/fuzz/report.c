/* SPDX-License-Identifier: MIT
 * report.c - fuzz target: `rill report`, as a table and as JSON. The first byte chooses.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz_verb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int code;

	if (size < MEND_FROM)
		return 0;
	code = fuzz_verb(&rill_verb_report, data + MEND_FROM, size - MEND_FROM, data[0] & 1 ? "--json" : NULL, NULL);
	MUST(code == RILL_EXIT_OK || code == RILL_EXIT_FAILED);
	return 0;
}
