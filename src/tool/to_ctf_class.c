/* SPDX-License-Identifier: MIT
 * to_ctf_class.c - kinds of events: the same name, call site, facts, and arguments.
 *
 * Whatever an event may have or not have makes another kind, so that nobody pays for what he does
 * not use. Their number is bounded; what is beyond is of one kind that can say everything, its
 * arguments as JSON.
 */
#include "to_ctf.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- facts ---------------------------------------------------------------------------------- */

static uint32_t has(enum rill_ctf_fact fact, bool is)
{
	return is ? UINT32_C(1) << fact : 0;
}

static uint32_t facts_of_id(const struct rill_event *e)
{
	const bool global = e->flags & RILL_FLAG_HAS_GLOBAL_ID,
		   local = !global && e->flags & RILL_FLAG_HAS_LOCAL_ID;

	return has(RILL_CTF_GLOBAL_ID, global) | has(RILL_CTF_LOCAL_ID, local) |
	       has(RILL_CTF_ID, !global && !local && (e->flags & RILL_FLAG_HAS_ID || e->id != 0)) |
	       has(RILL_CTF_ID_SCOPE, e->scope != NULL) | has(RILL_CTF_BIND_ID, e->bind_id != 0);
}

static uint32_t facts_of_flags(const struct rill_event *e)
{
	enum {
		TOLD = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID |
		       RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT | RILL_FLAG_BIND_TO_ENCLOSING
	};
	const bool instant = e->phase == 'I' || e->phase == 'i';
	const uint32_t told = TOLD | (instant ? RILL_FLAG_SCOPE_MASK : 0);

	return has(RILL_CTF_FLOW, e->flags & (RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT)) |
	       has(RILL_CTF_ENCLOSING, e->flags & RILL_FLAG_BIND_TO_ENCLOSING) |
	       has(RILL_CTF_SCOPE, instant) | has(RILL_CTF_FLAGS, e->flags & ~told);
}

static uint32_t facts_of_state(const struct rill_event *e)
{
	return has(RILL_CTF_BEGIN, e->state & RILL_EVENT_HAS_BEGIN) |
	       has(RILL_CTF_OWN_TIME, e->state & RILL_EVENT_HAS_OWN_TIME) |
	       has(RILL_CTF_THREAD_TIME, e->state & RILL_EVENT_HAS_THREAD_TIME) |
	       has(RILL_CTF_NESTED, e->state & RILL_EVENT_SCOPE) |
	       has(RILL_CTF_DYNAMIC, e->state & RILL_EVENT_DYNAMIC) |
	       has(RILL_CTF_LATE, e->state & RILL_EVENT_LATE) |
	       has(RILL_CTF_CLAMPED, e->state & RILL_EVENT_CLAMPED) |
	       has(RILL_CTF_BEGIN_LOST, e->state & RILL_EVENT_BEGIN_LOST);
}

bool rill_ctf_is_long(const struct rill_value *v)
{
	return v->type >= RILL_TYPE_STRING && v->type <= RILL_TYPE_JSON &&
	       v->size > RILL_CTF_TEXT_MAX;
}

uint32_t rill_ctf_facts(const struct rill_event *e, uint32_t pid, bool moved)
{
	const bool foreign = e->thread && (e->thread->tid != e->tid || e->pid != pid);
	bool null = false, cut = false;

	for (unsigned i = 0; i < e->nargs; i++) {
		null |= e->args[i].null;
		cut |= e->args[i].cut || rill_ctf_is_long(&e->args[i]);
	}
	return facts_of_id(e) | facts_of_flags(e) | facts_of_state(e) |
	       has(RILL_CTF_EMITTER, foreign) | has(RILL_CTF_LEVEL, e->level) |
	       has(RILL_CTF_NULLS, null) | has(RILL_CTF_CUTS, cut) | has(RILL_CTF_RECORDED, moved);
}

/* ---- making one ----------------------------------------------------------------------------- */

static const char *keep(char **to, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *const copy = memcpy(*to, text, size);

	*to += size;
	return copy;
}

static size_t texts_of(const struct rill_event *e)
{
	size_t size = strlen(e->name) + 1 + (e->file ? strlen(e->file) + 1 : 0) + e->nargs;

	for (unsigned i = 0; i < e->nargs; i++)
		size += strlen(e->args[i].name) + 1;
	return size;
}

static struct rill_ctf_class *make(const struct rill_event *e, uint32_t facts)
{
	struct rill_ctf_class *const c =
		rill_alloc(1, sizeof *c + e->nargs * sizeof *c->arg_names + texts_of(e));
	uint8_t *const types = (uint8_t *)(c->arg_names + e->nargs);
	char *texts = (char *)types + e->nargs;

	c->facts = facts;
	c->line = e->line;
	c->nargs = e->nargs;
	c->types = types;
	c->name = keep(&texts, e->name);
	c->file = e->file ? keep(&texts, e->file) : NULL;
	for (unsigned i = 0; i < e->nargs; i++) {
		types[i] = e->args[i].type;
		c->arg_names[i] = keep(&texts, e->args[i].name);
	}
	return c;
}

static const struct rill_ctf_class *add(struct rill_ctf_classes *k, struct rill_ctf_class *c)
{
	if (k->count == k->room) {
		k->room = k->room ? 2 * k->room : 64;
		k->list = rill_grow(k->list, k->room, sizeof(struct rill_ctf_class *));
	}
	c->id = k->count;
	return k->list[k->count++] = c;
}

static const struct rill_ctf_class *other(struct rill_ctf_classes *k)
{
	static const struct rill_event event = { .name = "other event" };

	if (!k->other) {
		k->other = make(&event, (UINT32_C(1) << RILL_CTF_FACTS) - 1);
		k->other->other = true;
		add(k, k->other);
	}
	k->others++;
	return k->other;
}

/* ---- finding one ---------------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool fits(const struct rill_ctf_class *c, const struct rill_event *e, uint32_t facts)
{
	if (c->facts != facts || c->nargs != e->nargs || c->line != e->line ||
	    !is_same(c->name, e->name) || !is_same(c->file, e->file))
		return false;
	for (unsigned i = 0; i < e->nargs; i++)
		if (c->types[i] != e->args[i].type || strcmp(c->arg_names[i], e->args[i].name))
			return false;
	return true;
}

/* All that tells it from another; freed by the caller. */
static uint8_t *key_of(const struct rill_event *e, uint32_t facts, size_t *size)
{
	const uint32_t numbers[] = { facts, e->line, e->nargs, e->file != NULL };
	uint8_t *const key = rill_alloc(sizeof numbers + texts_of(e), 1);
	char *texts = (char *)key + sizeof numbers;

	memcpy(key, numbers, sizeof numbers);
	keep(&texts, e->name);
	if (e->file)
		keep(&texts, e->file);
	for (unsigned i = 0; i < e->nargs; i++) {
		*texts++ = (char)e->args[i].type;
		keep(&texts, e->args[i].name);
	}
	*size = (size_t)(texts - (char *)key);
	return key;
}

/* NULL: there is none, and no room for one. */
static struct rill_ctf_class *find(struct rill_ctf_classes *k, const struct rill_event *e,
				   uint32_t facts)
{
	size_t size;
	uint8_t *const key = key_of(e, facts, &size);
	void **place = rill_table_find(&k->table, key, size);
	struct rill_ctf_class *c = place ? *place : NULL;

	if (!c && k->count < RILL_CTF_CLASSES_MAX - 1 &&
	    k->bytes + size <= RILL_CTF_CLASSES_BYTES_MAX) {
		k->bytes += size;
		c = make(e, facts);
		*rill_table_put(&k->table, key, size) = c;
		add(k, c);
	}
	free(key);
	return c;
}

const struct rill_ctf_class *rill_ctf_class_of(struct rill_ctf_classes *k,
					       const struct rill_event *e, uint32_t facts)
{
	struct rill_ctf_class **const known =
		&k->known[(e->site * 64 + facts % 61) % RILL_CTF_KNOWN];
	struct rill_ctf_class *c;

	if (e->site && *known && fits(*known, e, facts))
		return *known;
	c = find(k, e, facts);
	if (!c)
		return other(k);
	return *known = c;
}

void rill_ctf_classes_free(struct rill_ctf_classes *k)
{
	rill_table_free(&k->table, NULL);
	for (uint32_t i = 0; i < k->count; i++)
		free(k->list[i]);
	free(k->list);
}
