/* SPDX-License-Identifier: MIT
 * define.h - what the reader of a ring file must know to read events: call sites and category groups.
 */
#ifndef RILL_EMIT_DEFINE_H
#define RILL_EMIT_DEFINE_H

#include "emit/site.h"

/* A site got its id; in front of the first event. Nothing without a ring file. */
void rill_site_define(uint16_t id, const struct rill_site_entry *entry);
/* A category group got its number. Signal handlers too; lock-free. */
void rill_category_define(uint16_t id, const char *text);
/* All that there are, when the file is new. What comes meanwhile may be defined twice. */
void rill_define_all(void);

#endif
