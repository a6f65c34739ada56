/* SPDX-License-Identifier: MIT
 * image.c - fuzz target: ring files. The input is what is changed in a good one that is made here: the first byte says of which
 * word size and order of bytes, whether the head is sealed again, and whether it is one in disk mode after a power cut; then four bytes
 * each, where and what. The last places that can be named are those of the ring's description, wherever that stands.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/image_help.h"

static uint64_t events, last_ns, sum;

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	(void)ctx, (void)stream;
	MUST(e->ts_ns >= last_ns);
	last_ns = e->ts_ns;
	events++;
	sum = fuzz_sum_text(fuzz_sum_text(fuzz_sum_text(sum, e->category), e->name), e->scope);
	sum = fuzz_sum_text(sum, e->thread->name);
	for (unsigned i = 0; i < e->nargs; i++) {
		const struct rill_value *const v = &e->args[i];

		sum = fuzz_sum_text(sum, v->name);
		if (RILL_TYPE_HAS_TAIL(v->type))
			sum = fuzz_sum(sum, v->text, (size_t)v->size + (v->type != RILL_TYPE_BLOB));
	}
}

static void read_image(const uint8_t *made, size_t size, bool by_pages)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event };
	uint8_t *const bytes = malloc(size + 1);
	struct rill_image image;
	const char *why;

	memcpy(bytes, made, size);
	bytes[size] = '\0';
	events = last_ns = 0;
	if (rill_image_open(&image, bytes, size, &why)) {
		if (by_pages)
			rill_image_after_power_cut(&image);
		rill_image_read(&image, &ops, NULL);
		MUST(image.result.events == events);
		/* Of each ring of each slot. */
		MUST(events <= (uint64_t)image.head.slots * RILL_IMAGE_PARTS * RILL_IMAGE_RINGS_MAX * size / 8);
	}
	rill_image_close(&image);
	free(bytes);
}

/* The head is sealed as it is now. */
static void seal(struct made *m, uint8_t *bytes)
{
	const size_t from = offsetof(struct rill_image_head, order), to = offsetof(struct rill_image_head, crc);

	memcpy(m->bytes, bytes, sizeof(struct rill_image_head));
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++)
		made_sum_part(m, kind);
	memcpy(bytes, m->bytes, sizeof(struct rill_image_head));
	made_put(m, bytes + to, (uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN, bytes + from, to - from), 4);
}

enum { SWAPPED = 1, NARROW = 2, BY_PAGES = 4, AS_IT_IS = 8, DESCRIPTION = 0xf8 };

/* The last place is left to the byte behind it. */
static size_t place_of(const uint8_t *two, size_t bytes)
{
	if (two[1] >= DESCRIPTION)
		return offsetof(struct rill_image_head, part[0].ring[0]) + two[0] % sizeof(struct rill_image_ring);
	return (two[0] | two[1] << 8) % (bytes - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t disk[MADE_DISK];
	const bool by_pages = size && data[0] & BY_PAGES;
	const size_t bytes = by_pages ? sizeof disk : MADE_BYTES;
	struct made m;

	if (!size)
		return 0;
	if (by_pages) {
		made_disk(&m, disk, data[0] & SWAPPED, data[0] & NARROW ? 4 : 8, data[0] >> 4);
	} else {
		made_image(&m, data[0] & SWAPPED, data[0] & NARROW ? 4 : 8, 20 + (data[0] & 0x70));
		memcpy(disk, m.bytes, MADE_BYTES);
	}
	for (size_t at = 1; at + 4 <= size; at += 4) {
		const size_t where = place_of(data + at, bytes);

		disk[where] = data[at + 2];
		disk[where + 1] ^= data[at + 3];
	}
	if (!(data[0] & AS_IT_IS))
		seal(&m, disk);
	read_image(disk, bytes, by_pages);
	return 0;
}
