/* SPDX-License-Identifier: MIT
 * decode.c - reading the payload of a record by its site's argument table, or by itself.
 */
#include "route/decode.h"

#include "emit/category.h"
#include "format/dynamic.h"
#include "format/scalar.h"
#include "route/intern.h"

#include <string.h>

/* Where the payload is being read. */
struct reader {
	const uint64_t *at, *end;
};

static uint64_t take_word(struct reader *r)
{
	return r->at < r->end ? *r->at++ : 0;
}

static const char *take_tail(struct reader *r, uint64_t *word)
{
	const char *text = (const char *)(r->at + 1);
	size_t words;

	*word = take_word(r);
	words = RILL_TAIL_BYTES(RILL_TAIL_SIZE(*word)) / 8;
	if (words > (size_t)(r->end - r->at)) {
		*word = RILL_TAIL_NULL;
		r->at = r->end;
		return "";
	}
	r->at += words;
	return text;
}

/* ---- arguments ------------------------------------------------------------------------------------ */

static void take_value(struct reader *r, struct rill_value *v, uint8_t type, const char *name)
{
	uint64_t word;

	if (rill_left_out(type))
		type = RILL_TYPE_POINTER;
	*v = (struct rill_value){ .name = name, .type = type };
	if (!rill_has_tail(type)) {
		rill_decode_scalar(v, type, take_word(r));
		return;
	}
	v->text = take_tail(r, &word);
	v->size = RILL_TAIL_SIZE(word);
	v->cut = (word & RILL_TAIL_CUT) != 0;
	v->null = (word & RILL_TAIL_NULL) != 0;
}

/* ---- nameless entries: fields of the event -------------------------------------------------------- */

static void take_id(struct reader *r, struct rill_event *e, uint8_t type)
{
	static const uint32_t flag[] = { RILL_FLAG_HAS_ID, RILL_FLAG_HAS_LOCAL_ID, RILL_FLAG_HAS_GLOBAL_ID };
	uint64_t word;

	e->id = take_word(r);
	if (RILL_ON(CONFIG_RILL_ARG_TEXTS) && type >= RILL_TYPE_ID_SCOPED) {
		e->scope = take_tail(r, &word);
		type -= RILL_TYPE_ID_SCOPED - RILL_TYPE_ID;
	}
	if (!(e->flags & RILL_FLAG_HAS_CONTEXT_ID))
		e->flags |= flag[type - RILL_TYPE_ID];
}

static void take_field(struct reader *r, struct rill_decoded *d, uint8_t type)
{
	struct rill_event *e = &d->event;

	switch (type) {
	case RILL_TYPE_BIND_ID: e->bind_id = take_word(r); break;
	case RILL_TYPE_TIME_US:
		e->own_time_us = (int64_t)take_word(r);
		e->state |= RILL_EVENT_HAS_OWN_TIME;
		break;
	case RILL_TYPE_TID: e->tid = (uint32_t)take_word(r); break;
	case RILL_TYPE_PID:
		e->pid = (uint32_t)take_word(r);
		e->flags |= RILL_FLAG_HAS_PROCESS_ID;
		break;
	case RILL_TYPE_BEGIN:
		d->begin_ticks = take_word(r);
		e->state |= RILL_EVENT_HAS_BEGIN;
		break;
	case RILL_TYPE_THREAD_TIME_NS:
		e->thread_time_ns = take_word(r);
		e->state |= RILL_EVENT_HAS_THREAD_TIME;
		break;
	default: take_id(r, e, type); break;
	}
}

/* One word behind the payload: see rill_record_begin(). */
static void take_extra(struct reader *r, struct rill_event *e)
{
	if (!RILL_ON(CONFIG_RILL_THREAD_TIME) || r->at == r->end)
		return;
	e->thread_time_ns = take_word(r);
	e->state |= RILL_EVENT_HAS_THREAD_TIME;
}

/* ---- the three kinds of records ------------------------------------------------------------------- */

static bool set_site(struct rill_decoded *d, const struct rill_site_entry *s, uint16_t id)
{
	if (!s)
		return false;
	d->site_id = id;
	d->category_id = s->category_id;
	d->event.site = id;
	d->event.category = rill_category_text(s->category_id);
	if (s->category_id == RILL_NO_CATEGORY)
		d->event.category = s->category;
	d->event.name = s->name;
	if (RILL_ON(CONFIG_RILL_FILE_LINE)) {
		d->event.file = s->file;
		d->event.line = s->line;
	}
	d->event.phase = (char)s->phase;
	d->event.flags = s->flags & ~(uint32_t)RILL_SITE_SCOPE;
	if (s->flags & RILL_SITE_SCOPE)
		d->event.state |= RILL_EVENT_SCOPE;
	return true;
}

static bool decode_site(const struct rill_record *record, struct reader *r, struct rill_decoded *d)
{
	const struct rill_site_entry *s = rill_site_entry(record->id);
	const char *arg;

	if (!set_site(d, s, record->id))
		return false;
	arg = s->args;
	for (unsigned i = 0; i < s->nargs; i++) {
		uint8_t type = (uint8_t)*arg++;

		if (type >= RILL_TYPE_ID)
			take_field(r, d, type);
		else
			take_value(r, &d->values[d->event.nargs++], type, arg);
		arg += strlen(arg) + 1;
	}
	take_extra(r, &d->event);
	return true;
}

static bool decode_end(struct reader *r, struct rill_decoded *d, uint64_t ticks)
{
	uint64_t word = take_word(r), since = word & RILL_END_TICKS_MAX;
	uint16_t id = (uint16_t)(word >> 48);

	if (!set_site(d, rill_site_entry(id), id))
		return false;
	d->begin_ticks = since == RILL_END_TICKS_MAX ? take_word(r) : ticks - since;
	d->event.phase = 'E';
	d->event.state |= RILL_EVENT_HAS_BEGIN;
	take_extra(r, &d->event);
	return true;
}

static bool decode_dynamic(struct reader *r, struct rill_decoded *d)
{
	struct rill_event *e = &d->event;
	uint64_t head = take_word(r), word, entry;
	const char *key;

	d->site_id = RILL_ID_DYNAMIC;
	d->category_id = RILL_DYNAMIC_CATEGORY(head);
	e->state |= RILL_EVENT_DYNAMIC;
	e->phase = RILL_DYNAMIC_PHASE(head);
	e->flags = RILL_DYNAMIC_FLAGS(head) & ~(uint32_t)RILL_SITE_SCOPE;
	if (RILL_DYNAMIC_FLAGS(head) & RILL_SITE_SCOPE)
		e->state |= RILL_EVENT_SCOPE;
	e->category = rill_category_text(d->category_id);
	e->name = rill_intern(take_tail(r, &word));
	for (unsigned i = 0; i < RILL_DYNAMIC_NARGS(head) && r->at < r->end; i++) {
		entry = take_word(r);
		if ((uint8_t)entry >= RILL_TYPE_ID) {
			take_field(r, d, (uint8_t)entry);
			continue;
		}
		key = (const char *)r->at;
		r->at += ((entry >> 8) + 7) / 8;
		take_value(r, &d->values[e->nargs++], (uint8_t)entry, key);
	}
	take_extra(r, e);
	return true;
}

bool rill_decode(const struct rill_record *record, uint32_t words, uint64_t ticks, struct rill_decoded *d)
{
	struct reader r = { record->payload, (const uint64_t *)(const void *)record + words };

	memset(&d->event, 0, sizeof d->event);
	d->event.args = d->values;
	if (RILL_ON(CONFIG_RILL_DYNAMIC) && record->id == RILL_ID_DYNAMIC)
		return decode_dynamic(&r, d);
	if (record->id == RILL_ID_END)
		return decode_end(&r, d, ticks);
	return decode_site(record, &r, d);
}
