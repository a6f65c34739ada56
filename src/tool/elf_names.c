/* SPDX-License-Identifier: MIT
 * elf_names.c - the names of call sites that were compiled with -DRILL_STRIP_NAMES.
 */
#include "elf_names.h"
#include "sites.h"
#include "tool.h"

#include <rill/site.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTION_MAX = 64 << 20, NOTE_MAX = 4096, GNU_BUILD_ID = 3 };

struct reader {
	struct rill_elf *elf;
	char *at, *end;
};

static uint64_t take_address(struct reader *r)
{
	const size_t size = r->elf->wide ? 8 : 4;
	uint64_t low, high;

	if ((size_t)(r->end - r->at) < size) {
		r->at = r->end;
		return 0;
	}
	low = rill_elf_u32(r->elf, r->at);
	high = r->elf->wide ? rill_elf_u32(r->elf, r->at + 4) : 0;
	r->at += size;
	return r->elf->wide && r->elf->big_endian ? low << 32 | high : high << 32 | low;
}

/* NULL: there is no end to it. */
static const char *take_text(struct reader *r)
{
	const char *text = r->at, *nul = memchr(text, 0, (size_t)(r->end - r->at));

	if (!nul)
		return NULL;
	r->at += nul + 1 - text;
	return text;
}

static bool take_entry(struct reader *r, struct rill_site_texts *texts)
{
	texts->name = take_text(r);
	texts->file = texts->name ? take_text(r) : NULL;
	if (!texts->file || r->at == r->end)
		return false;
	texts->arg_count = (uint8_t)*r->at++;
	texts->args = r->at;
	for (unsigned i = 0; i < texts->arg_count; i++) {
		if (r->at == r->end)
			return false;
		r->at++;
		if (!take_text(r))
			return false;
	}
	return true;
}

bool rill_elf_names_read(struct rill_elf *elf, struct rill_elf_names *names)
{
	const struct rill_elf_section sites = rill_elf_find(elf, "rill_sites");
	size_t size = 0, known = 0;
	struct reader r = { .elf = elf };

	*names = (struct rill_elf_names){ .bytes = rill_elf_section_copy(elf, ".debug_rill", SECTION_MAX, &size) };
	names->count = (size_t)(sites.size / sizeof(struct rill_site));
	if (!names->bytes || !names->count || names->count > RILL_SITE_DESCRIPTORS_MAX || elf->object) {
		rill_elf_names_free(names);
		return false;
	}
	names->sites = rill_alloc(names->count, sizeof *names->sites);
	for (r.at = names->bytes, r.end = r.at + size; r.at < r.end;) {
		const uint64_t address = take_address(&r), place = (address - sites.address) / sizeof(struct rill_site);
		struct rill_site_texts texts = { 0 };

		if (!take_entry(&r, &texts))
			break;
		/* What the linker has thrown away has no address in the section. */
		if (address < sites.address || place >= names->count)
			continue;
		names->sites[place] = texts;
		known++;
	}
	if (!known)
		rill_elf_names_free(names);
	return known > 0;
}

void rill_elf_names_free(struct rill_elf_names *names)
{
	free(names->sites);
	free(names->bytes);
	*names = (struct rill_elf_names){ 0 };
}

void rill_elf_build_id(struct rill_elf *elf, char id[RILL_BUILD_ID_DIGITS + 1])
{
	size_t size = 0, at;
	char *note = rill_elf_section_copy(elf, ".note.gnu.build-id", NOTE_MAX, &size);

	id[0] = '\0';
	if (note && size >= 16 && rill_elf_u32(elf, note + 8) == GNU_BUILD_ID) {
		at = 12 + ((size_t)rill_elf_u32(elf, note) + 3) / 4 * 4;
		for (unsigned i = 0; i < RILL_BUILD_ID_DIGITS / 2 && at < size && rill_elf_u32(elf, note + 4) >= 8; i++, at++)
			snprintf(id + 2 * i, 3, "%02x", (unsigned char)note[at]);
	}
	free(note);
}
