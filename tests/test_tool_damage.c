/* SPDX-License-Identifier: MIT
 * test_tool_damage.c - frames and Chrome JSON that are cut at every place, or hurt at every byte: all that was not touched
 * comes out, as it was.
 */
#define _GNU_SOURCE /* stpcpy */
#include "tests/packet_help.h"
#include "tool/reader.h"

/* ---- frames ----------------------------------------------------------------------------------------- */

enum { FRAMED = 60 };

static void write_frames(void)
{
	help_begin(512, 512, 0);
	tape.framed = true;
	for (int64_t n = 0; n < FRAMED; n++) {
		const struct rill_event event =
			EVENT('I', .ts_ns = 2000000000 + (uint64_t)n, ARGS(INT("n", n), TEXT("text", STRING, "0123456789abcdef")));

		CU_ASSERT_EQUAL(help_event(&event), 0);
		if (n % 7 == 6)
			help_send(0);
	}
	help_send(RILL_PACKET_LAST);
}

/* A frame is whole with its last byte, the zero behind it is not needed. */
static unsigned frames_before(size_t cut)
{
	unsigned count = 0;

	while (count < tape.packets && (count + 1 < tape.packets ? tape.at[count + 1] : tape.size) - 1 <= cut)
		count++;
	return count;
}

static void every_prefix_of_a_line_gives_all_whole_frames_before_the_cut(void)
{
	write_frames();
	CU_ASSERT(tape.packets > 8);
	for (size_t cut = 0; cut <= tape.size; cut++) {
		struct help_read h = { .events = 0 };

		help_read(&h, tape.bytes, cut);
		CU_ASSERT_EQUAL(h.packets, frames_before(cut));
		CU_ASSERT_EQUAL(h.damaged + h.missing_events + h.result.undefined, 0);
		CU_ASSERT(h.result.torn_bytes + h.text_bytes < 520);
	}
}

static void one_wrong_byte_of_a_line_costs_the_frame_it_is_in(void)
{
	write_frames();
	for (size_t at = 0; at < tape.size; at++) {
		const uint8_t was = tape.bytes[at];
		struct help_read h = { .events = 0 };

		tape.bytes[at] ^= 0x41;
		help_read(&h, tape.bytes, tape.size);
		tape.bytes[at] = was;
		/* What was a zero beside it has become a byte of it. */
		CU_ASSERT_EQUAL(h.packets, tape.packets - 1);
		CU_ASSERT(h.missing_packets <= 1 && h.result.malformed == 0);
	}
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

enum { LINES = 24, TEXT_MAX = 8192 };

static const struct form {
	const char *head, *between, *end;
	bool object;
} forms[] = {
	{ "[\n", ",\n", "\n]\n", false },
	{ "{\"otherData\":{\"a\":[1,{}],\"b\":\"x\"},\"traceEvents\":[\n", ",\n", "],\"metadata\":{\"c\":2}}\n", true },
	{ "", "\n", "\n", false },
};
enum { FORMS = sizeof forms / sizeof *forms };

/* One text, and where each event begins and ends in it. */
static char text[TEXT_MAX];
static size_t text_size, from[LINES], to[LINES];

static void write_json(const struct form *form)
{
	char *at = stpcpy(text, form->head);

	for (int i = 0; i < LINES; i++) {
		if (i)
			at = stpcpy(at, form->between);
		from[i] = (size_t)(at - text);
		at += sprintf(at, "{\"ph\":\"%c\",\"pid\":1,\"ts\":%d.5,\"name\":\"n\\\"%d\",\"args\":{\"a\":[{\"k\":%d}],\"s\":\"}, {\"}}",
			      "BEIX"[i % 4], 100 + i, i, i);
		to[i] = (size_t)(at - text);
	}
	at = stpcpy(at, form->end);
	text_size = (size_t)(at - text);
}

/* Which events came as they were written, and how many others. */
struct got {
	bool whole[LINES];
	unsigned others, wholes;
};

static bool take_event(void *ctx, const char *event, size_t size)
{
	struct got *const got = ctx;

	for (int i = 0; i < LINES; i++)
		if (size == to[i] - from[i] && !memcmp(event, text + from[i], size)) {
			got->wholes += !got->whole[i];
			got->whole[i] = true;
			return true;
		}
	got->others++;
	return true;
}

static bool take_member(void *ctx, const char *member, size_t size)
{
	(void)ctx;
	return member && size;
}

static struct rill_reader_result read_json(const char *bytes, size_t size, struct got *got)
{
	static const struct rill_reader_ops ops = { take_event, take_member };
	struct rill_input in = { .name = "text", .fd = -1, .listener = -1 };
	struct rill_reader_result result;

	*got = (struct got){ .others = 0 };
	in.head = malloc(size ? size : 1);
	memcpy(in.head, bytes, size);
	in.head_end = in.head_room = size;
	CU_ASSERT_EQUAL(rill_reader_run(&in, &ops, got, &result), 0);
	CU_ASSERT_EQUAL(result.bytes, size);
	CU_ASSERT_EQUAL(result.events, got->wholes + got->others);
	rill_input_close(&in);
	return result;
}

static void every_prefix_of_json_gives_all_whole_events_before_the_cut(void)
{
	for (unsigned f = 0; f < FORMS; f++) {
		write_json(&forms[f]);
		for (size_t cut = 0; cut <= text_size; cut++) {
			struct rill_reader_result r;
			struct got got;
			unsigned whole = 0;

			r = read_json(text, cut, &got);
			while (whole < LINES && to[whole] <= cut)
				whole++;
			CU_ASSERT_EQUAL(got.wholes, whole);
			CU_ASSERT_EQUAL(got.others + r.damaged, 0);
			CU_ASSERT(r.torn_bytes <= cut);
			/* The first bracket of an event that stands alone may have been that of the object form. */
			if (whole < LINES && cut > from[whole])
				CU_ASSERT(r.torn_bytes == cut - from[whole] ||
					  (from[whole] == 0 && r.torn_bytes == cut - 1));
		}
	}
}

/* In `},"traceEvents":[`, another name for the list makes it another member, and without the bracket before it is a part of
 * one: then nobody knows what it is. */
static bool is_name_of_list(size_t at)
{
	const char *const name = strstr(text, "\"traceEvents\"");

	return name && at + 2 >= (size_t)(name - text) && at < (size_t)(name - text) + 16;
}

static void hurt_json(const struct form *form, size_t at, char with)
{
	struct rill_reader_result r;
	struct got got;
	char hurt[TEXT_MAX];

	if (text[at] == with)
		return;
	memcpy(hurt, text, text_size);
	hurt[at] = with;
	r = read_json(hurt, text_size, &got);
	for (int i = 0; i < LINES; i++) {
		/* What stands before an event tells where it begins. */
		const size_t first = i ? to[i - 1] : form->object ? from[0] - 1 : 0;

		if (!got.whole[i] && (at < first || at >= to[i])) {
			CU_FAIL("an event is lost that was not touched");
			printf("\nform %u: %02x at %zu: event %d is lost\n", (unsigned)(form - forms), (uint8_t)with, at, i);
		}
	}
	CU_ASSERT(got.wholes + 2 >= LINES);
	CU_ASSERT(r.damaged_bytes + r.torn_bytes <= text_size);
	/* It is noticed in the event or member that holds it; where a bracket or quote closed something early, behind it. */
	CU_ASSERT(!r.damaged || (r.damaged_at <= at + 100 && r.damaged_at + 100 >= at));
}

static void a_wrong_byte_in_json_costs_the_event_it_is_in(void)
{
	static const char with[] = { '"', '{', '}', '[', ']', ',', ':', '\\', '\n', '\0', 'x', '\xff' };

	for (unsigned f = 0; f < FORMS; f++) {
		write_json(&forms[f]);
		/* The first bytes say which form it is. */
		for (size_t at = forms[f].object; at < text_size; at++)
			for (size_t i = 0; i < sizeof with && !is_name_of_list(at); i++)
				hurt_json(&forms[f], at, with[i]);
	}
}

static const struct test_case cases[] = {
	T(every_prefix_of_a_line_gives_all_whole_frames_before_the_cut),
	T(one_wrong_byte_of_a_line_costs_the_frame_it_is_in),
	T(every_prefix_of_json_gives_all_whole_events_before_the_cut),
	T(a_wrong_byte_in_json_costs_the_event_it_is_in),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool_damage", cases, argc, argv);
}
