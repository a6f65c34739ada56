/* SPDX-License-Identifier: MIT
 * packets.c - traces in rill packets. The usual ones come from the writer, the others are put together by hand: no
 * writer would make them.
 */
#include "format/cobs.h"
#include "format/crc32c.h"
#include "format/packet.h"
#include "format/varint.h"
#include "tests/hostile/maker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- what is usual ------------------------------------------------------------------------------ */

enum { FORMS = 64, THREADS = 16, PID = 4711 };

static uint8_t buffer[RILL_PACKET_MAX];
static struct rill_packet_form forms[FORMS];
static struct rill_packet_thread threads[THREADS];
static struct rill_packet_writer writer;
static bool began, framed;

static void put_out(size_t size)
{
	static uint8_t frame[RILL_COBS_MAX(RILL_PACKET_MAX) + 2];

	if (framed) {
		const size_t frame_size = rill_cobs_encode(frame + 1, buffer, size);

		frame[frame_size + 1] = 0;
		fwrite(frame, 1, frame_size + 2, stdout);
	} else {
		fwrite(buffer, 1, size, stdout);
	}
}

static void send(unsigned flags)
{
	const size_t size = rill_packet_close(&writer, flags | (began ? 0u : RILL_PACKET_FIRST));

	began = true;
	put_out(size);
	rill_packet_next(&writer);
}

static void begin_usual(void)
{
	static const struct rill_packet_origin origin = { 77, 1000000000, PID, "made", "0" };
	const struct rill_packet_options options = {
		.buffer = buffer, .buffer_bytes = sizeof buffer, .packet_bytes = 4096, .forms = forms,
		.threads = threads, .forms_size = FORMS, .threads_size = THREADS, .pid = PID, .stream = 1,
	};

	rill_packet_init(&writer, &options);
	rill_packet_stream(&writer, &origin);
}

static void put(const struct rill_event *event)
{
	if (rill_packet_event(&writer, event) != -ENOBUFS)
		return;
	send(0);
	rill_packet_event(&writer, event);
}

/* By turns a scope with one number, an instant, and one with two numbers and a text of 16 bytes. */
static void usual(uint64_t count)
{
	static const struct rill_thread thread = { .tid = PID, .serial = 1, .name = "main" };
	static char text[17] = "sixteen bytes 00";
	struct rill_value bytes = { .name = "bytes", .type = RILL_TYPE_I64 };
	struct rill_value three[] = {
		{ .name = "i", .type = RILL_TYPE_I32 },
		{ .name = "j", .type = RILL_TYPE_I32 },
		{ .name = "text", .type = RILL_TYPE_STRING, .text = text, .size = 16 },
	};
	struct rill_event kinds[] = {
		{ .phase = 'B', .state = RILL_EVENT_SCOPE, .name = "rx", .site = 17, .args = &bytes, .nargs = 1 },
		{ .phase = 'E', .state = RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN, .name = "rx", .site = 17 },
		{ .phase = 'I', .name = "drop", .site = 18, .flags = RILL_FLAG_SCOPE_THREAD },
		{ .phase = 'I', .name = "state", .site = 19, .flags = RILL_FLAG_SCOPE_THREAD, .args = three, .nargs = 3 },
	};
	uint64_t now = 2000000000, begin = now;

	begin_usual();
	for (uint64_t i = 0; i < count; i++) {
		struct rill_event *const e = &kinds[i % 4];

		now += 100 + i % 7;
		begin = e->phase == 'B' ? now : begin;
		e->begin_ns = e->phase == 'E' ? begin : 0;
		e->ts_ns = now;
		e->category = "net";
		e->thread = &thread;
		e->pid = e->tid = PID;
		bytes.i = (int64_t)(i % 1500);
		three[0].i = (int64_t)i;
		three[1].i = -(int64_t)(i % 100);
		text[14] = (char)('0' + i / 4 % 8);
		text[15] = (char)('0' + i / 32 % 8);
		put(e);
	}
	send(RILL_PACKET_LAST);
}

static void in_frames(uint64_t count)
{
	framed = true;
	usual(count);
}

/* ---- by hand ------------------------------------------------------------------------------------ */

static uint8_t records[RILL_PACKET_PAYLOAD_MAX], definitions[RILL_PACKET_PAYLOAD_MAX];
static uint8_t *record, *definition;
static uint16_t events, sequences[256];
static uint64_t written[256];

static void clear(void)
{
	record = records;
	definition = definitions;
	events = 0;
}

static void number(uint8_t **to, uint64_t value)
{
	*to = rill_varint_put(*to, value);
}

static void text(uint8_t **to, const char *text)
{
	const size_t size = strlen(text);

	number(to, size);
	memcpy(*to, text, size);
	*to += size;
}

static void define(uint64_t kind, const uint8_t *body, const uint8_t *end)
{
	number(&definition, kind);
	number(&definition, (uint64_t)(end - body));
	memcpy(definition, body, (size_t)(end - body));
	definition += end - body;
}

static void define_stream(uint64_t identity)
{
	uint8_t body[64], *to = rill_le64_put(body, identity);

	number(&to, PID);
	number(&to, 1000);
	text(&to, "made");
	text(&to, "0");
	define(RILL_DEFINE_STREAM, body, to);
}

static void define_form(uint64_t form, char phase, unsigned state, const char *name)
{
	uint8_t body[512], *to = body;

	number(&to, form);
	*to++ = (uint8_t)phase;
	number(&to, 0);
	number(&to, state);
	number(&to, 0);
	number(&to, form + 1);
	number(&to, 1);
	number(&to, 0);
	text(&to, "category");
	text(&to, name);
	text(&to, "");
	define(RILL_DEFINE_FORM, body, to);
}

static void define_thread(uint64_t serial, uint64_t generation, const char *name)
{
	uint8_t body[512], *to = body;

	number(&to, serial);
	number(&to, serial & 0xffff);
	number(&to, generation);
	number(&to, 0);
	number(&to, 0);
	text(&to, name);
	define(RILL_DEFINE_THREAD, body, to);
}

static void event(uint64_t form)
{
	number(&record, RILL_RECORD_FORMS + form);
	number(&record, 100);
	events++;
}

static void seal(size_t payload)
{
	uint32_t crc;

	rill_le16_put(buffer + RILL_PACKET_AT_LENGTH, (uint16_t)payload);
	crc = rill_crc32c(RILL_CRC32C_BEGIN, buffer, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, buffer + RILL_PACKET_HEAD, payload);
	rill_le32_put(buffer + RILL_PACKET_AT_CRC, crc);
}

static void send_hand_made(uint8_t stream, unsigned flags)
{
	const size_t first = (size_t)(record - records), second = (size_t)(definition - definitions);
	uint8_t *const payload = buffer + RILL_PACKET_HEAD;

	buffer[0] = RILL_PACKET_MAGIC_0;
	buffer[1] = RILL_PACKET_MAGIC_1;
	buffer[RILL_PACKET_AT_VERSION] = (uint8_t)(RILL_PACKET_VERSION << 4 | flags);
	buffer[RILL_PACKET_AT_STREAM] = stream;
	written[stream] += events;
	rill_le16_put(buffer + RILL_PACKET_AT_SEQUENCE, sequences[stream]++);
	rill_le64_put(buffer + RILL_PACKET_AT_BASE, 1000);
	rill_le64_put(buffer + RILL_PACKET_AT_WRITTEN, written[stream]);
	rill_le64_put(buffer + RILL_PACKET_AT_LOST, 0);
	rill_le16_put(payload, events);
	rill_le16_put(payload + 2, (uint16_t)second);
	memcpy(payload + RILL_PACKET_COUNTS, records, first);
	memcpy(payload + RILL_PACKET_COUNTS + first, definitions, second);
	seal(RILL_PACKET_COUNTS + first + second);
	put_out(RILL_PACKET_HEAD + RILL_PACKET_COUNTS + first + second);
	clear();
}

static bool is_full(void)
{
	return record - records > 20000 || definition - definitions > 20000;
}

static void begin_by_hand(void)
{
	clear();
	define_stream(99);
	send_hand_made(1, RILL_PACKET_FIRST);
}

/* ---- what fills memory -------------------------------------------------------------------------- */

/* A stream for each 2^18 of them: as many as numbers there are. */
static void many_forms(uint64_t count)
{
	char name[256];

	clear();
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t form = i % RILL_PACKET_FORM_MAX;
		const uint8_t stream = (uint8_t)(i / RILL_PACKET_FORM_MAX);

		if (form == 0)
			define_stream(i + 1);
		snprintf(name, sizeof name, "%0200llu", (unsigned long long)i);
		define_form(form, 'I', 0, name);
		event(form);
		if (is_full() || form + 1 == RILL_PACKET_FORM_MAX)
			send_hand_made(stream, 0);
	}
	send_hand_made((uint8_t)(count / RILL_PACKET_FORM_MAX), 0);
}

/* Scopes that begin under another name each and never end. */
static void many_begins(uint64_t count)
{
	char name[32];

	begin_by_hand();
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t form = 2 * i % RILL_PACKET_FORM_MAX;

		snprintf(name, sizeof name, "%llu", (unsigned long long)i);
		define_form(form, 'B', RILL_EVENT_SCOPE, name);
		event(form);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

static void many_threads(uint64_t count)
{
	char name[256];

	begin_by_hand();
	define_form(0, 'B', RILL_EVENT_SCOPE, "n");
	for (uint64_t i = 1; i <= count; i++) {
		snprintf(name, sizeof name, "%0200llu", (unsigned long long)i);
		define_thread(i, 1, name);
		number(&record, RILL_RECORD_THREAD);
		number(&record, i);
		event(0);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* One thread that is given another name all the time. */
static void many_renames(uint64_t count)
{
	char name[256];

	begin_by_hand();
	for (uint64_t i = 1; i <= count; i++) {
		snprintf(name, sizeof name, "%0200llu", (unsigned long long)i);
		define_thread(1, i, name);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* Every number begins another stream again and again. */
static void many_streams(uint64_t count)
{
	clear();
	for (uint64_t i = 0; i < count; i++) {
		sequences[i & 0xff] = 0;
		written[i & 0xff] = 0;
		define_stream(i + 1);
		define_form(7, 'B', RILL_EVENT_SCOPE, "n");
		event(7);
		send_hand_made((uint8_t)i, RILL_PACKET_FIRST);
	}
}

/* Events of a form that is never defined. */
static void never_defined(uint64_t count)
{
	begin_by_hand();
	for (uint64_t i = 0; i < count; i++) {
		event(i % 1000);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* A packet waits for each form in turn, which then comes. */
static void defined_late(uint64_t count)
{
	begin_by_hand();
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t form = i % RILL_PACKET_FORM_MAX;

		event(form + 1 < RILL_PACKET_FORM_MAX ? form + 1 : form);
		define_form(form, 'I', 0, "n");
		if (i % 16 == 0)
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

static void many_pairs(uint64_t count)
{
	static char args[20000];
	uint8_t body[20100];
	char name[32];

	begin_by_hand();
	memset(args, ' ', sizeof args - 1);
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *to = body;

		snprintf(name, sizeof name, "pair%llu", (unsigned long long)i);
		text(&to, name);
		text(&to, args);
		define(RILL_DEFINE_METADATA, body, to);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* One pair that has another value of 60 kB all the time, in a stream that never says whose it is. */
static void changing_pair(uint64_t count)
{
	static char args[60000];
	static uint8_t body[sizeof args + 100];

	clear();
	memset(args, ' ', sizeof args - 1);
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *to = body;

		snprintf(args, 24, "%020llu", (unsigned long long)i);
		args[20] = ' ';
		text(&to, "pair");
		text(&to, args);
		define(RILL_DEFINE_METADATA, body, to);
		send_hand_made(1, 0);
	}
}

/* Short names that are compared with long ones again and again. */
static void compared_pairs(uint64_t count)
{
	static char name[30000];
	static uint8_t body[sizeof name + 100];

	begin_by_hand();
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *to = body;
		const int digits = snprintf(name, sizeof name, "%llu", (unsigned long long)i);

		memset(name + digits, i < 255 ? 'x' : 0, sizeof name - 1 - (size_t)digits);
		text(&to, name);
		text(&to, "");
		define(RILL_DEFINE_METADATA, body, to);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* Definitions of clocks, in a stream that never says whose it is. */
static void many_snapshots(uint64_t count)
{
	uint8_t body[64];

	clear();
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *to = body;

		for (unsigned n = 0; n < 7; n++)
			number(&to, i + n);
		define(RILL_DEFINE_SNAPSHOT, body, to);
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* Spans with another id each that never end. */
static void many_ids(uint64_t count)
{
	begin_by_hand();
	for (uint64_t i = 0; i < count; i++) {
		number(&record, RILL_RECORD_EVENT);
		number(&record, 1);
		*record++ = 'b';
		number(&record, RILL_FLAG_HAS_ID);
		number(&record, 0);
		number(&record, RILL_FIELD_ID);
		number(&record, 0);
		number(&record, 0);
		number(&record, 0);
		for (unsigned n = 0; n < 3; n++) { /* category, name, file */
			number(&record, 3);
			*record++ = (uint8_t)('a' + n);
		}
		number(&record, i);
		events++;
		if (is_full())
			send_hand_made(1, 0);
	}
	send_hand_made(1, 0);
}

/* ---- what does not fit ------------------------------------------------------------------------------ */

static void carried_event(unsigned which)
{
	number(&record, RILL_RECORD_EVENT);
	number(&record, 1);
	*record++ = 'I';
	for (unsigned n = 0; n < 5; n++)
		number(&record, 0);
	number(&record, which == 0 ? 255 : 0);
	/* The category: longer than the packet; a string that was not there; one of 2^63 bytes, cut. */
	number(&record, which == 1 ? 5000 * 2 + 1 : which == 2 ? 2 * (RILL_STRING_SEEN + 9) : 2 * RILL_STRING_CUT);
	number(&record, UINT64_MAX >> which);
	events++;
}

/* Each packet has a right checksum and a length inside that is wrong. The first ones wait for the stream's definition, so
 * they are read from a place of their own. */
static void bad_lengths(uint64_t count)
{
	clear();
	for (uint64_t i = 0; i < count; i++) {
		carried_event((unsigned)(i % 5));
		if (i >= 5)
			define_stream(7);
		/* A definition that goes on behind the packet; a number without an end. */
		if (i % 3 == 1)
			definition = (uint8_t *)memcpy(definition, "\6\x7f\377", 3) + 3;
		if (i % 3 == 2)
			*definition++ = 0x80;
		events += i % 7 == 6;
		send_hand_made(1, 0);
	}
	/* Definitions that begin before the packet does. */
	memcpy(buffer + RILL_PACKET_HEAD + 2, "\377\377", 2);
	seal(RILL_PACKET_COUNTS);
	put_out(RILL_PACKET_HEAD + RILL_PACKET_COUNTS);
}

/* ---- what wastes time --------------------------------------------------------------------------- */

/* Headers that claim 64 KiB each. */
static void false_headers(uint64_t count)
{
	static const uint8_t header[] = { 0xd2, 0x6c, 0x10, 0xd2, 0x6c, 0x1f };

	for (uint64_t i = 0; i < count; i++)
		fwrite(header, 1, sizeof header, stdout);
}

/* Frames that never end, and such that are empty. */
static void zeros(uint64_t count)
{
	fwrite("\0\2a\0", 1, 4, stdout);
	begin_by_hand();
	for (uint64_t i = 0; i < count; i++)
		fwrite("\xff\0\0", 1, i % 7 ? 1 : 3, stdout);
}

const struct maker packet_makers[] = {
	{ "packets", "scopes, instants, texts, as usual", usual },
	{ "frames", "the same as on a line", in_frames },
	{ "forms", "another form in each event", many_forms },
	{ "begins", "scopes that never end", many_begins },
	{ "threads", "another thread in each event", many_threads },
	{ "renames", "another name of the thread all the time", many_renames },
	{ "streams", "another stream in each packet", many_streams },
	{ "never-defined", "events whose form never comes", never_defined },
	{ "defined-late", "events whose form comes a packet later", defined_late },
	{ "pairs", "metadata of 20 kB under another name each", many_pairs },
	{ "changing-pair", "metadata of 60 kB that changes all the time", changing_pair },
	{ "compared-pairs", "metadata with short names beside such with long ones", compared_pairs },
	{ "snapshots", "clocks of nobody's stream", many_snapshots },
	{ "ids", "spans that never end", many_ids },
	{ "bad-lengths", "packets with a right checksum whose content does not fit into them", bad_lengths },
	{ "false-headers", "headers that claim more than there is", false_headers },
	{ "zeros", "frames that are none", zeros },
	{ 0 },
};
