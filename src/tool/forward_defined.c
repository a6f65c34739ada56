/* SPDX-License-Identifier: MIT
 * forward_defined.c - the newest definitions of one stream.
 */
#include "forward_defined.h"
#include "format/packet.h"
#include "format/varint.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 256, CREDIT_SHARE = 8, CREDIT_MAX = 16 << 10, KEPT_OVERHEAD = 96 };
static const uint64_t REPEAT_NS = UINT64_C(10000000000), LOOK_NS = UINT64_C(1000000000);

struct kept {
	uint64_t told_ns; /* 0: never */
	bool changed;     /* the reader has not got it, or an older one */
	uint32_t size;
	uint8_t bytes[];
};

/* ---- definitions in a packet ---------------------------------------------------------------- */

/* How much of the body says what is defined. SIZE_MAX: it is malformed. */
static size_t key_size(uint64_t kind, const uint8_t *body, const uint8_t *end)
{
	const uint8_t *at = body;
	uint64_t value;

	switch (kind) {
	case RILL_DEFINE_FORM:
	case RILL_DEFINE_THREAD: break;
	case RILL_DEFINE_COUNTS:
		if (!rill_varint_get(&at, end, &value))
			return SIZE_MAX;
		break;
	case RILL_DEFINE_METADATA:
		if (!rill_varint_get(&at, end, &value) || value > (uint64_t)(end - at))
			return SIZE_MAX;
		return (size_t)(at - body) + (size_t)value;
	default: return 0;
	}
	return rill_varint_get(&at, end, &value) ? (size_t)(at - body) : SIZE_MAX;
}

bool rill_forward_piece_next(const uint8_t **at, const uint8_t *end, struct rill_forward_piece *p)
{
	uint64_t kind, size;

	p->bytes = *at;
	if (*at == end || !rill_varint_get(at, end, &kind) || !rill_varint_get(at, end, &size) ||
	    size > (uint64_t)(end - *at) || kind > UINT8_MAX)
		return false;
	p->kind = (uint8_t)kind;
	p->body = *at;
	*at += size;
	p->size = (size_t)(*at - p->bytes);
	p->key_size = key_size(kind, p->body, *at);
	return p->key_size != SIZE_MAX;
}

const uint8_t *rill_forward_definitions(const uint8_t *packet, size_t size)
{
	if (packet[RILL_PACKET_AT_VERSION] & RILL_PACKET_PACKED)
		return packet + size;
	return packet + size - rill_le16_get(packet + RILL_PACKET_HEAD + 2);
}

/* ---- keeping them --------------------------------------------------------------------------- */

/* The next one of these comes soon, and is as good. */
static bool can_wait(uint8_t kind)
{
	return kind == RILL_DEFINE_COUNTS || kind == RILL_DEFINE_SNAPSHOT ||
	       kind == RILL_DEFINE_TOTALS;
}

static uint8_t kind_of(const struct rill_table_item *item)
{
	return (uint8_t)item->key[0];
}

static void set_changed(struct rill_forward_defined *d, struct kept *k, uint8_t kind, bool changed)
{
	if (!can_wait(kind))
		d->owed += (unsigned)changed - (unsigned)k->changed;
	k->changed = changed;
}

/* Those that the stream has not repeated for two rounds are of threads and call sites that are
 * silent. When they come again their definitions come again, too. */
static void forget_silent(struct rill_forward_defined *d, uint64_t now_ns)
{
	struct rill_table old = d->table;

	d->table = (struct rill_table){ .items = NULL };
	d->bytes = 0;
	for (size_t i = 0; i < old.room; i++) {
		const struct rill_table_item *const item = &old.items[i];
		struct kept *const k = item->key ? item->value : NULL;

		if (!k || (!k->changed && now_ns - k->told_ns > 2 * REPEAT_NS)) {
			free(k);
			continue;
		}
		*rill_table_put(&d->table, item->key, item->size) = k;
		d->bytes += KEPT_OVERHEAD + k->size;
	}
	rill_table_free(&old, NULL);
}

/* Its place; NULL: it is not there, and create is false or there is no room. */
static struct kept **find(struct rill_forward_defined *d, const struct rill_forward_piece *p,
			  bool create)
{
	char key[1 + KEY_MAX];
	void **place;

	if (p->key_size > KEY_MAX)
		return NULL;
	key[0] = (char)p->kind;
	memcpy(key + 1, p->body, p->key_size);
	place = rill_table_find(&d->table, key, 1 + p->key_size);
	if (!place && create && d->bytes < RILL_FORWARD_DEFINED_BYTES) {
		place = rill_table_put(&d->table, key, 1 + p->key_size);
		d->bytes += KEPT_OVERHEAD;
	}
	return (struct kept **)place;
}

/* NULL: it is too much to keep, and so the older one goes, too: it must not be told any more. */
static struct kept *keep(struct rill_forward_defined *d, struct kept *old,
			 const struct rill_forward_piece *p)
{
	const size_t old_size = old ? old->size : 0;
	struct kept *k = NULL;

	if (d->bytes - old_size + p->size <= RILL_FORWARD_DEFINED_BYTES) {
		k = rill_alloc(1, sizeof *k + p->size);
		k->size = (uint32_t)p->size;
		memcpy(k->bytes, p->bytes, p->size);
		d->bytes += p->size;
	}
	if (old) {
		if (k)
			k->told_ns = old->told_ns;
		set_changed(d, old, p->kind, false);
		d->bytes -= old_size;
		free(old);
	}
	return k;
}

static bool is_same(const struct kept *k, const struct rill_forward_piece *p)
{
	return k && k->size == p->size && !memcmp(k->bytes, p->bytes, p->size);
}

static void note_piece(struct rill_forward_defined *d, const struct rill_forward_piece *p,
		       uint64_t now_ns, bool out)
{
	struct kept **const place = find(d, p, true);
	bool same;

	if (!place)
		return;
	same = is_same(*place, p);
	if (!same)
		*place = keep(d, *place, p);
	if (!*place)
		return;
	if (out)
		(*place)->told_ns = now_ns;
	if (out || !same)
		set_changed(d, *place, p->kind, !out);
}

void rill_forward_defined_note(struct rill_forward_defined *d, const uint8_t *packet, size_t size,
			       uint64_t now_ns, bool out)
{
	const uint8_t *at = rill_forward_definitions(packet, size);
	struct rill_forward_piece p;

	if (d->bytes >= RILL_FORWARD_DEFINED_BYTES && now_ns >= d->next_forget_ns) {
		forget_silent(d, now_ns);
		d->next_forget_ns = now_ns + REPEAT_NS;
	}
	while (rill_forward_piece_next(&at, packet + size, &p))
		note_piece(d, &p, now_ns, out);
	if (out && d->credit < CREDIT_MAX)
		d->credit += size / CREDIT_SHARE;
}

void rill_forward_defined_unsay(struct rill_forward_defined *d, const uint8_t *packet, size_t size)
{
	const uint8_t *at = rill_forward_definitions(packet, size);
	struct rill_forward_piece p;

	while (rill_forward_piece_next(&at, packet + size, &p)) {
		struct kept **const place = find(d, &p, false);

		if (place && *place)
			set_changed(d, *place, p.kind, true);
	}
}

void rill_forward_defined_unsay_all(struct rill_forward_defined *d)
{
	for (size_t i = 0; i < d->table.room; i++) {
		struct kept *const k = d->table.items[i].key ? d->table.items[i].value : NULL;

		if (!k)
			continue;
		k->told_ns = 0;
		set_changed(d, k, kind_of(&d->table.items[i]), true);
	}
	d->next_look_ns = 0;
}

/* ---- telling them --------------------------------------------------------------------------- */

/* Of the closing totals each packet that ends a stream has its own. */
static bool is_due(const struct kept *k, uint8_t kind, uint64_t now_ns, bool all)
{
	const bool stale = now_ns - k->told_ns >= REPEAT_NS || !k->told_ns;

	if (kind == RILL_DEFINE_TOTALS)
		return all && k->changed;
	if (k->changed)
		return all || stale || !can_wait(kind);
	return stale && kind != RILL_DEFINE_COUNTS;
}

struct put {
	uint8_t *begin, *at, *end;
	size_t room;
	uint64_t now_ns;
	bool all, left;
};

/* False: it is due, and there is no room for it. */
static bool put_one(struct rill_forward_defined *d, struct kept *k, uint8_t kind, struct put *put)
{
	const size_t size = (size_t)(put->at - put->begin);
	/* More than this is never saved. */
	const size_t cost = k->changed ? 0 : k->size < CREDIT_MAX ? k->size : CREDIT_MAX;

	if (!is_due(k, kind, put->now_ns, put->all))
		return true;
	/* What is repeated waits for its turn: small definitions behind a large one would spend what it saves for, each time. */
	if (k->size > (size_t)(put->end - put->at) || (size && size + k->size > put->room) || cost > d->credit || (cost && put->left))
		return false;
	memcpy(put->at, k->bytes, k->size);
	put->at += k->size;
	d->credit -= cost;
	k->told_ns = put->now_ns;
	set_changed(d, k, kind, false);
	return true;
}

/* Begins where there was no room the last time: else those in front would always come first. */
static void put_all(struct rill_forward_defined *d, struct put *put)
{
	const size_t mask = d->table.room - 1, from = d->at & mask;

	for (size_t i = 0; i < d->table.room; i++) {
		const struct rill_table_item *const item = &d->table.items[(from + i) & mask];

		if (!item->key || !item->value ||
		    put_one(d, item->value, kind_of(item), put) || put->left)
			continue;
		put->left = true;
		d->at = (from + i) & mask;
	}
}

size_t rill_forward_defined_put(struct rill_forward_defined *d, uint8_t *to, size_t room,
				size_t room_max, uint64_t now_ns, bool all)
{
	static const char whose = RILL_DEFINE_STREAM;
	struct put put = { .begin = to, .at = to, .end = to + room_max, .room = room,
			   .now_ns = now_ns, .all = all };
	void **place;

	if (!all && !d->owed && now_ns < d->next_look_ns)
		return 0;
	/* First of all, for by this a reader knows that the number has a new owner. */
	place = rill_table_find(&d->table, &whose, 1);
	if (place && *place)
		put_one(d, *place, RILL_DEFINE_STREAM, &put);
	put_all(d, &put);
	d->next_look_ns = put.left ? now_ns : now_ns + LOOK_NS;
	return (size_t)(put.at - to);
}

void rill_forward_defined_free(struct rill_forward_defined *d)
{
	rill_table_free(&d->table, free);
	*d = (struct rill_forward_defined){ .bytes = 0 };
}
