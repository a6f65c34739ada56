/* SPDX-License-Identifier: MIT
 * image_event.c - a record of a ring file as an event: what route/decode.c does in the process, with nothing trusted.
 */
#include "image.h"

#include "format/dynamic.h"
#include "format/record.h"
#include "format/scalar.h"

#include <rill/site.h>
#include <string.h>

/* Where the payload is being read. */
struct payload {
	const struct rill_image *image;
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t take_word(struct payload *p)
{
	uint64_t word;

	if (p->end - p->at < 8) {
		p->bad = true;
		return 0;
	}
	word = rill_image_u64(p->image, p->at);
	p->at += 8;
	return word;
}

/* Ends with NUL where it says it does. */
static const char *take_tail(struct payload *p, uint64_t *word)
{
	const char *text;
	uint32_t size;

	*word = take_word(p);
	text = (const char *)p->at;
	size = RILL_TAIL_SIZE(*word);
	if (p->bad || size >= (size_t)(p->end - p->at) || RILL_TAIL_BYTES(size) > (size_t)(p->end - p->at) || text[size]) {
		p->bad = true;
		return "";
	}
	p->at += RILL_TAIL_BYTES(size);
	return text;
}

static bool has_tail(const struct rill_image *image, uint8_t type)
{
	if (type == RILL_TYPE_BLOB)
		return image->head.flags & RILL_IMAGE_BLOBS;
	return RILL_TYPE_HAS_TAIL(type) && image->head.flags & RILL_IMAGE_TEXTS;
}

static void take_value(struct payload *p, struct rill_value *v, uint8_t type, const char *name)
{
	uint64_t word;

	if (type == RILL_TYPE_BLOB && !has_tail(p->image, type))
		type = RILL_TYPE_POINTER;
	p->bad |= type < RILL_TYPE_I8 || type > RILL_TYPE_JSON;
	*v = (struct rill_value){ .name = name, .type = type };
	if (!has_tail(p->image, type)) {
		rill_decode_scalar(v, type, take_word(p));
		p->bad |= type >= RILL_TYPE_STRING;
		return;
	}
	v->text = take_tail(p, &word);
	v->size = p->bad ? 0 : RILL_TAIL_SIZE(word);
	v->cut = (word & RILL_TAIL_CUT) != 0;
	v->null = (word & RILL_TAIL_NULL) != 0;
}

/* ---- nameless entries: fields of the event ------------------------------------------------------ */

static void take_id(struct payload *p, struct rill_event *e, uint8_t type)
{
	static const uint32_t flag[] = { RILL_FLAG_HAS_ID, RILL_FLAG_HAS_LOCAL_ID, RILL_FLAG_HAS_GLOBAL_ID };
	uint64_t word;

	if (type > RILL_TYPE_ID_SCOPED_GLOBAL) {
		p->bad = true;
		return;
	}
	e->id = take_word(p);
	if (type >= RILL_TYPE_ID_SCOPED) {
		e->scope = take_tail(p, &word);
		type -= RILL_TYPE_ID_SCOPED - RILL_TYPE_ID;
	}
	if (!(e->flags & RILL_FLAG_HAS_CONTEXT_ID))
		e->flags |= flag[type - RILL_TYPE_ID];
}

static void take_begin(struct payload *p, struct rill_event *e, uint64_t ticks)
{
	e->begin_ns = rill_image_ns(p->image, ticks);
	e->state |= RILL_EVENT_HAS_BEGIN;
}

static void take_field(struct payload *p, struct rill_event *e, uint8_t type)
{
	switch (type) {
	case RILL_TYPE_BIND_ID: e->bind_id = take_word(p); break;
	case RILL_TYPE_TIME_US:
		e->own_time_us = (int64_t)take_word(p);
		e->state |= RILL_EVENT_HAS_OWN_TIME;
		break;
	case RILL_TYPE_TID: e->tid = (uint32_t)take_word(p); break;
	case RILL_TYPE_PID:
		e->pid = (uint32_t)take_word(p);
		e->flags |= RILL_FLAG_HAS_PROCESS_ID;
		break;
	case RILL_TYPE_BEGIN: take_begin(p, e, take_word(p)); break;
	case RILL_TYPE_THREAD_TIME_NS:
		e->thread_time_ns = take_word(p);
		e->state |= RILL_EVENT_HAS_THREAD_TIME;
		break;
	default: take_id(p, e, type); break;
	}
}

/* ---- the three kinds of records ----------------------------------------------------------------- */

static void set_site(struct rill_event *e, const struct rill_image_known_site *s, uint16_t id)
{
	e->site = id;
	e->category = s->category;
	e->name = s->name;
	e->file = s->file;
	e->line = s->line;
	e->phase = (char)s->phase;
	e->flags = s->flags & ~(uint32_t)RILL_SITE_SCOPE;
	e->state |= s->flags & RILL_SITE_SCOPE ? RILL_EVENT_SCOPE : 0;
}

static void take_site(struct payload *p, struct rill_image_event *to, const struct rill_image_known_site *s, uint16_t id)
{
	const char *arg = s->args;

	set_site(&to->event, s, id);
	for (unsigned i = 0; i < s->nargs && !p->bad; i++) {
		uint8_t type = (uint8_t)*arg++;

		if (type >= RILL_TYPE_ID)
			take_field(p, &to->event, type);
		else
			take_value(p, &to->values[to->event.nargs++], type, arg);
		arg += strlen(arg) + 1;
	}
}

static enum rill_image_verdict take_end(struct payload *p, struct rill_event *e, uint64_t ticks)
{
	const uint64_t word = take_word(p), since = word & RILL_END_TICKS_MAX;
	const struct rill_image_known_site *const s = rill_image_site(p->image, (uint16_t)(word >> 48));

	if (!s)
		return RILL_IMAGE_UNKNOWN;
	set_site(e, s, (uint16_t)(word >> 48));
	take_begin(p, e, since == RILL_END_TICKS_MAX ? take_word(p) : ticks - since);
	e->phase = 'E';
	return RILL_IMAGE_GOOD;
}

static const char *take_key(struct payload *p, uint64_t entry)
{
	const char *const key = (const char *)p->at;
	const uint64_t size = entry >> 8, room = (size + 7) & ~UINT64_C(7);

	if (!size || size > (size_t)(p->end - p->at) || room > (size_t)(p->end - p->at) || key[size - 1]) {
		p->bad = true;
		return "";
	}
	p->at += room;
	return key;
}

static enum rill_image_verdict take_dynamic(struct payload *p, struct rill_image_event *to)
{
	struct rill_event *const e = &to->event;
	const uint64_t head = take_word(p);
	uint64_t entry, word;

	e->state |= RILL_EVENT_DYNAMIC;
	e->phase = RILL_DYNAMIC_PHASE(head);
	e->flags = RILL_DYNAMIC_FLAGS(head) & ~(uint32_t)RILL_SITE_SCOPE;
	e->state |= RILL_DYNAMIC_FLAGS(head) & RILL_SITE_SCOPE ? RILL_EVENT_SCOPE : 0;
	e->category = rill_image_category(p->image, RILL_DYNAMIC_CATEGORY(head));
	if (!e->category && p->image->by_pages)
		return RILL_IMAGE_UNKNOWN;
	if (!e->category)
		e->category = "";
	e->name = take_tail(p, &word);
	for (unsigned i = 0; i < RILL_DYNAMIC_NARGS(head) && !p->bad && p->at < p->end; i++) {
		entry = take_word(p);
		if ((uint8_t)entry >= RILL_TYPE_ID)
			take_field(p, e, (uint8_t)entry);
		else {
			const char *const key = take_key(p, entry);

			take_value(p, &to->values[e->nargs++], (uint8_t)entry, key);
		}
	}
	return RILL_IMAGE_GOOD;
}

enum rill_image_verdict rill_image_event(const struct rill_image *image, const struct rill_image_cursor *c, struct rill_image_event *to)
{
	struct payload p = { image, c->record + 8, c->record + 8 * (size_t)c->words, false };
	const uint16_t id = rill_image_u16(image, c->record + offsetof(struct rill_record, id));
	const struct rill_image_known_site *const s = rill_image_site(image, id);
	enum rill_image_verdict verdict = RILL_IMAGE_GOOD;
	struct rill_event *const e = &to->event;

	*e = (struct rill_event){ .args = to->values, .ts_ns = rill_image_ns(image, c->ticks), .level = (uint8_t)c->ring->level };
	if (id == RILL_ID_DYNAMIC)
		verdict = take_dynamic(&p, to);
	else if (id == RILL_ID_END)
		verdict = take_end(&p, e, c->ticks);
	else if (s)
		take_site(&p, to, s, id);
	else
		verdict = RILL_IMAGE_UNKNOWN;
	/* One word behind the arguments: the thread's time. */
	if (verdict == RILL_IMAGE_GOOD && p.end - p.at == 8)
		take_field(&p, e, RILL_TYPE_THREAD_TIME_NS);
	if (verdict == RILL_IMAGE_GOOD && (p.bad || p.at != p.end || e->phase < ' ' || e->phase > '~'))
		return RILL_IMAGE_BAD;
	return verdict;
}
