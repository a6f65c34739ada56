/* SPDX-License-Identifier: MIT
 * site.c - registration of the call sites of executables and shared objects.
 */
#include "emit/site.h"

#include "config.h"
#include "emit/category.h"
#include "emit/define.h"
#include "emit/loss.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/point.h"
#include "ring/ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITES_MAX = CONFIG_RILL_SITES_MAX, BUCKETS = 2 * SITES_MAX };

struct range {
	const struct rill_site *from, *to;
};

/* Sites that ask for it are on for the shared bit until the first session. */
static bool early;

/* Everything below but the entries' pointers is guarded by the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range *ranges;
static size_t range_count, range_room;
static struct rill_site_entry *entries[SITES_MAX];	/* RCU; index is id - RILL_ID_SITES */
static uint8_t bytes[SITES_MAX];			/* the enabled byte of each id, accessed atomically */
static uint16_t buckets[BUCKETS];			/* id, 0: empty; open addressing, never emptied */
static uint32_t count, refused;

#define TEXT(site, field) ((const char *)&(site)->field + (site)->field)

/* Of the site that is being registered, if its own is not in the image (-DRILL_STRIP_NAMES): "site:NUMBER@OBJECT". NUMBER is the
 * descriptor's place in its object, OBJECT by what its file can be found, where the tool reads the names. So this is also what
 * the site is known by, when its object is loaded again. Guarded by the lock. */
static char stripped_name[RILL_ON(CONFIG_RILL_STRIP_NAMES) ? 16 + RILL_PORT_OBJECT_MAX : 1];
static uint32_t stripped;

static bool is_stripped(const struct rill_site *s)
{
	return RILL_ON(CONFIG_RILL_STRIP_NAMES) && s->extra & RILL_SITE_STRIPPED;
}

static const char *name_of(const struct rill_site *s)
{
	return is_stripped(s) ? stripped_name : TEXT(s, name);
}

static const char *file_of(const struct rill_site *s)
{
	return RILL_ON(CONFIG_RILL_FILE_LINE) ? TEXT(s, file) : "";
}

static struct rill_hot *hot_of(const struct rill_site *s)
{
	return (struct rill_hot *)(uintptr_t)TEXT(s, hot);
}

/* ---- identity ------------------------------------------------------------------------------------- */

static size_t args_size(const char *args, unsigned nargs)
{
	const char *a = args;

	while (nargs--)
		a += 1 + strlen(a + 1) + 1;
	return (size_t)(a - args);
}

static uint32_t mix(uint32_t h, const void *data, size_t size)
{
	for (const uint8_t *p = data; size--; p++)
		h = (h ^ *p) * 16777619u;	/* FNV-1a */
	return h;
}

static uint32_t hash_of(const struct rill_site *s)
{
	uint32_t h = mix(2166136261u, &s->line, sizeof s->line);

	h = mix(h, &s->phase, sizeof s->phase);
	h = mix(h, name_of(s), strlen(name_of(s)));
	h = mix(h, file_of(s), strlen(file_of(s)));
	return mix(h, TEXT(s, args), args_size(TEXT(s, args), s->nargs));
}

static bool same(const struct rill_site_entry *e, const struct rill_site *s)
{
	size_t size = args_size(TEXT(s, args), s->nargs);

	return e->line == s->line && e->phase == s->phase && e->flags == (s->flags & (uint16_t)~RILL_SITE_EARLY) && e->nargs == s->nargs &&
	       !strcmp(e->name, name_of(s)) && !strcmp(e->category, TEXT(s, category)) && !strcmp(e->file, file_of(s)) &&
	       args_size(e->args, e->nargs) == size && !memcmp(e->args, TEXT(s, args), size);
}

/* ---- entries -------------------------------------------------------------------------------------- */

static struct rill_site_entry *make_entry(const struct rill_site *s, const struct rill_site *owner)
{
	const size_t bare_bytes = 2 * (size_t)s->nargs;
	struct rill_site_entry *e = malloc(sizeof *e + bare_bytes + (is_stripped(s) ? sizeof stripped_name : 0));
	const char *a = TEXT(s, args);

	if (!e)
		return NULL;
	*e = (struct rill_site_entry){
		.category = TEXT(s, category), .name = TEXT(s, name), .file = file_of(s), .args = TEXT(s, args),
		.line = s->line, .flags = s->flags & (uint16_t)~RILL_SITE_EARLY, .category_id = rill_category_id(TEXT(s, category)),
		.phase = s->phase, .nargs = s->nargs, .owner = owner,
	};
	for (unsigned i = 0; i < s->nargs; i++, a += 1 + strlen(a + 1) + 1) {
		e->bare_args[2 * i] = *a;
		e->bare_args[2 * i + 1] = '\0';
	}
	if (is_stripped(s)) {
		e->name = memcpy(e->bare_args + bare_bytes, stripped_name, sizeof stripped_name);
		stripped++;
	}
	return e;
}

/* The object's texts are about to go, and there is no memory for copies: its events stay what they are, without names. */
static void forget_texts(struct rill_site_entry *e)
{
	__atomic_store_n(&e->category, rill_category_text(e->category_id), __ATOMIC_RELAXED);
	if (e->name != e->bare_args + 2 * (size_t)e->nargs)	/* else it is ours */
		__atomic_store_n(&e->name, "(unloaded)", __ATOMIC_RELAXED);
	__atomic_store_n(&e->file, "", __ATOMIC_RELAXED);
	__atomic_store_n(&e->args, e->bare_args, __ATOMIC_RELAXED);
	e->owner = NULL;
}

static const char *move_text(char **to, const char *text, size_t size)
{
	char *copy = memcpy(*to, text, size);

	*to += size;
	return copy;
}

/* The same entry with its texts behind it. NULL: out of memory. */
static struct rill_site_entry *own_entry(const struct rill_site_entry *e)
{
	/* Each pointer is read once: see forget_texts(). */
	const char *category = __atomic_load_n(&e->category, __ATOMIC_RELAXED), *name = __atomic_load_n(&e->name, __ATOMIC_RELAXED);
	const char *file = __atomic_load_n(&e->file, __ATOMIC_RELAXED), *args = __atomic_load_n(&e->args, __ATOMIC_RELAXED);
	size_t category_size = strlen(category) + 1, name_size = strlen(name) + 1, file_size = strlen(file) + 1;
	size_t args_bytes = args_size(args, e->nargs);
	struct rill_site_entry *own = malloc(sizeof *own + category_size + name_size + file_size + args_bytes);
	char *text = (char *)(own + 1);

	if (!own)
		return NULL;
	*own = *e;
	own->category = move_text(&text, category, category_size);
	own->name = move_text(&text, name, name_size);
	own->file = move_text(&text, file, file_size);
	own->args = move_text(&text, args, args_bytes);
	own->owner = NULL;
	return own;
}

/* The id of the site's content, a new one if it was never seen; 0: none left. */
static uint16_t id_of(const struct rill_site *s, const struct rill_site *owner)
{
	uint32_t b = hash_of(s) % BUCKETS;
	struct rill_site_entry *e;
	uint16_t id;

	for (; buckets[b]; b = (b + 1) % BUCKETS)
		if (same(entries[buckets[b] - RILL_ID_SITES], s))
			return buckets[b];
	e = count < SITES_MAX ? make_entry(s, owner) : NULL;
	if (!e)
		return 0;
	id = (uint16_t)(RILL_ID_SITES + count);
	rcu_assign_pointer(entries[count], e);
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_site_define(id, e);
	buckets[b] = id;
	__atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);	/* pairs with rill_site_count() */
	RILL_POINT(SITE_KNOWN);
	return id;
}

static void set_byte(const struct rill_site *s, uint16_t id)
{
	struct rill_hot *hot = hot_of(s);
	uint8_t byte = id ? bytes[id - RILL_ID_SITES] : 0;

	if (early && id && (s->flags & RILL_SITE_EARLY))
		byte |= 1u << RILL_BIT_SHARED;
	/* The id first: whoever sees the byte on must find it. */
	__atomic_store_n(&hot->id, id, __ATOMIC_RELEASE);
	RILL_POINT(SITE_NAMED);
	__atomic_store_n(&hot->enabled, byte, __ATOMIC_RELEASE);
}

static void decide(uint16_t id)
{
	const struct rill_site_entry *e = entries[id - RILL_ID_SITES];

	__atomic_store_n(&bytes[id - RILL_ID_SITES], rill_table_decide(e->category, e->name), __ATOMIC_RELAXED);
	RILL_POINT(SITE_DECIDED);
}

/* ---- registration --------------------------------------------------------------------------------- */

static struct range *find_range(const struct rill_site *from)
{
	for (size_t i = 0; i < range_count; i++)
		if (ranges[i].from == from)
			return &ranges[i];
	return NULL;
}

static bool add_range(const struct rill_site *from, const struct rill_site *to)
{
	struct range *more;

	if (range_count == range_room) {
		more = realloc(ranges, (range_room + 16) * sizeof *ranges);
		if (!more)
			return false;
		ranges = more;
		range_room += 16;
	}
	ranges[range_count++] = (struct range){ from, to };
	return true;
}

void rill_sites_add(const struct rill_site *from, const struct rill_site *to)
{
	char object[RILL_PORT_OBJECT_MAX];
	uint32_t without_id = 0;
	bool known, room;

	if (!from || from >= to)
		return;
	if (RILL_ON(CONFIG_RILL_STRIP_NAMES))
		rill_port_object(from, object);	/* takes the loader's lock, so before ours */
	rill_sites_lock();
	known = find_range(from) != NULL;
	room = known || add_range(from, to);
	if (!known && room)
		for (const struct rill_site *s = from; s < to; s++) {
			uint16_t id;

			if (is_stripped(s))
				snprintf(stripped_name, sizeof stripped_name, "site:%u@%s", (unsigned)(s - from), object);
			id = id_of(s, from);
			if (id)
				decide(id);
			else
				without_id++;
			set_byte(s, id);
		}
	refused += without_id;
	rill_sites_unlock();
	if (!room)
		rill_warn("no memory to register an object with %zu call sites: they are not recorded", (size_t)(to - from));
	if (without_id)
		rill_warn("no id for %u of %zu call sites: %d sites is the most (CONFIG_RILL_SITES_MAX); they are not recorded",
			  without_id, (size_t)(to - from), SITES_MAX);
}

/* The object's memory goes away: its hot words are off already or will never be read again, its texts are copied. */
void rill_sites_remove(const struct rill_site *from, const struct rill_site *to)
{
	struct rill_site_entry *old = NULL;
	struct range *range;
	bool changed = false;

	if (!from || from >= to)
		return;
	rill_sites_lock();
	range = find_range(from);
	if (range)
		*range = ranges[--range_count];
	for (uint32_t i = 0; range && i < count; i++) {
		struct rill_site_entry *e = entries[i], *own;

		if (e->owner != from)
			continue;
		changed = true;
		own = RILL_ON(CONFIG_RILL_UNLOAD) ? own_entry(e) : NULL;
		if (!own) {
			forget_texts(e);
			continue;
		}
		e->next = old;
		old = e;
		rcu_assign_pointer(entries[i], own);
	}
	rill_sites_unlock();
	if (changed)
		synchronize_rcu();	/* the consumer may be reading the texts that are about to be unmapped */
	while (old) {
		struct rill_site_entry *next = old->next;

		free(old);
		old = next;
	}
}

void rill_sites_set_early(bool on)
{
	rill_sites_lock();
	early = on;
	rill_sites_unlock();
}

bool rill_sites_want_early(const struct rill_site *from, const struct rill_site *to)
{
	for (const struct rill_site *s = from; s < to; s++)
		if (s->flags & RILL_SITE_EARLY)
			return true;
	return false;
}

void rill_sites_refresh(void)
{
	rill_sites_lock();
	for (uint32_t i = 0; i < count; i++)
		decide((uint16_t)(RILL_ID_SITES + i));
	for (size_t r = 0; r < range_count; r++)
		for (const struct rill_site *s = ranges[r].from; s < ranges[r].to; s++)
			set_byte(s, hot_of(s)->id);
	rill_sites_unlock();
}

/* ---- asking --------------------------------------------------------------------------------------- */

const struct rill_site_entry *rill_site_entry(uint16_t id)
{
	if (id < RILL_ID_SITES || (uint32_t)id - RILL_ID_SITES >= rill_site_count())
		return NULL;
	return rcu_dereference(entries[id - RILL_ID_SITES]);
}

struct rill_site_entry *rill_site_entry_copy(uint16_t id)
{
	const struct rill_site_entry *e;
	struct rill_site_entry *copy;

	rcu_read_lock();	/* the object may be unloaded meanwhile */
	e = rill_site_entry(id);
	copy = e ? own_entry(e) : NULL;
	rcu_read_unlock();
	return copy;
}

uint32_t rill_site_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);	/* pairs with id_of(): entries below are there */
}

uint32_t rill_site_stripped(void)
{
	return stripped;
}

uint32_t rill_site_refused(void)
{
	return refused;
}

uint8_t rill_site_byte(uint16_t id)
{
	return id >= RILL_ID_SITES && (uint32_t)id - RILL_ID_SITES < rill_site_count() ?
	       __atomic_load_n(&bytes[id - RILL_ID_SITES], __ATOMIC_RELAXED) : 0;
}

void rill_sites_lock(void)
{
	rill_undisturbed_begin();
	pthread_mutex_lock(&lock);
}

void rill_sites_unlock(void)
{
	pthread_mutex_unlock(&lock);
	rill_undisturbed_end();
}

void rill_sites_forked(void)
{
	pthread_mutex_init(&lock, NULL);
}
