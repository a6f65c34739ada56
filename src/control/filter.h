/* SPDX-License-Identifier: MIT
 * filter.h - which categories and events a session wants.
 *
 * A filter is built once, then only read: any number of threads may ask it at the same time, and
 * a changed filter is always a new one (so it can be published with RCU). Asking takes no lock
 * and allocates nothing.
 *
 * Chromium's rules (RILL_MATCH_CHROMIUM). The text is a list like
 * "net,disk*,-disk.slow,disabled-by-default-gpu": split at commas, blanks around a name removed,
 * empty names skipped. A name that begins with '-' is excluded, one that begins with
 * "disabled-by-default-" is enabled by name although it is off by default, any other is
 * included. Names may hold wildcards (pattern.h). A call site's group, like "net,net.rx", is on
 * when
 *   - any of its names is enabled: it matches a disabled-by-default name of the filter, or it is
 *     no such category and matches an included one (include beats exclude);
 *   - or the filter includes nothing, and the group has a name that is neither disabled by
 *     default nor excluded.
 * So "" is everything but disabled-by-default, "-*" is nothing, and "-*,net" is the same as "net".
 *
 * V8's rules (RILL_MATCH_EXACT). The text is split at commas and a group is on when one of its
 * names, also split at commas, is equal to one of them, byte by byte. No blanks are removed, no
 * name is special, "" is nothing.
 *
 * The group "__metadata" is on for every filter.
 *
 * All functions that can fail return 0 or a negative errno: -EINVAL (the text is wrong;
 * rill_error() says where and what to do), -ENOENT, -ENOMEM. On failure *out is NULL.
 */
#ifndef RILL_CONTROL_FILTER_H
#define RILL_CONTROL_FILTER_H

#include "control/names.h"

#include <rill/session.h>
#include <stdbool.h>
#include <stddef.h>

/* Longest filter text, and longest name in it, in bytes. There is no limit on how many names. */
enum { RILL_FILTER_TEXT_MAX = 1 << 20, RILL_FILTER_NAME_MAX = 1024 };

#define RILL_DISABLED_BY_DEFAULT "disabled-by-default-"
#define RILL_METADATA_GROUP "__metadata"

struct rill_filter;

/* ---- building -------------------------------------------------------------------------------- */

/* text NULL is "". */
int rill_filter_parse(const char *text, enum rill_match match, struct rill_filter **out);

/* From lists whose names are taken as they are: nothing is split, removed or sorted by its
 * beginning. */
int rill_filter_build(enum rill_match match, const struct rill_names *included,
		      const struct rill_names *disabled, const struct rill_names *excluded,
		      struct rill_filter **out);

/* Event names, "read*,-read_slow": an event passes when it matches any name (or there is none
 * without '-') and matches none that begins with '-'. Blanks and commas as above, wildcards in
 * either mode. Replaces what was set; "" or NULL: every name passes. Only before the filter is
 * shared. On failure the filter is as it was. */
int rill_filter_set_events(struct rill_filter *filter, const char *patterns);

/* In groups that `categories` enables only the events of `allowed` (exact names) pass; with
 * several such rules for a group, those of any of them. Only before the filter is shared.
 * Copies both. */
int rill_filter_add_rule(struct rill_filter *filter, const struct rill_filter *categories,
			 const struct rill_names *allowed);

int rill_filter_clone(const struct rill_filter *filter, struct rill_filter **out);
void rill_filter_free(struct rill_filter *filter);	/* NULL is allowed */

/* ---- asking ---------------------------------------------------------------------------------- */

/* Is this group on? No limit on its length. */
bool rill_filter_group(const struct rill_filter *filter, const char *group);

/* Does an event of this name pass the event names? Says nothing about rules, which depend on
 * the group. */
bool rill_filter_event(const struct rill_filter *filter, const char *name);

/* False: rill_filter_group() is the whole answer, whatever the event's name. */
bool rill_filter_has_events(const struct rill_filter *filter);

/* Is there a rule for this group (Chromium's FILTERING bit)? */
bool rill_filter_has_rule(const struct rill_filter *filter, const char *group);

/* The whole answer: group, event names and rules. */
bool rill_filter_wants(const struct rill_filter *filter, const char *group, const char *name);

/* The text form: included, disabled-by-default, excluded with '-'. Writes at most size bytes
 * with NUL, returns the full length. Parsing it again gives a filter that decides the same, but
 * for one case that Chromium's text cannot say: names added on top of a filter that includes
 * nothing but excludes something. They are then shown behind "*". */
size_t rill_filter_text(const struct rill_filter *filter, char *text, size_t size);

/* The lists themselves; they live as long as the filter. */
void rill_filter_lists(const struct rill_filter *filter, const struct rill_names **included,
		       const struct rill_names **disabled, const struct rill_names **excluded);

/* Do both hold the same names, in any order and however often (so they decide the same)? */
bool rill_filter_equal(const struct rill_filter *a, const struct rill_filter *b);

/* May this be the name of a category? Not when it is empty, or has a blank at its beginning or
 * end. */
bool rill_category_allowed(const char *name);

/* ---- changing: always a new filter ----------------------------------------------------------- */

/* One filter out of two, as Chromium merges them: included names stay only if both have some
 * (else one of them wanted everything), the other lists are joined. Exact names are simply
 * joined. -EINVAL: the modes differ. */
int rill_filter_merge(const struct rill_filter *a, const struct rill_filter *b,
		      struct rill_filter **out);

/* Adds names to a running session: nothing that was on goes off, but for names given with '-'.
 * -EINVAL also when text has no name. */
int rill_filter_add(const struct rill_filter *filter, const char *text, struct rill_filter **out);

/* Takes each name of text out once: a name there n times needs n removals. When the last one
 * goes, the filter does not fall back to "everything": it enables nothing more. -ENOENT: a name
 * is not there. -EINVAL: no name in text, or one with '-' (an exclusion is lifted by adding the
 * name). */
int rill_filter_remove(const struct rill_filter *filter, const char *text,
		       struct rill_filter **out);

#endif
