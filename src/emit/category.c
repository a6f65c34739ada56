/* SPDX-License-Identifier: MIT
 * category.c - category groups: permanent bytes, lock-free registration, the RCU-published table.
 */
#include "emit/category.h"

#include "emit/define.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/point.h"

#include <stdatomic.h>
#include <string.h>

enum { MAX = CONFIG_RILL_CATEGORIES_MAX, BUCKETS = 4 * MAX };

/* One group; filled in before its number appears in a bucket. */
struct group {
	_Atomic(const char *) text;	/* NULL while the number is not in use */
	uint32_t hash;
};

static uint8_t enabled[MAX];		/* the permanent bytes; accessed atomically */
static struct group groups[MAX];
static _Atomic uint32_t buckets[BUCKETS];	/* number + 1; 0: empty. Open addressing; never emptied */
static _Atomic uint32_t numbers_taken, numbers_published;
static _Atomic uint32_t spare;		/* number + 1 of a group prepared in vain, to be used next */
static char texts[CONFIG_RILL_CATEGORY_TEXT_BYTES];
static _Atomic uint32_t texts_used;
static _Atomic uint32_t refused;
static uint8_t never;			/* what callers get when there is no room: stays 0 */

static struct rill_table *table;	/* RCU: rcu_assign_pointer by control, rcu_dereference in read sections */

/* ---- who wants it --------------------------------------------------------------------------------- */

uint8_t rill_table_decide(const char *group, const char *name)
{
	const struct rill_table *t;
	uint8_t mask = 0;

	rcu_read_lock();
	t = rcu_dereference(table);
	if (t)
		mask = t->decide(t, group, name);
	rcu_read_unlock();
	return mask;
}

/* Acquire: pairs with the release in prepare(). */
static const char *text_of(uint32_t number)
{
	return atomic_load_explicit(&groups[number].text, memory_order_acquire);
}

/* Stores the byte of a group until table and text it was computed from are still the present ones. A number without a text is being
 * given, or was prepared in vain: whoever fills it in comes here himself. */
static void refresh(uint32_t number)
{
	const struct rill_table *t;
	const char *text;

	rcu_read_lock();
	do {
		t = rcu_dereference(table);
		text = text_of(number);
		RILL_POINT(GROUP_READ);
		if (text)
			__atomic_store_n(&enabled[number], t ? t->decide(t, text, NULL) : 0, __ATOMIC_RELAXED);
		/* Pairs with the fence in rill_table_publish(): either the publisher's rewrite sees this group, or we see
		 * its table here and compute again. Without it a byte of the old table could stay. Steps DECIDE to AGAIN of
		 * tests/model/rcu.pml. */
		atomic_thread_fence(memory_order_seq_cst);
	} while (t != rcu_dereference(table) || text != text_of(number));
	rcu_read_unlock();
}

/* As whoever registers a group does it: a handler that left by siglongjmp() would leave the read section open, and the next
 * stop of a session would wait for its end for ever. */
static void refresh_undisturbed(uint32_t number)
{
	rill_undisturbed_begin();
	refresh(number);
	rill_undisturbed_end();
}

void rill_table_publish(struct rill_table *new_table)
{
	struct rill_table *old = table;

	rcu_assign_pointer(table, new_table);
	RILL_POINT(TABLE_SET);
	atomic_thread_fence(memory_order_seq_cst);	/* pairs with refresh() */
	for (uint32_t i = 0; i < rill_category_count(); i++)
		refresh(i);
	RILL_POINT(BYTES_SET);
	if (!old)
		return;
	synchronize_rcu();
	if (old != new_table)
		old->release(old);
	RILL_POINT(TABLE_FREED);
}

/* ---- registration --------------------------------------------------------------------------------- */

static uint32_t hash_of(const char *text)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

/* The group's number + 1, or 0 and the bucket where it belongs (BUCKETS: all full). */
static uint32_t find(const char *text, uint32_t hash, uint32_t *bucket)
{
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint32_t b = (hash + i) % BUCKETS;
		/* Acquire: pairs with the exchange in insert(); text and hash are there. */
		uint32_t number = atomic_load_explicit(&buckets[b], memory_order_acquire);

		*bucket = b;
		if (!number)
			return 0;
		if (groups[number - 1].hash == hash && strcmp(text_of(number - 1), text) == 0)
			return number;
	}
	*bucket = BUCKETS;
	return 0;
}

/* A number with its text filled in, or 0. */
static uint32_t prepare(const char *text, uint32_t hash)
{
	size_t size = strlen(text) + 1;
	uint32_t number, at;

	at = atomic_load(&texts_used);
	do {
		if (size > sizeof texts || at > sizeof texts - size)
			return 0;
	} while (!atomic_compare_exchange_weak(&texts_used, &at, at + (uint32_t)size));
	number = atomic_exchange(&spare, 0);
	if (!number) {
		number = atomic_load(&numbers_taken);
		do {
			if (number >= MAX)
				return 0;
		} while (!atomic_compare_exchange_weak(&numbers_taken, &number, number + 1));
		number++;
	}
	memcpy(texts + at, text, size);
	groups[number - 1].hash = hash;
	atomic_store_explicit(&groups[number - 1].text, texts + at, memory_order_release);
	return number;
}

static void refuse(void)
{
	if (atomic_fetch_add(&refused, 1) == 0)
		rill_warn("no room for more category groups (%d, %d bytes of text): their events are not recorded; raise "
			  "CONFIG_RILL_CATEGORIES_MAX or CONFIG_RILL_CATEGORY_TEXT_BYTES",
			  MAX, CONFIG_RILL_CATEGORY_TEXT_BYTES);
}

/* From here on a new table changes the byte of this number too. */
static void make_known(uint32_t number)
{
	uint32_t known = atomic_load(&numbers_published);

	while (known < number && !atomic_compare_exchange_weak(&numbers_published, &known, number))
		;
}

static uint32_t insert(const char *text, uint32_t hash)
{
	uint32_t mine = prepare(text, hash), bucket, number, empty;

	RILL_POINT(GROUP_READY);
	/* In front of the bucket: who finds the group there, a handler or another thread, goes by its byte at once, and whoever is here
	 * may never go on. */
	if (mine) {
		make_known(mine);
		if (RILL_ON(CONFIG_RILL_RING_FILE))
			rill_category_define((uint16_t)(mine - 1), text);
		refresh_undisturbed(mine - 1);
		RILL_POINT(GROUP_SET);
	}
	for (;;) {
		number = find(text, hash, &bucket);
		if (number || !mine || bucket == BUCKETS)
			break;
		empty = 0;
		/* Release: pairs with find(). */
		if (atomic_compare_exchange_strong_explicit(&buckets[bucket], &empty, mine, memory_order_acq_rel,
							    memory_order_relaxed)) {
			RILL_POINT(GROUP_FOUND);
			return mine;
		}
	}
	if (mine) {	/* somebody registered the same text meanwhile: keep the number for the next */
		atomic_store(&groups[mine - 1].text, NULL);
		atomic_store(&spare, mine);
	}
	return number;
}

static uint32_t number_of(const char *group)
{
	uint32_t hash = hash_of(group), bucket, number = find(group, hash, &bucket);

	if (!number)
		number = insert(group, hash);
	if (!number)
		refuse();
	return number;
}

/* ---- the interface -------------------------------------------------------------------------------- */

uint16_t rill_category_id(const char *group)
{
	uint32_t number = number_of(group ? group : "");

	return number ? (uint16_t)(number - 1) : RILL_NO_CATEGORY;
}

const uint8_t *rill_category(const char *group)
{
	uint16_t id = rill_category_id(group);

	return id == RILL_NO_CATEGORY ? &never : &enabled[id];
}

uint16_t rill_category_id_of(const uint8_t *byte)
{
	if ((uintptr_t)byte < (uintptr_t)enabled || (uintptr_t)byte >= (uintptr_t)(enabled + MAX))
		return RILL_NO_CATEGORY;
	return (uint16_t)(byte - enabled);
}

const char *rill_category_name(const uint8_t *byte)
{
	uint16_t id = rill_category_id_of(byte);

	return id == RILL_NO_CATEGORY || id >= rill_category_count() ? NULL : rill_category_text(id);
}

const char *rill_category_text(uint16_t id)
{
	const char *text = id < rill_category_count() ? text_of(id) : NULL;

	return text ? text : "";
}

uint32_t rill_category_count(void)
{
	return atomic_load(&numbers_published);
}

uint8_t rill_category_byte(uint16_t id)
{
	return id < MAX ? __atomic_load_n(&enabled[id], __ATOMIC_RELAXED) : 0;
}

uint32_t rill_category_refused(void)
{
	return atomic_load(&refused);
}
