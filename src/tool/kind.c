/* SPDX-License-Identifier: MIT
 * kind.c - what an input is, by its first bytes: packets, frames, JSON, or nothing that can be
 * read.
 *
 * Any of them may have been joined in the middle, so what stands first decides only where it is
 * certain. Else packets are looked for as the readers do, in all that is there.
 */
#include "kind.h"
#include "core.h"
#include "tool.h"

#include <string.h>

enum {
	FIRST = 64,
	LOOK_MAX = 2 * RILL_PACKET_MAX + 4096 /* a packet that is cut off, and a whole one */
};

static const char *other_kind(const uint8_t *bytes, size_t size)
{
	static const struct {
		const char *magic;
		size_t size;
		const char *text;
	} kinds[] = {
		{ "\x1f\x8b", 2, "compressed by gzip: zcat FILE | rill VERB -" },
		{ "\x28\xb5\x2f\xfd", 4, "compressed by zstd: zstdcat FILE | rill VERB -" },
		{ "\xfd"
		  "7zXZ",
		  5, "compressed by xz: xzcat FILE | rill VERB -" },
		{ "PK\x03\x04", 4, "a zip archive: unpack it first" },
		{ "\xc1\x1f\xfc\xc1", 4, "a CTF stream: babeltrace2 reads those" },
		{ "\xc1\xfc\x1f\xc1", 4, "a CTF stream: babeltrace2 reads those" },
		{ RILL_IMAGE_MAGIC, 8, "a ring file, of a program that was killed or is running: 'rill extract' makes a trace of it" },
		{ "\x7f"
		  "ELF",
		  4, "a program: 'rill list' shows its events, 'rill record' runs it" },
	};

	if (rill_core_begins(bytes, size))
		return "a core file: if its program was traced, 'rill extract' makes a trace of what was in its rings";
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (size >= kinds[i].size && !memcmp(bytes, kinds[i].magic, kinds[i].size))
			return kinds[i].text;
	return NULL;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(const uint8_t *bytes, size_t at, size_t size)
{
	while (at < size && is_blank(bytes[at]))
		at++;
	return at;
}

enum answer { NO, YES, MORE_WANTED };

/* A boot log begins with '[' too: "[    0.000000] Linux version". */
static enum answer begins_json(const uint8_t *bytes, size_t size)
{
	size_t at = size >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;

	at = skip_blanks(bytes, at, size);
	if (at < size && bytes[at] == '{')
		return YES;
	if (at < size && bytes[at] != '[')
		return NO;
	for (at += at < size; at < size && (is_blank(bytes[at]) || bytes[at] == ','); at++)
		;
	if (at == size)
		return MORE_WANTED;
	return bytes[at] == '{' || bytes[at] == ']' ? YES : NO;
}

/* Text that was joined in the middle: events are behind a line's end. */
static bool holds_json(const uint8_t *bytes, size_t size)
{
	static const char phase[] = "\"ph\":\"";
	bool line = false, event = false;

	for (size_t i = 0; i + sizeof phase - 1 < size; i++) {
		if (bytes[i] == '\n')
			line = true;
		if (bytes[i] < ' ' && !is_blank(bytes[i]))
			return false;
		event |= !memcmp(bytes + i, phase, sizeof phase - 1);
	}
	return line && event;
}

static uint64_t count_packets(const uint8_t *bytes, size_t size, bool framed)
{
	const struct rill_packet_reader_options options = { .framed = framed };
	const struct rill_packet_reader_ops ops = { .event = NULL };
	struct rill_packet_reader *reader = rill_packet_reader_new(&options, &ops, NULL);
	uint64_t packets = 0;

	if (reader && rill_packet_reader_feed(reader, bytes, size) == 0)
		packets = rill_packet_reader_result(reader)->packets;
	rill_packet_reader_free(reader);
	return packets;
}

static bool find_in(const uint8_t *bytes, size_t size, enum rill_intake_kind *kind)
{
	const uint64_t plain = count_packets(bytes, size, false),
		       framed = count_packets(bytes, size, true);

	if (plain || framed)
		*kind = plain >= framed ? RILL_INTAKE_PACKETS : RILL_INTAKE_FRAMES;
	else if (holds_json(bytes, size))
		*kind = RILL_INTAKE_JSON;
	else
		return false;
	return true;
}

/* Nothing whole was found in all there is. A line that is watched may yet bring packets; a file
 * that holds less than one is what its bytes look like. */
static int give_up(const struct rill_input *in, const uint8_t *bytes, size_t size,
		   enum rill_intake_kind *kind)
{
	const char *other = other_kind(bytes, size);
	const int guess = rill_packet_guess(bytes, size);

	*kind = guess == 1 ? RILL_INTAKE_PACKETS : RILL_INTAKE_FRAMES;
	/* The two bytes that a guess goes by stand in many a large program by chance. */
	if ((guess && !other) || (in->place == RILL_INPUT_SERIAL && size >= LOOK_MAX))
		return 0;
	if (other)
		rill_say("%s is %s", in->name, other);
	else
		rill_say(
			"%s is not a trace: no rill packet is in its first %zu bytes, nor is it Chrome JSON, "
			"which begins with '[' or '{'",
			in->name, size);
	return RILL_EXIT_FAILED;
}

int rill_kind_find(struct rill_input *in, enum rill_intake_kind *kind)
{
	const uint8_t *bytes;
	size_t size = rill_input_look(in, 2, &bytes), wanted;

	*kind = RILL_INTAKE_NOTHING;
	if (in->options.rings) {
		*kind = RILL_INTAKE_IMAGE;
		return 0;
	}
	if (size && bytes[0] == RILL_PACKET_MAGIC_0 &&
	    (size < 2 || bytes[1] == RILL_PACKET_MAGIC_1))
		*kind = RILL_INTAKE_PACKETS;
	for (wanted = FIRST; size && *kind == RILL_INTAKE_NOTHING; wanted *= 2) {
		const enum answer json = begins_json(bytes, size);

		/* In the memory of a program that wrote a trace are packets. */
		if (rill_core_begins(bytes, size))
			return give_up(in, bytes, size, kind);
		if (json == YES)
			*kind = RILL_INTAKE_JSON;
		if (json == YES || (json == NO && find_in(bytes, size, kind)))
			return 0;
		/* Text that is about to become JSON may be long, but blanks for so long are none.
		 * */
		if (size >= LOOK_MAX)
			return give_up(in, bytes, size, kind);
		while (wanted <= size)
			wanted *= 2;
		if (rill_input_look(in, wanted < LOOK_MAX ? wanted : LOOK_MAX, &bytes) == size) {
			if (json == NO)
				return give_up(in, bytes, size, kind);
			*kind = RILL_INTAKE_JSON; /* "[", or blanks */
			return 0;
		}
		size = rill_input_look(in, 0, &bytes);
	}
	return 0;
}
