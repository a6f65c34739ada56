/* SPDX-License-Identifier: MIT
 * category_plain.c - the registry of category groups where only call sites have any (no CONFIG_RILL_DYNAMIC), in place of category.c.
 *
 * Groups come with the sites of an object, under the lock of their registry (site.c), so that one list does. Who wants a
 * group is asked of the table; there are no bytes to be kept up to date but those of the sites.
 */
#include "emit/category.h"

#include "port/port.h"
#include "port/rcu.h"

#include <string.h>

enum { MAX = CONFIG_RILL_CATEGORIES_MAX };

static const char *groups[MAX];		/* by number; filled in before `count` is raised */
static uint32_t count, refused;
static char texts[CONFIG_RILL_CATEGORY_TEXT_BYTES];	/* permanent: an object and its texts may go */
static size_t texts_used;
static struct rill_table *table;	/* RCU: rcu_assign_pointer by control, rcu_dereference in read sections */

uint8_t rill_table_decide(const char *group, const char *name)
{
	const struct rill_table *t;
	uint8_t mask;

	rcu_read_lock();
	t = rcu_dereference(table);
	mask = t ? t->decide(t, group, name) : 0;
	rcu_read_unlock();
	return mask;
}

/* A site that is registered meanwhile gets its byte by either table; rill_sites_refresh(), which follows, waits for its registration and
 * computes it again. */
void rill_table_publish(struct rill_table *new_table)
{
	struct rill_table *old = table;

	rcu_assign_pointer(table, new_table);
	if (!old)
		return;
	synchronize_rcu();
	if (old != new_table)
		old->release(old);
}

uint16_t rill_category_id(const char *group)
{
	const size_t size = strlen(group) + 1;

	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(groups[i], group))
			return (uint16_t)i;
	if (count == MAX || size > sizeof texts - texts_used) {
		if (!refused++)
			rill_warn("no room for more category groups (%d, %d bytes of text): their events are not recorded; raise "
				  "CONFIG_RILL_CATEGORIES_MAX or CONFIG_RILL_CATEGORY_TEXT_BYTES",
				  MAX, CONFIG_RILL_CATEGORY_TEXT_BYTES);
		return RILL_NO_CATEGORY;
	}
	groups[count] = memcpy(texts + texts_used, group, size);
	texts_used += size;
	__atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);	/* pairs with rill_category_count() */
	return (uint16_t)(count - 1);
}

const char *rill_category_text(uint16_t id)
{
	return id < rill_category_count() ? groups[id] : "";
}

uint32_t rill_category_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

uint8_t rill_category_byte(uint16_t id)
{
	return id < rill_category_count() ? rill_table_decide(groups[id], NULL) : 0;
}

uint32_t rill_category_refused(void)
{
	return refused;
}
