/* SPDX-License-Identifier: MIT
 * test_tool_intake.c - the reading side of the tool: what an input is, and what of a cut or damaged
 * one is taken.
 */
#include "format/crc32c.h"
#include "tests/random_help.h"
#include "tests/tool_trace_help.h"

static struct tool_result to_rill(const void *bytes, size_t size)
{
	return trace_run(&rill_verb_convert, bytes, size, "--to", "rill");
}

static struct tool_result to_text(const void *bytes, size_t size)
{
	return trace_run(&rill_verb_convert, bytes, size, "--to", "text");
}

/* The whole packets among the first `size` bytes of the tape. */
static size_t whole(size_t size)
{
	size_t end = 0;

	for (unsigned i = 0; i < tape.packets; i++) {
		const size_t next = i + 1 < tape.packets ? tape.at[i + 1] : tape.size;

		if (next <= size)
			end = next;
	}
	return end;
}

static void packets_are_copied_byte_by_byte(void)
{
	struct tool_result r;

	trace_make(500);
	CU_ASSERT_TRUE(tape.packets > 3);
	r = to_rill(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(r.out_size == tape.size && !memcmp(r.out, tape.bytes, tape.size));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "500 events, nothing to mend"));
	tool_done(&r);
}

static void of_a_cut_input_every_whole_packet_is_kept(void)
{
	trace_make(60);
	for (size_t cut = 1; cut <= tape.size; cut++) {
		struct tool_result r = to_rill(tape.bytes, cut);
		const bool good = r.code == 0 && r.out_size == whole(cut) &&
				  !memcmp(r.out, tape.bytes, r.out_size);

		CU_ASSERT_TRUE(good);
		CU_ASSERT_TRUE(cut == whole(cut) ||
			       strstr(r.err, "of a torn packet at its end are dropped"));
		if (!good)
			printf("\ncut at %zu of %zu: code %d, %zu bytes, %s", cut, tape.size,
			       r.code, r.out_size, r.err);
		tool_done(&r);
	}
}

static void damage_costs_the_packet_it_touches_and_nothing_else(void)
{
	trace_make(60);
	for (unsigned hurt = 0; hurt < tape.packets; hurt++) {
		const size_t from = tape.at[hurt],
			     to = hurt + 1 < tape.packets ? tape.at[hurt + 1] : tape.size;

		for (size_t at = from; at < to; at += 37) {
			struct tool_result r;

			tape.bytes[at] ^= 0x10;
			r = to_rill(tape.bytes, tape.size);
			CU_ASSERT_EQUAL(r.code, 0);
			CU_ASSERT_EQUAL(r.out_size, tape.size - (to - from));
			CU_ASSERT_TRUE(!memcmp(r.out, tape.bytes, from) &&
				       !memcmp(r.out + from, tape.bytes + to, tape.size - to));
			CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "the first at offset"));
			tape.bytes[at] ^= 0x10;
			tool_done(&r);
		}
	}
}

static void noise_before_and_a_start_in_the_middle_are_passed_over(void)
{
	const size_t noise = 3000;
	uint8_t *bytes;
	struct tool_result r;

	trace_make(100);
	bytes = malloc(noise + tape.size);
	for (size_t i = 0; i < noise; i++)
		bytes[i] = (uint8_t)(i * 31 % 251);
	memcpy(bytes + noise, tape.bytes, tape.size);
	r = to_rill(bytes, noise + tape.size);
	CU_ASSERT_TRUE(r.code == 0 && r.out_size == tape.size &&
		       !memcmp(r.out, tape.bytes, tape.size));
	tool_done(&r);
	r = to_rill(tape.bytes + 100, tape.size - 100);
	CU_ASSERT_TRUE(r.code == 0 && r.out_size == tape.size - tape.at[1]);
	tool_done(&r);
	free(bytes);
}

static void frames_are_recognised_behind_what_a_console_wrote(void)
{
	/* It begins like a JSON array. */
	static const char boot[] =
		"[    0.000000] Linux version 6.1\r\n[    0.1] Kernel command line: console=ttyS0\r\n";
	uint8_t *framed;
	size_t size;
	struct tool_result r;

	trace_make(0);
	help_begin(512, RILL_PACKET_MAX, 0);
	tape.framed = true;
	help_tape_add(boot, sizeof boot - 1);
	for (int i = 0; i < 50; i++)
		trace_instant(TRACE_SECOND + (uint64_t)i, "net", i);
	help_send(0);
	help_tape_add("login: ", 7);
	help_send(RILL_PACKET_LAST);
	framed = tape.bytes;
	size = tape.size;
	r = to_text(framed, size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(trace_count(r.out, "net:tick I n="), 50);
	CU_ASSERT_PTR_NULL(strstr(r.out, "Linux")); /* that is for tail to show */
	tool_done(&r);
	r = tool_run(&rill_verb_tail, (const char *const[]){ "-", NULL }, (const char *)framed,
		     size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(r.out, "| [    0.000000] Linux version 6.1\n| [    0.1] Kernel"));
	CU_ASSERT_EQUAL(trace_count(r.out, "net:tick I n="), 50);
	tool_done(&r);
	r = to_rill(framed, size); /* a line's frames become a file's packets */
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL((uint8_t)r.out[0], RILL_PACKET_MAGIC_0);
	CU_ASSERT_PTR_NULL(strstr(r.out, "Linux"));
	tool_done(&r);
	tape.framed = false;
}

static void json_is_recognised_however_it_begins(void)
{
	static const char *const texts[] = {
		"[{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"cat\":\"c\"}]",
		"\xef\xbb\xbf \n[\n ,{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"cat\":\"c\"}\n",
		"{\"traceEvents\":[{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"cat\":\"c\"}]}",
		"{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"cat\":\"c\"}\n",
		/* joined in the middle of a line */
		"2,\"ph\":\"B\",\"args\":{}}\n,{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"cat\":\"c\"}\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct tool_result r = to_text(texts[i], strlen(texts[i]));

		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_EQUAL(trace_count(r.out, " c:n I\n"), 1);
		tool_done(&r);
	}
}

static void what_is_no_trace_is_refused_with_cause_and_remedy(void)
{
	static const struct {
		const char *bytes, *says;
		size_t size;
	} inputs[] = {
		{ "hello, world\n", "is not a trace: no rill packet is in its first 13 bytes", 13 },
		{ "\x1f\x8b\x08\x00", "zcat FILE | rill VERB -", 4 },
		{ "\x7f"
		  "ELF\x02",
		  "'rill list' shows its events", 5 },
		/* The first two bytes of a packet stand in it by chance. */
		{ "\x7f"
		  "ELF\x02\xd2l\x01\x02\x03",
		  "'rill list' shows its events", 10 },
		{ "[    0.0] booting\n", "is not a trace", 18 },
	};

	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		struct tool_result r = to_rill(inputs[i].bytes, inputs[i].size);

		CU_ASSERT_EQUAL(r.code, 1);
		CU_ASSERT_EQUAL(r.out_size, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(r.err, inputs[i].says));
		tool_done(&r);
	}
}

/* Packets of one stream are missing: a scope that began in them is whole, others stay begin and
 * end. */
static void an_end_whose_begin_is_missing_is_a_whole_slice(void)
{
	struct tool_result r;

	help_begin(512, RILL_PACKET_MAX, 0);
	trace_begin(1000, "outer");
	help_send(0);
	trace_begin(2000, "inner");
	help_send(0);
	rill_packet_repeat(
		&writer); /* what they are called is told again, as it is from time to time */
	trace_begin(2500, "third");
	trace_begin(2600, "inner");
	trace_end(2700, 2600, "inner");
	trace_end(2800, 2500, "third");
	trace_begin(2900, "outer");
	trace_end(2950, 2900, "outer");
	trace_end(3000, 2000, "inner");
	trace_end(4000, 1000, "outer");
	help_send(RILL_PACKET_LAST);
	memset(tape.bytes + tape.at[1], 0, tape.at[2] - tape.at[1]);
	r = trace_run(&rill_verb_convert, tape.bytes, tape.size, "--to", "json");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		r.out,
		"\"ts\":2.000,\"ph\":\"X\",\"cat\":\"work\",\"name\":\"inner\",\"dur\":1.000"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"ts\":1.000,\"ph\":\"B\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"ts\":4.000,\"ph\":\"E\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"events lost\",\"s\":\"p\",\"args\":{\"count\":1,"));
	tool_done(&r);
}

static void an_empty_input_is_an_empty_trace(void)
{
	struct tool_result r = trace_run(&rill_verb_convert, "", 0, "--to", "json");

	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_STRING_EQUAL(r.out, "[]\n");
	tool_done(&r);
}

/* Flips, copies and drops pieces of what is there. */
static size_t hurt(char *bytes, size_t size)
{
	for (unsigned i = (unsigned)(next() % 12); i; i--) {
		const size_t at = next() % size, from = next() % size;
		const size_t room = size - (at > from ? at : from), piece = 1 + next() % 40;

		switch (next() % 3) {
		case 0: bytes[at] = (char)next(); break;
		case 1: memmove(bytes + at, bytes + from, piece < room ? piece : room); break;
		default: size -= size > 100 ? next() % 20 : 0; break;
		}
	}
	return size;
}

/* A packet that was hurt and still has a right checksum: what a hostile writer sends. */
static void seal(char *bytes, size_t size)
{
	uint8_t *const packet = (uint8_t *)bytes;
	const size_t payload = packet[4] | packet[5] << 8;
	uint32_t crc = RILL_CRC32C_BEGIN;

	if (size < RILL_PACKET_HEAD || payload + RILL_PACKET_HEAD > size)
		return;
	crc = rill_crc32c(crc, packet, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, packet + RILL_PACKET_HEAD, payload);
	for (unsigned i = 0; i < 4; i++)
		packet[RILL_PACKET_AT_CRC + i] = (uint8_t)(crc >> 8 * i);
}

/* Done or refused; a sanitizer's end has the same exit code as a refusal. */
static void came_to_an_end(struct tool_result *r)
{
	const bool good = (r->code == 0 || r->code == 1) && !strstr(r->err, "Sanitizer") &&
			  !strstr(r->err, "runtime error");

	CU_ASSERT_TRUE(good);
	if (!good)
		printf("\nseed %llu, code %d: %.2000s\n", (unsigned long long)seed, r->code, r->err);
	tool_done(r);
}

static void run_all(const char *bytes, size_t size)
{
	static const char *const formats[] = { "rill", "json", "text", "folded" };
	struct tool_result r;

	for (unsigned i = 0; i < 4; i++) {
		r = trace_run(&rill_verb_convert, bytes, size, "--to", formats[i]);
		came_to_an_end(&r);
	}
	r = tool_run(&rill_verb_check, (const char *const[]){ "-", NULL }, bytes, size);
	came_to_an_end(&r);
	r = tool_run(&rill_verb_report, (const char *const[]){ "-", NULL }, bytes, size);
	came_to_an_end(&r);
}

static void random_damage_never_harms(void)
{
	struct tool_result json;
	char *bytes;

	trace_make(60);
	json = trace_run(&rill_verb_convert, tape.bytes, tape.size, "--to", "json");
	bytes = malloc(tape.size + json.out_size);
	for (unsigned round = 0; round < 60; round++) {
		size_t size;

		seed = round;
		memcpy(bytes, tape.bytes, tape.size);
		size = hurt(bytes, tape.size);
		if (round % 2)
			seal(bytes, size);
		run_all(bytes, size);
		memcpy(bytes, json.out, json.out_size);
		run_all(bytes, hurt(bytes, json.out_size));
	}
	free(bytes);
	tool_done(&json);
}

static const struct test_case cases[] = {
	T(random_damage_never_harms),
	T(packets_are_copied_byte_by_byte),
	T(of_a_cut_input_every_whole_packet_is_kept),
	T(damage_costs_the_packet_it_touches_and_nothing_else),
	T(noise_before_and_a_start_in_the_middle_are_passed_over),
	T(frames_are_recognised_behind_what_a_console_wrote),
	T(json_is_recognised_however_it_begins),
	T(what_is_no_trace_is_refused_with_cause_and_remedy),
	T(an_end_whose_begin_is_missing_is_a_whole_slice),
	T(an_empty_input_is_an_empty_trace),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool intake", cases, argc, argv);
}
