/* SPDX-License-Identifier: MIT
 * frame.c - fuzz target: frames on a line, in both directions, and the search for packets among whatever else is
 * on it.
 */
#include "format/cobs.h"
#include "tests/fuzz/fuzz_mend.h"
#include "tests/fuzz/fuzz_read.h"

/* What comes out of a frame gives the same again. */
static void decode(const uint8_t *data, size_t size)
{
	uint8_t *const plain = malloc(size + 1), *const in_place = malloc(size + 1);
	size_t plain_size;

	memcpy(in_place, data, size);
	plain_size = rill_cobs_decode(plain, data, size);
	MUST(plain_size == SIZE_MAX || plain_size < size);
	MUST(rill_cobs_decode(in_place, in_place, size) == plain_size);
	if (plain_size != SIZE_MAX)
		MUST(!memcmp(plain, in_place, plain_size));
	free(in_place);
	free(plain);
}

static void encode(const uint8_t *data, size_t size)
{
	uint8_t *const frame = malloc(RILL_COBS_MAX(size)), *const back = malloc(RILL_COBS_MAX(size));
	const size_t frame_size = rill_cobs_encode(frame, data, size);

	MUST(frame_size && frame_size <= RILL_COBS_MAX(size) && !memchr(frame, 0, frame_size));
	MUST(rill_cobs_decode(back, frame, frame_size) == size && !memcmp(back, data, size));
	free(back);
	free(frame);
}

/* A line in memory, with the frames of the packets that a reader found. */
struct line {
	uint8_t *bytes;
	size_t size;
	uint64_t sum;
};

static void put_on_line(void *ctx, const struct rill_packet *p)
{
	struct line *const line = ctx;

	if (!line->bytes)
		return;
	line->bytes[line->size++] = 0;
	line->size += rill_cobs_encode(line->bytes + line->size, p->bytes, p->size);
	line->bytes[line->size++] = 0;
}

static void sum_event(void *ctx, const struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct line *const line = ctx;

	(void)stream;
	line->sum = fuzz_sum_event(line->sum, e);
}

/* Packets give the same events whether they lie one behind the other or come in frames. */
static void frame_packets(const uint8_t *data, size_t size)
{
	static const struct rill_packet_reader_options plain = { .framed = false }, framed = { .framed = true };
	/* A packet has at least 40 bytes, and its frame 3 more, and one for each 254. */
	struct line line = { malloc(size + size / 8 + 16), 0, 0 }, seen = { NULL, 0, 0 };
	struct fuzz_read before = { .event = sum_event, .packet = put_on_line, .ctx = &line };
	struct fuzz_read behind = { .event = sum_event, .ctx = &seen };

	fuzz_read(&before, data, size, 0, &plain);
	fuzz_read(&behind, line.bytes, line.size, 0, &framed);
	MUST(behind.packets == before.packets && behind.events == before.events && seen.sum == line.sum);
	MUST(behind.damaged_bytes == behind.malformed_bytes && behind.result.torn_bytes == 0);
	free(line.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rill_packet_reader_options options = { .framed = true };
	struct fuzz_read whole = { .size = size }, pieces = { .size = size };

	if (!size)
		return 0;
	decode(data, size);
	encode(data, size);
	fuzz_read(&whole, data, size, 0, &options);
	fuzz_read(&pieces, data, size, 1 + data[size - 1] % 67, &options);
	MUST(whole.sum == pieces.sum);
	frame_packets(data, size);
	MUST(rill_packet_guess(data, size) <= 2);
	return 0;
}
