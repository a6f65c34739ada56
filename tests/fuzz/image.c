/* SPDX-License-Identifier: MIT
 * image.c - fuzz target: ring files. The input is what is changed in a good one that is made here: the first byte says of which
 * word size and order of bytes, and whether the head is sealed again; then four bytes each, where and what.
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

static void read_image(const struct made *m)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event };
	uint8_t *const bytes = malloc(MADE_BYTES + 1);
	struct rill_image image;
	const char *why;

	memcpy(bytes, m->bytes, MADE_BYTES);
	bytes[MADE_BYTES] = '\0';
	events = last_ns = 0;
	if (rill_image_open(&image, bytes, MADE_BYTES, &why)) {
		rill_image_read(&image, &ops, NULL);
		MUST(image.result.events == events);
		/* Of each ring of each slot. */
		MUST(events <= (uint64_t)image.head.slots * RILL_IMAGE_PARTS * RILL_IMAGE_RINGS_MAX * MADE_BYTES / 8);
	}
	rill_image_close(&image);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t from = offsetof(struct rill_image_head, order), to = offsetof(struct rill_image_head, crc);
	struct made m;

	if (!size)
		return 0;
	made_image(&m, data[0] & 1, data[0] & 2 ? 4 : 8, 20 + (data[0] & 0x70));
	for (size_t at = 1; at + 4 <= size; at += 4) {
		const size_t where = (data[at] | data[at + 1] << 8) % (MADE_BYTES - 1);

		m.bytes[where] = data[at + 2];
		m.bytes[where + 1] ^= data[at + 3];
	}
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS && !(data[0] & 8); kind++)
		made_sum_part(&m, kind);
	if (!(data[0] & 8))
		made_put(&m, m.bytes + to, (uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN, m.bytes + from, to - from), 4);
	read_image(&m);
	return 0;
}
