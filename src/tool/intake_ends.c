/* SPDX-License-Identifier: MIT
 * intake_ends.c - the ends of scopes under the number of their begins.
 */
#include "intake_ends.h"

#include <string.h>

enum { KEY_MAX = 1024 };

static char *put_text(char *to, const char *end, const char *text)
{
	const size_t size = strlen(text ? text : "") + 1;

	if (!to || size > (size_t)(end - to))
		return NULL;
	memcpy(to, text ? text : "", size);
	return to + size;
}

/* The number of the begin with the same names, which is this one if there is none yet. */
static uint32_t find(struct rill_ends *ends, const struct rill_event *e)
{
	char key[KEY_MAX], *to = key;
	void **place;

	memcpy(to, &e->line, sizeof e->line);
	to = put_text(to + sizeof e->line, key + KEY_MAX, e->category);
	to = put_text(to, key + KEY_MAX, e->name);
	to = put_text(to, key + KEY_MAX, e->file);
	if (!to)
		return e->site;
	place = rill_table_find(&ends->begins, key, (size_t)(to - key));
	if (place)
		return (uint32_t)(uintptr_t)*place;
	if (ends->begins.count < RILL_ENDS_MAX)
		*rill_table_put(&ends->begins, key, (size_t)(to - key)) =
			(void *)(uintptr_t)e->site;
	return e->site;
}

uint32_t rill_ends_site(struct rill_ends *ends, const struct rill_event *e)
{
	const size_t at = e->site % RILL_ENDS_KNOWN;

	if (ends->known[at].site != e->site) {
		ends->known[at].site = e->site;
		ends->known[at].begin = find(ends, e);
	}
	return ends->known[at].begin;
}

void rill_ends_free(struct rill_ends *ends)
{
	rill_table_free(&ends->begins, NULL);
}
