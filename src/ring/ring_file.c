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
static struct rill_port_ring_file file = { .fd = -1 };
/* Published when the head is whole; NULL: there is no pool. */
static _Atomic(struct rill_image_head *) open_head;

void rill_ring_file_ask(const char *path, bool keep)
{
	wanted = path;
	kept = keep;
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

static void place_areas(struct rill_image_head *h)
{
	h->defs_at = up(sizeof *h, 64);
	h->defs_bytes = DEFINITIONS_BYTES;
	h->owners_at = h->defs_at + h->defs_bytes;
	h->slots_at = up(h->owners_at + h->slots * sizeof(struct rill_image_owner), PAGE);
	h->data_at = h->slots_at + h->slots * h->slot_bytes;
	h->bytes = up(h->data_at + h->slots * h->slot_data_bytes, PAGE);
}

static void say_whose(struct rill_image_head *h)
{
	const struct rill_clock_source *clock = rill_clock();

	memcpy(h->magic, "\0\0\0\0\0\0\0", sizeof h->magic);
	h->order = RILL_IMAGE_ORDER;
	h->version = RILL_IMAGE_VERSION;
	h->word_bytes = sizeof(uintptr_t);
	h->pid = (uint32_t)getpid();
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

void *rill_ring_file_create(struct rill_image_head *h, int *error)
{
	struct rill_image_head *head;

	place_areas(h);
	h->first_ticks = rill_clock()->read_ordered();
	h->first_ns = rill_port_monotonic_ns();
	if (h->bytes > SIZE_MAX) {
		*error = rill_fail(EFBIG, "the memory of the rings for %u threads is larger than this machine can map: ask for fewer threads or "
				   "smaller rings", h->slots);
		return NULL;
	}
	head = wanted ? rill_port_ring_file_open(&file, wanted, (size_t)h->bytes, (size_t)h->slots_at,
						 (size_t)h->slots * (size_t)h->slot_bytes, error) : rill_port_pages((size_t)h->bytes);
	if (!head && !wanted)
		*error = rill_fail(ENOMEM, "no address space for the rings of %u threads, %llu bytes: ask for fewer threads or smaller rings",
				   h->slots, (unsigned long long)h->bytes);
	if (!head)
		return NULL;
	say_whose(h);
	h->crc = crc_of_head(h);
	*head = *h;
	/* Release, and the magic behind all else: a file without it was left by a program that died while it made the file. */
	atomic_thread_fence(memory_order_release);
	memcpy(head->magic, RILL_IMAGE_MAGIC, sizeof head->magic);
	atomic_store(&open_head, head);	/* pairs with head_of_file() */
	return (uint8_t *)head + h->slots_at;
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
	/* Release, pairs with the reader of a file whose writer lives: it takes what the sum seals. 0 stands for free space. */
	__atomic_store_n(&d->crc, ~rill_crc32c(RILL_CRC32C_BEGIN, (const uint8_t *)&d->words, bytes - 4) | 1, __ATOMIC_RELEASE);
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
	*last = *h;
	last->slots = rill_slots_used();
	last->bytes = h->data_at + last->slots * h->slot_data_bytes;
	last->crc = crc_of_head(last);
	/* The consumer may just be telling one; it is the other pair that counts so far. */
	last->pairs++;
	last->pair[last->pairs & 1].ticks = rill_clock()->read_ordered();
	last->pair[last->pairs & 1].ns = rill_port_monotonic_ns();
}

void rill_ring_file_pieces(void (*take)(void *ctx, uint64_t at, const void *bytes, size_t size), void *ctx)
{
	const struct rill_image_head *const h = head_of_file();
	const uint8_t *const bytes = (const uint8_t *)h;
	struct rill_image_head last;

	if (!h)
		return;
	make_last_head(h, &last);
	take(ctx, 0, &last, sizeof last);
	/* What is published of a ring is said in front of its bytes. */
	take(ctx, h->defs_at, bytes + h->defs_at, (size_t)(h->slots_at + last.slots * h->slot_bytes - h->defs_at));
	take(ctx, h->data_at, bytes + h->data_at, (size_t)(last.slots * h->slot_data_bytes));
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
	const bool survives = rill_ring_file_survives();

	atomic_store(&open_head, NULL);	/* as in rill_ring_file_create() */
	if (survives)
		rill_port_ring_file_forked(&file);
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
