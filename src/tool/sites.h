/* SPDX-License-Identifier: MIT
 * sites.h - the call sites of a program, read from its file without running it.
 *
 * Copies of one site (inline functions, templates, the twin that a site's cold path has on some
 * processors) are merged: same phase, file, line, name, category and arguments.
 */
#ifndef RILL_TOOL_SITES_H
#define RILL_TOOL_SITES_H

#include "elf_image.h"
#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RILL_SITE_ARGS_MAX = 32,
	RILL_SITE_DESCRIPTORS_MAX = 1 << 18, /* four copies of each site that a process can have */
	RILL_SITE_LIST_MAX_BYTES = 64 << 20
};

struct rill_site_arg {
	uint8_t type;
	char *name;
};

struct rill_listed_site {
	char *category, *name, *file;
	uint32_t line, copies;
	uint16_t flags;
	char phase;
	bool stripped; /* its texts were not in the image */
	unsigned arg_count;
	struct rill_site_arg *args; /* from RILL_TYPE_ID on: a field of the event, without a name */
};

struct rill_site_list {
	struct rill_listed_site **v;
	size_t count, room;
	size_t broken; /* descriptors that point outside the file, or are too many to hold */
	size_t bytes;
	struct rill_table merged;
};

enum rill_sites_state {
	RILL_SITES_OK,        /* count may be 0 all the same: an empty section */
	RILL_SITES_NONE,      /* no such section */
	RILL_SITES_STRIPPED,  /* no section table at all */
	RILL_SITES_OBJECT,    /* not linked: the distances are not filled in */
	RILL_SITES_DEBUG_FILE /* the section's bytes are in another file */
};

enum rill_sites_state rill_sites_read(struct rill_elf *elf, struct rill_site_list *list);
void rill_sites_free(struct rill_site_list *list);

/* By category, name, file, line. */
void rill_sites_sort(struct rill_site_list *list);

/* "scope", "begin", "instant", ...; NULL for a letter that is none of trace_event's. */
const char *rill_phase_word(char phase, bool scope);
/* "int32", "string", ...; NULL for a number that is none of rill's types. */
const char *rill_type_word(uint8_t type);

#endif
