/* SPDX-License-Identifier: MIT
 * elf_names.h - the names of call sites that were compiled with -DRILL_STRIP_NAMES: from the section .debug_rill of the program's
 * file, or of the debug file that was split from it.
 *
 * An entry there: the address of the descriptor it is about (4 or 8 bytes, as pointers of the program), name, file, number of
 * arguments, and for each its type and key. Nothing of it is trusted.
 */
#ifndef RILL_TOOL_ELF_NAMES_H
#define RILL_TOOL_ELF_NAMES_H

#include "elf_image.h"

struct rill_site_texts {
	const char *name, *file; /* NULL: nothing is known of this site */
	const char *args;        /* arg_count times {type byte, key, NUL} */
	unsigned arg_count;
	uint32_t line;
};

/* By the descriptor's place in its section. */
struct rill_elf_names {
	struct rill_site_texts *sites;
	size_t count;
	char *bytes; /* of the section: the texts lie in there */
};

/* False: the file has no such section, or nothing in it is about a site of this file. */
bool rill_elf_names_read(struct rill_elf *elf, struct rill_elf_names *names);
void rill_elf_names_free(struct rill_elf_names *names);

/* The first 16 digits of the file's build id; "" where it has none. */
enum { RILL_BUILD_ID_DIGITS = 16 };
void rill_elf_build_id(struct rill_elf *elf, char id[RILL_BUILD_ID_DIGITS + 1]);

#endif
