/* SPDX-License-Identifier: MIT
 * site.h - the registry of call sites: which objects are loaded, and what each site id means.
 *
 * A site is known by its content (category, name, phase, file, line, argument table): inlined copies, template
 * instances that differ in nothing, the twin descriptor of a cold path, and the same object loaded again get the
 * same id. An id keeps its meaning for ever: when an object is unloaded, its texts are copied first.
 */
#ifndef RILL_EMIT_SITE_H
#define RILL_EMIT_SITE_H

#include <rill/session.h>
#include <rill/site.h>

/* What an id means. Valid inside rcu_read_lock(). */
struct rill_site_entry {
	const char *category, *name, *file;
	const char *args;	/* nargs times {type byte, key, NUL} */
	uint32_t line;
	uint16_t flags, category_id;
	uint8_t phase, nargs;
	const struct rill_site *owner;	/* the object whose texts these are; NULL: ours */
	struct rill_site_entry *next;	/* of those that wait to be freed */
	char bare_args[];		/* of an entry with an owner: args without keys, for when there is no memory for a copy */
};

/* NULL for an id never given. */
const struct rill_site_entry *rill_site_entry(uint16_t id);
/* The same with texts of its own, to be freed with free(). NULL: never given, or out of memory. */
struct rill_site_entry *rill_site_entry_copy(uint16_t id);
uint32_t rill_site_count(void);		/* ids given; they begin at RILL_ID_SITES */
uint32_t rill_site_stripped(void);	/* of these, without a name of their own (-DRILL_STRIP_NAMES) */
uint32_t rill_site_refused(void);	/* sites that got no id */
uint8_t rill_site_byte(uint16_t id);	/* enabled byte as last computed */

/* The sites of an object that was loaded, or is about to be unloaded. Idempotent. Not from a signal handler. */
void rill_sites_add(const struct rill_site *from, const struct rill_site *to);
void rill_sites_remove(const struct rill_site *from, const struct rill_site *to);

/* Writes the enabled byte of every site by the present table. Control, behind rill_table_publish(). */
void rill_sites_refresh(void);

/* Keep-first: sites built with -DRILL_EARLY are on although no session runs. Takes effect at registration and at the next refresh. */
void rill_sites_set_early(bool on);
bool rill_sites_want_early(const struct rill_site *from, const struct rill_site *to);

/* Around fork: nobody is inside the registry while the address space is copied. */
void rill_sites_lock(void);
void rill_sites_unlock(void);
void rill_sites_forked(void);	/* in a child made by the bare system call: a thread that is not here may be inside */

#endif
