/* SPDX-License-Identifier: MIT
 * intern.c - names of dynamic events, in a hash set (Concurrency Kit's ck_hs).
 */
#include "route/intern.h"

#include "port/ck.h"

#include <ck_hs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static ck_hs_t names;
static unsigned count;

static void *hs_alloc(size_t size)
{
	return malloc(size);
}

static void hs_free(void *p, size_t size, bool defer)
{
	(void)size;
	(void)defer;	/* one reader, which is also the writer */
	free(p);
}

static struct ck_malloc allocator = { .malloc = hs_alloc, .free = hs_free };

static unsigned long hash(const void *text, unsigned long seed)
{
	unsigned long h = seed ^ 2166136261u;

	for (const unsigned char *p = text; *p; p++)
		h = (h ^ *p) * 16777619u;	/* FNV-1a */
	return h;
}

static bool same(const void *a, const void *b)
{
	return strcmp(a, b) == 0;
}

static bool ready(void)
{
	static bool made, usable;

	if (!made)
		usable = ck_hs_init(&names, CK_HS_MODE_SPMC | CK_HS_MODE_OBJECT, hash, same, &allocator, 64, 0);
	made = true;
	return usable;
}

const char *rill_intern(const char *text)
{
	unsigned long h;
	const char *known;
	char *copy;

	if (!ready())
		return text;
	h = CK_HS_HASH(&names, hash, text);
	known = ck_hs_get(&names, h, text);
	if (known)
		return known;
	if (count >= RILL_INTERN_MAX || strlen(text) > RILL_INTERN_TEXT_MAX)
		return text;
	copy = strdup(text);
	if (!copy || !ck_hs_put(&names, h, copy)) {
		free(copy);
		return text;
	}
	count++;
	return copy;
}
