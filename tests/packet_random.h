/* SPDX-License-Identifier: MIT
 * packet_random.h - events with any combination of everything, the same in every run.
 */
#ifndef RILL_TESTS_PACKET_RANDOM_H
#define RILL_TESTS_PACKET_RANDOM_H

#include "tests/packet_help.h"
#include "tests/random_help.h"

static struct rill_event kept[4096];
static struct rill_value kept_values[4096][16];
static char kept_texts[4096][16][40];

static inline void make_value(struct rill_value *v, char *text)
{
	static const uint8_t types[] = { RILL_TYPE_I8, RILL_TYPE_I16, RILL_TYPE_I32, RILL_TYPE_I64, RILL_TYPE_U8,
					 RILL_TYPE_U16, RILL_TYPE_U32, RILL_TYPE_U64, RILL_TYPE_BOOL, RILL_TYPE_F32,
					 RILL_TYPE_F64, RILL_TYPE_POINTER, RILL_TYPE_STRING, RILL_TYPE_COPY,
					 RILL_TYPE_BLOB, RILL_TYPE_JSON };
	static const char *const names[] = { "a", "b", "", "\xc3\xa9", "long name of an argument" };
	uint64_t bits;

	*v = (struct rill_value){ .name = names[next() % 5], .type = types[next() % 16] };
	if (v->type >= RILL_TYPE_STRING && v->type <= RILL_TYPE_JSON) {
		v->size = (uint32_t)(next() % 39);
		for (unsigned i = 0; i < v->size; i++)
			text[i] = next() % 7 ? "xyz"[next() % 3] : (char)next();
		text[v->size] = '\0';
		v->text = text;
		v->cut = next() % 9 == 0;
		v->null = next() % 9 == 0;
		if (v->null && v->type != RILL_TYPE_BLOB) {
			v->size = v->cut = 0;
			v->text = "";
		}
	} else if (v->type == RILL_TYPE_F32) {
		volatile float f = (float)((int64_t)next() / 3);	/* volatile: 387s keep more bits than it has */

		v->d = (double)f;
	} else {
		bits = next() >> next() % 64;
		v->u = next() % 2 ? bits : 0 - bits;
	}
}

/* Any combination of everything; only what no writer gives is left out. */
static inline void make_event(unsigned i, uint64_t ts_ns)
{
	static const char *const scopes[] = { NULL, "s", "scope" };
	static const char phases[] = "BEXiIbneSTFpsftCPNODvVR(),=cM";
	struct rill_event *e = &kept[i];

	*e = EVENT(phases[next() % (sizeof phases - 1)], .ts_ns = ts_ns);
	e->site = (uint32_t)(next() % 40);
	e->flags = (uint32_t)(next() % 16384);
	e->state = (uint16_t)(next() % 256);
	e->level = (uint8_t)(next() % 3);
	e->line = (uint32_t)next();
	e->file = next() % 4 ? "a.c" : NULL;
	e->scope = scopes[next() % 3];
	e->id = next() % 2 ? next() >> next() % 64 : 0;
	e->bind_id = next() % 4 ? 0 : next();
	e->begin_ns = e->state & RILL_EVENT_HAS_BEGIN ? ts_ns - next() % 100000 : 0;
	e->own_time_us = e->state & RILL_EVENT_HAS_OWN_TIME ? (int64_t)next() : 0;
	e->thread_time_ns = e->state & RILL_EVENT_HAS_THREAD_TIME ? next() : 0;
	e->thread = next() % 5 ? &help_main : next() % 2 ? &help_worker : NULL;
	e->tid = e->thread && next() % 4 ? e->thread->tid : (uint32_t)next();
	e->pid = next() % 4 ? HELP_PID : (uint32_t)next();
	e->nargs = (uint8_t)(next() % 5 ? next() % 4 : next() % 17);
	e->args = kept_values[i];
	for (unsigned n = 0; n < e->nargs; n++)
		make_value(&kept_values[i][n], kept_texts[i][n]);
}

/* One site has one line, file, category and name: else its form would be a lie. */
static inline void give_sites(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct rill_event *e = &kept[i];

		if (e->site == 0)
			continue;
		e->line = e->site;
		e->file = e->site % 3 ? "b.c" : NULL;
		for (unsigned n = 0; n < e->nargs; n++)
			kept_values[i][n].name = n % 2 ? "key" : "other key";
	}
}

#endif
