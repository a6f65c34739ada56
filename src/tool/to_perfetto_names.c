/* SPDX-License-Identifier: MIT
 * to_perfetto_names.c - texts that occur again and again get a number, which is told with the packet
 * that uses it first.
 */
#include "to_perfetto.h"

#include <string.h>

/* The number of the key, and whether it is new. */
static uint64_t number_of(struct rill_pf *p, enum rill_pf_kind kind, const void *key, size_t size,
			  bool *fresh)
{
	struct rill_pf_names *const n = &p->names;
	void **place = rill_table_find(&n->tables[kind], key, size);

	*fresh = !place;
	if (place)
		return (uintptr_t)*place;
	*rill_table_put(&n->tables[kind], key, size) = (void *)(uintptr_t)++n->last[kind];
	n->count++;
	n->bytes += size;
	return n->last[kind];
}

/* What the three kinds of a single text need; their messages differ by name only. */
#define TELL(type, init, iid_, text_, size_)                                                    \
	do {                                                                                    \
		struct type *m_ = rill_pf_alloc(p, sizeof *m_);                                 \
                                                                                                \
		*m_ = (struct type)init;                                                        \
		m_->has_iid = m_->has_name = true;                                              \
		m_->iid = iid_;                                                                 \
		m_->name = rill_pf_text(p, text_, size_);                                       \
		rill_pf_push(p, &p->names.fresh[kind], m_);                                     \
	} while (0)

uint64_t rill_pf_number(struct rill_pf *p, enum rill_pf_kind kind, const char *text)
{
	const size_t size = strnlen(text, RILL_PF_NAME_MAX + 1);
	uint64_t iid;
	bool fresh;

	if (size > RILL_PF_NAME_MAX)
		return 0;
	iid = number_of(p, kind, text, size, &fresh);
	if (!fresh)
		return iid;
	if (kind == RILL_PF_CATEGORY)
		TELL(Rill__Pf__EventCategory, RILL__PF__EVENT_CATEGORY__INIT, iid, text, size);
	else if (kind == RILL_PF_NAME)
		TELL(Rill__Pf__EventName, RILL__PF__EVENT_NAME__INIT, iid, text, size);
	else
		TELL(Rill__Pf__DebugAnnotationName, RILL__PF__DEBUG_ANNOTATION_NAME__INIT, iid,
		     text, size);
	return iid;
}

uint64_t rill_pf_place(struct rill_pf *p, const char *file, uint32_t line)
{
	const size_t size = strnlen(file, RILL_PF_NAME_MAX + 1);
	char key[sizeof line + RILL_PF_NAME_MAX];
	struct Rill__Pf__SourceLocation *m;
	uint64_t iid;
	bool fresh;

	if (size > RILL_PF_NAME_MAX)
		return 0;
	memcpy(key, &line, sizeof line);
	memcpy(key + sizeof line, file, size);
	iid = number_of(p, RILL_PF_PLACE, key, sizeof line + size, &fresh);
	if (!fresh)
		return iid;
	m = rill_pf_alloc(p, sizeof *m);
	*m = (struct Rill__Pf__SourceLocation)RILL__PF__SOURCE_LOCATION__INIT;
	m->has_iid = m->has_file_name = m->has_line_number = true;
	m->iid = iid;
	m->file_name = rill_pf_text(p, file, size);
	m->line_number = line;
	rill_pf_push(p, &p->names.fresh[RILL_PF_PLACE], m);
	return iid;
}

struct Rill__Pf__InternedData *rill_pf_fresh(struct rill_pf *p)
{
	struct rill_pf_list *const fresh = p->names.fresh;
	struct Rill__Pf__InternedData *m;

	if (!(fresh[RILL_PF_CATEGORY].count | fresh[RILL_PF_NAME].count |
	      fresh[RILL_PF_KEY].count | fresh[RILL_PF_PLACE].count))
		return NULL;
	m = rill_pf_alloc(p, sizeof *m);
	*m = (struct Rill__Pf__InternedData)RILL__PF__INTERNED_DATA__INIT;
	m->event_categories = (struct Rill__Pf__EventCategory **)fresh[RILL_PF_CATEGORY].items;
	m->n_event_categories = fresh[RILL_PF_CATEGORY].count;
	m->event_names = (struct Rill__Pf__EventName **)fresh[RILL_PF_NAME].items;
	m->n_event_names = fresh[RILL_PF_NAME].count;
	m->debug_annotation_names =
		(struct Rill__Pf__DebugAnnotationName **)fresh[RILL_PF_KEY].items;
	m->n_debug_annotation_names = fresh[RILL_PF_KEY].count;
	m->source_locations = (struct Rill__Pf__SourceLocation **)fresh[RILL_PF_PLACE].items;
	m->n_source_locations = fresh[RILL_PF_PLACE].count;
	memset(fresh, 0, sizeof p->names.fresh);
	return m;
}

bool rill_pf_names_full(const struct rill_pf *p)
{
	return p->names.count >= RILL_PF_NAMES_MAX || p->names.bytes >= RILL_PF_NAMES_BYTES_MAX;
}

void rill_pf_names_forget(struct rill_pf *p)
{
	for (unsigned kind = 0; kind < RILL_PF_KINDS; kind++)
		rill_table_free(&p->names.tables[kind], NULL);
	p->names.count = p->names.bytes = 0;
}
