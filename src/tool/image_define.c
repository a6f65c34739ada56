/* SPDX-License-Identifier: MIT
 * image_define.c - what the ids in a ring file mean.
 *
 * A writer that died inside a definition has left room without a checksum: the next one is looked for word by word, as a sum
 * tells each from anything else.
 */
#include "image.h"
#include "tool.h"

#include "format/crc32c.h"

#include <stdlib.h>
#include <string.h>

/* ---- ids ---------------------------------------------------------------------------------------- */

static const void **place_of(struct rill_image_ids *ids, uint16_t id)
{
	const void ***const page = &ids->page[id / RILL_IMAGE_PAGE];

	if (!*page)
		*page = rill_alloc(RILL_IMAGE_PAGE, sizeof **page);
	return &(*page)[id % RILL_IMAGE_PAGE];
}

static const void *meaning_of(const struct rill_image_ids *ids, uint16_t id)
{
	const void **const page = ids->page[id / RILL_IMAGE_PAGE];

	return page ? page[id % RILL_IMAGE_PAGE] : NULL;
}

const struct rill_image_known_site *rill_image_site(const struct rill_image *image, uint16_t id)
{
	return meaning_of(&image->sites, id);
}

const char *rill_image_category(const struct rill_image *image, uint16_t id)
{
	return meaning_of(&image->categories, id);
}

void rill_image_forget_definitions(struct rill_image *image)
{
	for (unsigned p = 0; p < RILL_IMAGE_PAGE; p++) {
		for (unsigned i = 0; image->sites.page[p] && i < RILL_IMAGE_PAGE; i++)
			free((void *)(uintptr_t)image->sites.page[p][i]);
		free(image->sites.page[p]);
		free(image->categories.page[p]);
	}
}

/* ---- definitions -------------------------------------------------------------------------------- */

/* The text at *at, which moves behind its NUL; NULL: it has none before the end. */
static const char *take_text(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *text = *at, *nul = text ? memchr(text, 0, (size_t)(end - text)) : NULL;

	*at = nul ? nul + 1 : NULL;
	return nul ? (const char *)text : NULL;
}

static bool take_site(struct rill_image *image, const uint8_t *at, const uint8_t *end)
{
	struct rill_image_known_site s;
	struct rill_image_site site;
	uint16_t id;

	if ((size_t)(end - at) < sizeof site)
		return false;
	memcpy(&site, at, sizeof site);
	id = rill_image_u16(image, at + offsetof(struct rill_image_site, id));
	s.line = rill_image_u32(image, at + offsetof(struct rill_image_site, line));
	s.flags = rill_image_u16(image, at + offsetof(struct rill_image_site, flags));
	s.phase = site.phase;
	s.nargs = site.nargs;
	at += sizeof site;
	s.category = take_text(&at, end);
	s.name = take_text(&at, end);
	s.file = take_text(&at, end);
	s.args = (const char *)at;
	for (unsigned i = 0; at && i < s.nargs; i++) {
		at = at < end ? at + 1 : NULL;
		take_text(&at, end);
	}
	if (!at)
		return false;
	if (!rill_image_site(image, id)) {	/* made known twice where the file was made at that moment */
		struct rill_image_known_site *const known = rill_alloc(1, sizeof s);

		*known = s;
		*place_of(&image->sites, id) = known;
	}
	return true;
}

static bool take_category(struct rill_image *image, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *text = at + sizeof(struct rill_image_category);
	const char *name;

	if ((size_t)(end - at) <= sizeof(struct rill_image_category))
		return false;
	name = take_text(&text, end);
	*place_of(&image->categories, rill_image_u16(image, at + offsetof(struct rill_image_category, id))) = name;
	return name != NULL;
}

/* Its size; 0: none is there. */
static size_t sealed(const struct rill_image *image, const uint8_t *at, const uint8_t *end)
{
	const uint32_t crc = rill_image_u32(image, at);
	const uint32_t tag = rill_crc32c(RILL_CRC32C_BEGIN, image->bytes + offsetof(struct rill_image_head, tag), sizeof image->head.tag);
	const size_t bytes = 8 * (size_t)rill_image_u16(image, at + offsetof(struct rill_image_definition, words));

	if (!crc || bytes <= sizeof(struct rill_image_definition) || bytes > (size_t)(end - at))
		return 0;
	return crc == ((uint32_t)~rill_crc32c(tag, at + 4, bytes - 4) | 1) ? bytes : 0;
}

void rill_image_definitions(struct rill_image *image)
{
	const uint8_t *at = image->bytes + image->head.defs_at, *const end = at + (image->head.defs_bytes & ~(uint64_t)7);
	uint64_t tried = 4 * image->head.defs_bytes + 4096;	/* hostile lengths would have each sum taken anew from each word */

	while (at < end && tried) {
		const size_t claimed = 8 * (size_t)rill_image_u16(image, at + offsetof(struct rill_image_definition, words));
		const size_t bytes = sealed(image, at, end);
		const uint8_t kind = at[offsetof(struct rill_image_definition, kind)];
		const uint8_t *const payload = at + sizeof(struct rill_image_definition);
		bool good = true;

		tried -= tried < claimed + 8 ? tried : claimed + 8;
		if (bytes && kind == RILL_IMAGE_DEFINE_SITE)
			good = take_site(image, payload, at + bytes);
		else if (bytes && kind == RILL_IMAGE_DEFINE_CATEGORY)
			good = take_category(image, payload, at + bytes);
		image->result.bad_definitions += !good;
		at += bytes ? bytes : 8;
	}
}
