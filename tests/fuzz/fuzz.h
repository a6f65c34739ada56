/* SPDX-License-Identifier: MIT
 * fuzz.h - what the fuzz targets share: how one says that something does not hold, and an input of the tool that
 * lies in memory.
 *
 * Standard output and error are closed while a target runs (-close_fd_mask=3): the tool talks much about what is
 * wrong with its input.
 */
#ifndef RILL_TESTS_FUZZ_FUZZ_H
#define RILL_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fuzz_err = 2;

/* Before the fuzzer closes it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_err = dup(2);
	return 0;
}

/* What must hold, for whatever input. */
#define MUST(condition)                                                                              \
	do {                                                                                         \
		if (!(condition)) {                                                                  \
			dprintf(fuzz_err, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                     \
		}                                                                                    \
	} while (0)

/* ---- sums of all that was seen (FNV-1a) --------------------------------------------------------------- */

static inline uint64_t fuzz_sum(uint64_t sum, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size--)
		sum = (sum ^ *at++) * UINT64_C(0x100000001b3);
	return sum;
}

static inline uint64_t fuzz_sum_number(uint64_t sum, uint64_t number)
{
	return fuzz_sum(sum, &number, sizeof number);
}

/* NULL is as good as "". */
static inline uint64_t fuzz_sum_text(uint64_t sum, const char *text)
{
	return fuzz_sum(sum, text ? text : "", text ? strlen(text) + 1 : 1);
}

#endif
