/* SPDX-License-Identifier: MIT
 * core.h - the rings of a process out of its core file: its memory as it was when it died, of any processor.
 *
 * Nothing on the machine that reads needs to know the program: the image of the rings (format/image.h) lies somewhere in the memory, at
 * the beginning of a page, and is found by its magic and its sum. Nothing in the file is trusted. Memory is that of the
 * image, as far as it was used; of the file no more than a piece is read at a time.
 */
#ifndef RILL_TOOL_CORE_H
#define RILL_TOOL_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rill_core_image {
	uint8_t *bytes;	/* as a ring file has them, and a NUL; to be freed */
	size_t size;
	uint64_t missing;	/* bytes of them that are not in the core file: they are zero */
};

/* Is what begins so a core file? Looks at no more than RILL_CORE_BEGIN bytes. */
enum { RILL_CORE_BEGIN = 18 };
bool rill_core_begins(const uint8_t *bytes, size_t size);

/* False after a message that names cause and remedy. */
bool rill_core_read(const char *path, struct rill_core_image *image);

#endif
