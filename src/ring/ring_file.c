/* SPDX-License-Identifier: MIT
 * ring_file.c - the head and the definitions of the pool, be it in a file or in memory.
 */
#include "ring/ring_file.h"

#include "config.h"
#include "format/crc32c.h"
#include "port/port.h"
#include "ring/ring_set.h"

#include <rill/clock.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 65536, DEFINITIONS_BYTES = CONFIG_RILL_RING_FILE_DEFINITIONS_KIB * 1024, DEFINITION_BYTES_MAX = 65535 * 8 };

static const char *wanted;
static bool kept;
static uint32_t tag;
static struct rill_port_ring_file file = { .fd = -1 };
/* Published when the head is whole; NULL: there is no pool. */
static _Atomic(struct rill_image_head *) open_head;

/* Another one for each file that may lie at one place. Not 0. */
static uint32_t new_tag(void)
{
	const uint32_t pid = (uint32_t)getpid();
	const uint64_t own = rill_port_realtime_ns() ^ rill_port_thread_start_time(pid, pid) << 32 ^ (uint64_t)pid << 20;
	const uint32_t upper = (uint32_t)(own * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RILL_LAYOUT_TAG_BITS));

	return upper ? upper : 1;
}

/* Blocks are pages, and each ring has two of them at least. */
static void set_geometry(struct rill_ring_geometry *g)
{
	g->block_bytes = RILL_PAGE;
	if (g->ring_bytes < 2 * RILL_PAGE)
		g->ring_bytes = 2 * RILL_PAGE;
	if (g->nested_bytes < 2 * RILL_PAGE)
		g->nested_bytes = 2 * RILL_PAGE;
}

void rill_ring_file_ask(const char *path, bool keep, bool disk)
{
	wanted = path;
	kept = keep;
	tag = path && disk ? new_tag() : 0;
	if (tag)
		set_geometry(&rill_ring_geometry);
}

uint32_t rill_ring_file_tag(void)
{
	return tag;
}

bool rill_ring_file_wanted(void)
{
	return wanted != NULL;
}

uint32_t rill_ring_file_slots(uint32_t usual)
{
	return usual < CONFIG_RILL_RING_FILE_THREADS ? usual : CONFIG_RILL_RING_FILE_THREADS;
}

/* Sequentially consistent: pairs with rill_define_all(). Who makes a category known either finds the file here, or is found by
 * the one that has made the file. */
static struct rill_image_head *head_of_file(void)
{
	return atomic_load(&open_head);
}

bool rill_ring_file_is_open(void)
{
	return head_of_file() != NULL;
}

bool rill_ring_file_survives(void)
{
	return head_of_file() && file.fd >= 0;
}

/* ---- the head ------------------------------------------------------------------------------------- */

static uint64_t up(uint64_t at, uint64_t to)
{
	return (at + to - 1) / to * to;
}

void rill_ring_file_describe(struct rill_image_part *part, enum rill_image_kind kind, size_t at, size_t (*level_bytes)(unsigned level),
			     size_t (*level_block)(unsigned level))
{
	uint32_t data_at = 0;

	part->rings = CONFIG_RILL_LEVELS;
	for (uint32_t level = 0; level < CONFIG_RILL_LEVELS; data_at += (uint32_t)level_bytes(level), level++)
		part->ring[level] = (struct rill_image_ring){
			.at = (uint32_t)(at + level * sizeof(struct rill_ring)), .data_at = data_at,
			.bytes = (uint32_t)level_bytes(level), .block_bytes = (uint32_t)level_block(level),
			.kind = kind, .level = level,
		};
}

static void place_part(struct rill_image_part *p, uint32_t slots, uint64_t at, uint64_t slots_at)
{
	p->at = at;
	p->slots_at = slots_at;
	p->data_at = slots_at + rill_ring_data_at((size_t)(slots * p->slot_bytes));
	p->bytes = up(p->data_at + slots * p->slot_data_bytes, PAGE) - at;
}

static void place_areas(struct rill_image_head *h)
{
	h->defs_at = up(sizeof *h, 64);
	h->defs_bytes = DEFINITIONS_BYTES;
	h->owners_at = h->defs_at + h->defs_bytes;
	place_part(&h->part[RILL_IMAGE_STREAM], h->slots, 0, up(h->owners_at + h->slots * sizeof(struct rill_image_owner), PAGE));
}

static void say_whose(struct rill_image_head *h)
{
	const struct rill_clock_source *clock = rill_clock();

	memcpy(h->magic, "\0\0\0\0\0\0\0", sizeof h->magic);
	h->order = RILL_IMAGE_ORDER;
	h->version = RILL_IMAGE_VERSION;
	h->word_bytes = sizeof(uintptr_t);
	h->pid = (uint32_t)getpid();
	h->tag = tag;
	h->flags |= tag ? RILL_IMAGE_DISK : 0;
	h->start_time = rill_port_thread_start_time(h->pid, h->pid);
	h->realtime_ns = rill_port_realtime_ns();
	h->clock_hz = clock->frequency_hz();
	/* Making the file takes a while, so that this pair and the first one tell a rate to who reads before there is another. */
	h->pair[0].ticks = clock->read_ordered();
	h->pair[0].ns = h->monotonic_ns = rill_port_monotonic_ns();
	rill_port_boot_id(h->boot_id);
	strncpy(h->program, rill_port_program_name(), sizeof h->program - 1);
}

static uint32_t crc_of_head(const struct rill_image_head *h)
{
	const uint8_t *from = (const uint8_t *)&h->order;

	return ~rill_crc32c(RILL_CRC32C_BEGIN, from, (size_t)((const uint8_t *)&h->crc - from));
}

/* 0 stands for no part. */
static uint32_t crc_of_part(const struct rill_image_part *p)
{
	const uint8_t *from = (const uint8_t *)&p->rings;

	return ~rill_crc32c(RILL_CRC32C_BEGIN, from, (size_t)((const uint8_t *)(p + 1) - from)) | 1;
}

/* The room of a part of so many slots, in the file or in memory. */
static void *take_room(struct rill_image_part *p, uint32_t slots, int *error)
{
	const size_t heads_at = (size_t)(p->slots_at - p->at), heads = (size_t)(slots * p->slot_bytes);
	void *room;

	if (p->bytes > SIZE_MAX) {
		*error = rill_fail(EFBIG, "the memory of the rings for %u threads is larger than this machine can map: ask for fewer threads "
				   "or smaller rings", slots);
		return NULL;
	}
	if (wanted && !p->at)
		room = rill_port_ring_file_open(&file, wanted, (size_t)p->bytes, heads_at, heads, error);
	else if (wanted)
		room = rill_port_ring_file_extend(&file, p->at, (size_t)p->bytes, heads, error);
	else if (!(room = rill_port_pages((size_t)p->bytes)))
		*error = rill_fail(ENOMEM, "no address space for the rings of %u threads, %llu bytes: ask for fewer threads (threads_max) or "
				   "smaller rings (buffer_bytes, flight_bytes)", slots, (unsigned long long)p->bytes);
	p->address = (uintptr_t)room;
	return room;
}

/* In disk mode the head is on the disk before the first event is in memory. All else goes there when the kernel comes round to it. */
static void put_on_disk(struct rill_image_head *head)
{
	int error = tag ? rill_port_ring_file_sync(&file, head, RILL_PAGE) : 0;

	if (error)
		rill_warn("the ring file %s does not reach its disk (%s): after a power cut it may not be there", wanted, strerror(error));
}

void *rill_ring_file_create(struct rill_image_head *h, int *error)
{
	struct rill_image_part *const part = &h->part[RILL_IMAGE_STREAM];
	struct rill_image_head *head;

	place_areas(h);
	h->first_ticks = rill_clock()->read_ordered();
	h->first_ns = rill_port_monotonic_ns();
	head = take_room(part, h->slots, error);
	if (!head)
		return NULL;
	say_whose(h);
	h->crc = crc_of_head(h);
	part->crc = crc_of_part(part);
	*head = *h;
	/* Release, and the magic behind all else: a file without it was left by a program that died while it made the file. */
	atomic_thread_fence(memory_order_release);
	memcpy(head->magic, RILL_IMAGE_MAGIC, sizeof head->magic);
	put_on_disk(head);
	atomic_store(&open_head, head);	/* pairs with head_of_file() */
	return (uint8_t *)head + part->slots_at;
}

void *rill_ring_file_add(struct rill_image_part *part, int *error)
{
	const struct rill_image_head *const h = head_of_file();
	const uint64_t at = h->part[RILL_IMAGE_STREAM].bytes;

	place_part(part, h->slots, at, at);
	return take_room(part, h->slots, error);
}

void rill_ring_file_show(const struct rill_image_part *part)
{
	struct rill_image_part *const to = &head_of_file()->part[RILL_IMAGE_FLIGHT];

	*to = *part;	/* its sum is 0 */
	/* Release, pairs with the reader: what the sum seals is there, and the rings are. */
	__atomic_store_n(&to->crc, crc_of_part(to), __ATOMIC_RELEASE);
	put_on_disk(head_of_file());
}

/* ---- what changes --------------------------------------------------------------------------------- */

/* A place for so many bytes; NULL: none is left. */
static struct rill_image_definition *reserve(struct rill_image_head *h, size_t bytes)
{
	uint32_t at = __atomic_load_n(&h->defs_used, __ATOMIC_RELAXED);

	do {
		if (bytes > h->defs_bytes - at) {
			__atomic_fetch_add(&h->defs_refused, 1, __ATOMIC_RELAXED);
			return NULL;
		}
	} while (!__atomic_compare_exchange_n(&h->defs_used, &at, at + (uint32_t)bytes, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return (struct rill_image_definition *)((uint8_t *)h + h->defs_at + at);
}

/* With the tag, so that one of an earlier file at this place is none of this. 0 stands for free space. */
static uint32_t crc_of_definition(const struct rill_image_definition *d)
{
	const uint32_t crc = rill_crc32c(RILL_CRC32C_BEGIN, (const uint8_t *)&tag, sizeof tag);

	return ~rill_crc32c(crc, (const uint8_t *)&d->words, 8 * (size_t)d->words - sizeof d->crc) | 1;
}

void rill_ring_file_define(uint8_t kind, const struct rill_ring_file_part *parts, unsigned count)
{
	struct rill_image_head *h = head_of_file();
	struct rill_image_definition *d;
	size_t bytes = sizeof *d;
	uint8_t *to;

	if (!h)
		return;
	for (unsigned i = 0; i < count; i++)
		bytes += parts[i].size;
	bytes = (bytes + 7) & ~(size_t)7;
	d = reserve(h, bytes > DEFINITION_BYTES_MAX ? SIZE_MAX / 2 : bytes);
	if (!d)
		return;
	d->words = (uint16_t)(bytes / 8);
	d->kind = kind;
	to = (uint8_t *)(d + 1);	/* zero already, and with it the padding */
	for (unsigned i = 0; i < count; to += parts[i].size, i++)
		memcpy(to, parts[i].bytes, parts[i].size);
	/* Release, pairs with the reader of a file whose writer lives: it takes what the sum seals. */
	__atomic_store_n(&d->crc, crc_of_definition(d), __ATOMIC_RELEASE);
}

void rill_ring_file_owner(uint32_t slot, unsigned ring, uint64_t from)
{
	struct rill_image_head *h = head_of_file();

	if (h)
		((struct rill_image_owner *)((uint8_t *)h + h->owners_at))[slot].from[ring] = from;
}

void rill_ring_file_clock(uint64_t ticks, uint64_t monotonic_ns)
{
	struct rill_image_head *h = head_of_file();
	uint32_t next;

	if (!h)
		return;
	next = h->pairs + 1;
	h->pair[next & 1].ticks = ticks;
	h->pair[next & 1].ns = monotonic_ns;
	/* Release: the pair is whole before the count names it; the one it named so far is not touched. */
	__atomic_store_n(&h->pairs, next, __ATOMIC_RELEASE);
}

/* Of what is written once: the slots that threads have had, and how long a tick is to the last. */
static void make_last_head(const struct rill_image_head *h, struct rill_image_head *last)
{
	uint64_t at = 0;

	*last = *h;
	last->slots = rill_slots_used();
	last->flags &= (uint8_t)~RILL_IMAGE_DISK;	/* all of it is written now, or nothing */
	last->crc = crc_of_head(last);
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		struct rill_image_part *const p = &last->part[kind];

		if (!p->crc)
			continue;
		place_part(p, last->slots, at, at + (p->slots_at - p->at));
		p->bytes = p->data_at + last->slots * p->slot_data_bytes - at;	/* nothing is written behind */
		p->crc = crc_of_part(p);
		at += p->bytes;
	}
	/* The consumer may just be telling one; it is the other pair that counts so far. */
	last->pairs++;
	last->pair[last->pairs & 1].ticks = rill_clock()->read_ordered();
	last->pair[last->pairs & 1].ns = rill_port_monotonic_ns();
}

void rill_ring_file_pieces(void (*take)(void *ctx, uint64_t at, const void *bytes, size_t size), void *ctx)
{
	const struct rill_image_head *const h = head_of_file();
	struct rill_image_head last;

	if (!h)
		return;
	make_last_head(h, &last);
	take(ctx, 0, &last, sizeof last);
	take(ctx, h->defs_at, (const uint8_t *)h + h->defs_at,
	     (size_t)(h->owners_at - h->defs_at + last.slots * sizeof(struct rill_image_owner)));
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		const struct rill_image_part *const from = &h->part[kind], *const to = &last.part[kind];
		const uint8_t *const bytes = (const uint8_t *)(uintptr_t)from->address;

		if (!to->crc)
			continue;
		/* What is published of a ring is said in front of its bytes. */
		take(ctx, to->slots_at, bytes + (from->slots_at - from->at), (size_t)(last.slots * from->slot_bytes));
		take(ctx, to->data_at, bytes + (from->data_at - from->at), (size_t)(last.slots * from->slot_data_bytes));
	}
}

/* ---- fork and end --------------------------------------------------------------------------------- */

void rill_ring_file_before_fork(void)
{
	if (rill_ring_file_survives())
		rill_port_ring_file_before_fork(&file);
}

void rill_ring_file_after_fork(void)
{
	if (rill_ring_file_survives())
		rill_port_ring_file_after_fork(&file);
}

void rill_ring_file_forked(void)
{
	struct rill_image_head *const left = head_of_file();
	const bool survives = rill_ring_file_survives();

	atomic_store(&open_head, NULL);	/* as in rill_ring_file_create() */
	if (survives)
		rill_port_ring_file_forked(&file);
	else if (left)	/* a core file of this process shall not tell the parent's events */
		memset(left->magic, 0, sizeof left->magic);
}

void rill_ring_file_end(void)
{
	struct rill_image_head *h = head_of_file();

	if (!rill_ring_file_survives() || kept)
		return;
	/* A device keeps its bytes: nobody shall find a trace there. */
	memset(h->magic, 0, sizeof h->magic);
	rill_port_ring_file_remove(&file);
}
