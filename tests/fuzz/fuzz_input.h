/* SPDX-License-Identifier: MIT
 * fuzz_input.h - a trace in memory as an input of the tool, which gives as much at a time as the target says.
 *
 * The target is linked with -Wl,--wrap=rill_input_read.
 */
#ifndef RILL_TESTS_FUZZ_FUZZ_INPUT_H
#define RILL_TESTS_FUZZ_FUZZ_INPUT_H

#include "tests/fuzz/fuzz.h"
#include "tool/intake.h"

ssize_t __real_rill_input_read(struct rill_input *in, void *bytes, size_t size);
ssize_t __wrap_rill_input_read(struct rill_input *in, void *bytes, size_t size);

static size_t fuzz_piece; /* 0: all there is */

ssize_t __wrap_rill_input_read(struct rill_input *in, void *bytes, size_t size)
{
	return __real_rill_input_read(in, bytes, fuzz_piece && fuzz_piece < size ? fuzz_piece : size);
}

/* To be closed by rill_input_close(). */
static inline struct rill_input fuzz_input(const uint8_t *data, size_t size)
{
	struct rill_input in = { .name = "input", .fd = -1, .listener = -1 };

	in.head = malloc(size ? size : 1);
	memcpy(in.head, data, size);
	in.head_end = in.head_room = size;
	return in;
}

#endif
