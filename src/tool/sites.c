/* SPDX-License-Identifier: MIT
 * sites.c - the call sites of a program, read from its file without running it.
 */
#include "sites.h"
#include "elf_names.h"
#include "tool.h"

#include <rill/site.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_words[] = {
	[RILL_TYPE_I8] = "int8",       [RILL_TYPE_I16] = "int16",   [RILL_TYPE_I32] = "int32",
	[RILL_TYPE_I64] = "int64",     [RILL_TYPE_U8] = "uint8",    [RILL_TYPE_U16] = "uint16",
	[RILL_TYPE_U32] = "uint32",    [RILL_TYPE_U64] = "uint64",  [RILL_TYPE_BOOL] = "bool",
	[RILL_TYPE_F32] = "float",     [RILL_TYPE_F64] = "double",  [RILL_TYPE_POINTER] = "pointer",
	[RILL_TYPE_STRING] = "string", [RILL_TYPE_COPY] = "string", [RILL_TYPE_BLOB] = "bytes",
	[RILL_TYPE_JSON] = "json",
};

static const struct {
	char letter;
	const char *word;
} phases[] = {
	{ 'B', "begin" },
	{ 'E', "end" },
	{ 'X', "complete" },
	{ 'I', "instant" },
	{ 'i', "instant" },
	{ 'C', "counter" },
	{ 'b', "async-begin" },
	{ 'n', "async-instant" },
	{ 'e', "async-end" },
	{ 'S', "async-begin-old" },
	{ 'T', "async-step-into" },
	{ 'p', "async-step-past" },
	{ 'F', "async-end-old" },
	{ 's', "flow-begin" },
	{ 't', "flow-step" },
	{ 'f', "flow-end" },
	{ 'N', "object-new" },
	{ 'O', "object-snapshot" },
	{ 'D', "object-delete" },
	{ 'M', "metadata" },
	{ 'R', "mark" },
	{ 'P', "sample" },
	{ 'c', "clock-sync" },
	{ '(', "context-enter" },
	{ ')', "context-leave" },
	{ '=', "link-ids" },
	{ 'v', "memory-dump" },
	{ 'V', "memory-dump-global" },
};

const char *rill_phase_word(char phase, bool scope)
{
	if (scope)
		return "scope";
	for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
		if (phases[i].letter == phase)
			return phases[i].word;
	return NULL;
}

const char *rill_type_word(uint8_t type)
{
	return type < sizeof type_words / sizeof type_words[0] ? type_words[type] : NULL;
}

/* A distance is counted from the field that holds it. */
static uint64_t target(const struct rill_elf *e, const unsigned char *descriptor, uint64_t address,
		       size_t field)
{
	return address + field + (uint64_t)(int64_t)(int32_t)rill_elf_u32(e, descriptor + field);
}

static char *text_at(struct rill_elf *e, uint64_t address)
{
	char text[RILL_ELF_TEXT_MAX];

	return rill_elf_text(e, address, text) ? rill_text("%s", text) : NULL;
}

/* The table of arguments: count entries of a type byte and a key; then a 0. */
static bool take_args(struct rill_elf *e, uint64_t address, unsigned count,
		      struct rill_listed_site *site)
{
	if (count > RILL_SITE_ARGS_MAX)
		return false;
	site->args = rill_alloc(count ? count : 1, sizeof site->args[0]);
	for (unsigned i = 0; i < count; i++) {
		struct rill_site_arg *arg = &site->args[site->arg_count];
		uint8_t type;
		char *name;

		if (!rill_elf_bytes(e, address, &type, 1))
			return false;
		name = text_at(e, address + 1);
		if (!name)
			return false;
		address += 1 + strlen(name) + 1;
		*arg = (struct rill_site_arg){ type, name };
		site->arg_count++;
	}
	return true;
}

/* Texts that are not in the image, from the section that has them. What that does not know, or tells of other arguments, stays as traces
 * have it. */
static void take_stripped(struct rill_listed_site *site, const struct rill_elf_names *names, uint64_t number, const char *id)
{
	const struct rill_site_texts *texts = number < names->count ? &names->sites[number] : NULL;
	const char *key;

	free(site->name);
	if (!texts || !texts->name || texts->arg_count != site->arg_count) {
		site->name = rill_text("site:%llu@%s", (unsigned long long)number, id);
		return;
	}
	site->name = rill_text("%s", texts->name);
	free(site->file);
	site->file = rill_text("%s", texts->file);
	key = texts->args;
	for (unsigned i = 0; i < site->arg_count; i++) {
		free(site->args[i].name);
		site->args[i].name = rill_text("%s", key + 1);
		key += 1 + strlen(key + 1) + 1;
	}
}

static void free_site(struct rill_listed_site *site)
{
	for (unsigned i = 0; i < site->arg_count; i++)
		free(site->args[i].name);
	free(site->args);
	free(site->category);
	free(site->name);
	free(site->file);
	free(site);
}

static struct rill_listed_site *read_site(struct rill_elf *e, uint64_t address)
{
	struct rill_listed_site *site = rill_alloc(1, sizeof *site);
	unsigned char d[sizeof(struct rill_site)];

	if (rill_elf_bytes(e, address, d, sizeof d)) {
		site->category =
			text_at(e, target(e, d, address, offsetof(struct rill_site, category)));
		site->name = text_at(e, target(e, d, address, offsetof(struct rill_site, name)));
		site->file = text_at(e, target(e, d, address, offsetof(struct rill_site, file)));
		site->line = rill_elf_u32(e, d + offsetof(struct rill_site, line));
		site->flags = rill_elf_u16(e, d + offsetof(struct rill_site, flags));
		site->stripped = rill_elf_u32(e, d + offsetof(struct rill_site, extra)) & RILL_SITE_STRIPPED;
		site->phase = (char)d[offsetof(struct rill_site, phase)];
		site->copies = 1;
		if (site->category && site->name && site->file &&
		    take_args(e, target(e, d, address, offsetof(struct rill_site, args)),
			      d[offsetof(struct rill_site, nargs)], site))
			return site;
	}
	free_site(site);
	return NULL;
}

/* ---- merging
 * -------------------------------------------------------------------------------------- */

static size_t key_bytes(char *to, size_t at, const char *text)
{
	const size_t size = strlen(text) + 1;

	if (to)
		memcpy(to + at, text, size);
	return at + size;
}

/* All that makes a site this site, one after the other; to NULL: only the size. */
static size_t key_of(const struct rill_listed_site *s, char *to)
{
	size_t at = sizeof s->line + 1;

	if (to) {
		memcpy(to, &s->line, sizeof s->line);
		to[sizeof s->line] = s->phase;
	}
	at = key_bytes(to, at, s->file);
	at = key_bytes(to, at, s->name);
	at = key_bytes(to, at, s->category);
	for (unsigned i = 0; i < s->arg_count; i++) {
		if (to)
			to[at] = (char)s->args[i].type;
		at = key_bytes(to, at + 1, s->args[i].name);
	}
	return at;
}

static void merge(struct rill_site_list *list, struct rill_listed_site *site)
{
	const size_t size = key_of(site, NULL);
	struct rill_listed_site **same;
	char *key;

	/* Texts may overlap in a file that means harm: a small file could ask for any amount of
	 * memory. */
	if (size > RILL_SITE_LIST_MAX_BYTES - list->bytes) {
		list->broken++;
		free_site(site);
		return;
	}
	key = rill_alloc(size, 1);
	key_of(site, key);
	same = (struct rill_listed_site **)rill_table_put(&list->merged, key, size);
	free(key);
	if (*same) {
		(*same)->copies++;
		free_site(site);
		return;
	}
	*same = site;
	list->bytes += size;
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 256;
		list->v = rill_grow(list->v, list->room, sizeof(struct rill_listed_site *));
	}
	list->v[list->count++] = site;
}

enum rill_sites_state rill_sites_read(struct rill_elf *e, struct rill_site_list *list)
{
	const struct rill_elf_section s = rill_elf_find(e, "rill_sites");
	uint64_t count = s.size / sizeof(struct rill_site);
	char id[RILL_BUILD_ID_DIGITS + 1];
	struct rill_elf_names names;

	*list = (struct rill_site_list){ 0 };
	if (!s.found)
		return e->sections ? RILL_SITES_NONE : RILL_SITES_STRIPPED;
	if (e->object)
		return RILL_SITES_OBJECT;
	if (!s.has_bytes)
		return RILL_SITES_DEBUG_FILE;
	if (count > RILL_SITE_DESCRIPTORS_MAX)
		count = RILL_SITE_DESCRIPTORS_MAX;
	rill_elf_names_read(e, &names);
	rill_elf_build_id(e, id);
	for (uint64_t i = 0; i < count; i++) {
		struct rill_listed_site *site =
			read_site(e, s.address + i * sizeof(struct rill_site));

		if (site && site->stripped)
			take_stripped(site, &names, i, id);
		if (site)
			merge(list, site);
		else
			list->broken++;
	}
	rill_elf_names_free(&names);
	return RILL_SITES_OK;
}

static int compare(const void *left, const void *right)
{
	const struct rill_listed_site *a = *(struct rill_listed_site *const *)left;
	const struct rill_listed_site *b = *(struct rill_listed_site *const *)right;
	int order = strcmp(a->category, b->category);

	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->file, b->file);
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	return order ? order : a->phase - b->phase;
}

void rill_sites_sort(struct rill_site_list *list)
{
	if (list->count)
		qsort(list->v, list->count, sizeof(struct rill_listed_site *), compare);
}

void rill_sites_free(struct rill_site_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_site(list->v[i]);
	free(list->v);
	rill_table_free(&list->merged, NULL);
	*list = (struct rill_site_list){ 0 };
}
