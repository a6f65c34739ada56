/* SPDX-License-Identifier: MIT
 * fuzz_verb.h - a verb of the tool that reads the input as a file.
 */
#ifndef RILL_TESTS_FUZZ_FUZZ_VERB_H
#define RILL_TESTS_FUZZ_FUZZ_VERB_H

#define MEND_FROM 1
#include "tests/fuzz/fuzz_mend.h"
#include "tool/tool.h"

#include <sys/mman.h>

/* Returns the exit code. a and b: options; NULL: none. */
static inline int fuzz_verb(const struct rill_verb *verb, const uint8_t *data, size_t size, const char *a, const char *b)
{
	static int fd = -1;
	char name[64], first[64], second[64];
	char *argv[] = { name, a ? first : NULL, b ? second : NULL, NULL };

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	snprintf(first, sizeof first, "%s", a ? a : "");
	snprintf(second, sizeof second, "%s", b ? b : "");
	return verb->run(verb, 1 + (a != NULL) + (b != NULL), argv);
}

#endif
