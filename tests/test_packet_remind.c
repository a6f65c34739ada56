/* SPDX-License-Identifier: MIT
 * test_packet_remind.c - packets on a slow line: what is told again takes its share of the line and no more, who comes late learns
 * everything within a stated time, and times are rounded as it was asked for. The time is that of the events: nobody waits.
 */
#include "outlet_env.h"
#include "packet_help.h"
#include "sink/outlets.h"

enum { SHARE = 20, CREDIT_MAX = 512, FORMS_MAX = 400, PACKETS_MAX = 20000, ROUND_MS = 1000 };
static const uint64_t SECOND = 1000000000;

/* ---- a sink that keeps everything -------------------------------------------------------------------- */

static struct {
	uint8_t *bytes;
	size_t size, room;
} kept;

static int keep(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)pieces;
	if (kept.size + size > kept.room) {
		kept.room = 2 * (kept.size + size);
		kept.bytes = realloc(kept.bytes, kept.room);
	}
	memcpy(kept.bytes + kept.size, data, size);
	kept.size += size;
	return 0;
}

static const struct rill_sink_ops keep_ops = { .name = "memory", .write = keep, .write_time_max_ms = 1 };

static struct rill_outlet *open_line(uint32_t bytes_per_second, uint32_t unit_ns)
{
	const struct rill_session_options options = { .size = sizeof options };
	const struct rill_queue_options queue = {
		.sink = { &keep_ops, NULL }, .buffer_bytes = RILL_SERIAL_FRAMED_MAX, .piece_bytes = 1, .env = &env,
	};
	const struct rill_packet_line line = { bytes_per_second, unit_ns };
	struct rill_outlet *outlet;

	kept.size = 0;
	env.start_ns = rill_port_monotonic_ns();
	CU_ASSERT_EQUAL_FATAL(rill_packet_outlet(&options, &queue, &line, &outlet), 0);
	return outlet;
}

/* ---- what was kept ------------------------------------------------------------------------------------ */

static struct {
	size_t at, definitions;
	uint64_t base_ns;
	unsigned events;
} packets[PACKETS_MAX + 1];
static unsigned packet_count;

static uint64_t le(const uint8_t *at, unsigned bytes)
{
	return bytes ? *at | le(at + 1, bytes - 1) << 8 : 0;
}

static void find_packets(void)
{
	size_t at = 0;

	for (packet_count = 0; at < kept.size && packet_count < PACKETS_MAX; packet_count++) {
		const uint8_t *const p = kept.bytes + at;

		packets[packet_count].at = at;
		packets[packet_count].base_ns = le(p + RILL_PACKET_AT_BASE, 8);
		packets[packet_count].events = (unsigned)le(p + RILL_PACKET_HEAD, 2);
		packets[packet_count].definitions = le(p + RILL_PACKET_HEAD + 2, 2);
		at += RILL_PACKET_HEAD + le(p + RILL_PACKET_AT_LENGTH, 2);
	}
	packets[packet_count].at = at;
	CU_ASSERT_EQUAL_FATAL(at, kept.size);
}

static uint64_t last_ns, unit_ns, wrong_times;

static bool is_rounded(uint64_t index, const struct rill_event *e)
{
	const uint64_t exact = e->nargs ? e->args[0].u : 0;

	(void)index;
	wrong_times += e->ts_ns > exact || exact - e->ts_ns >= unit_ns || e->ts_ns < last_ns;
	last_ns = e->ts_ns;
	return true;
}

static struct help_read read_from(unsigned first, unsigned end)
{
	struct help_read h = { .check = is_rounded };

	last_ns = 0;
	help_read_with(&h, (struct rill_packet_reader_options){ .framed = false }, kept.bytes + packets[first].at,
		       packets[end].at - packets[first].at, 0);
	CU_ASSERT_EQUAL(h.result.malformed + h.result.refused + h.result.damaged, 0);
	return h;
}

/* ---- a program ----------------------------------------------------------------------------------------- */

static char names[FORMS_MAX][32];

/* So many events a second, of so many call sites in turn; returns when it began. */
static uint64_t run(struct rill_outlet *outlet, unsigned forms, unsigned per_second, unsigned seconds)
{
	const uint64_t begin_ns = rill_port_monotonic_ns();

	for (uint64_t n = 0; n < (uint64_t)per_second * seconds; n++) {
		const uint64_t now_ns = begin_ns + n * SECOND / per_second;
		const struct rill_value value = { .name = "exact", .type = RILL_TYPE_U64, .u = now_ns };
		struct rill_event event = make_event('I', names[n % forms], &threads[n % 2]);

		snprintf(names[n % forms], sizeof names[0], "call site number %u", (unsigned)(n % forms));
		event.ts_ns = now_ns;
		event.site = 1 + (uint32_t)(n % forms);
		event.args = &value;
		event.nargs = 1;
		while (outlet->ops->event(outlet, &event) < 0)	/* the queue may be full */
			sleep_ms(1);
	}
	return begin_ns;
}

struct measured {
	size_t first;		/* bytes of definitions until all was told once */
	size_t again;		/* and those told again */
	uint64_t ns;		/* in so much time */
};

static struct measured measure(unsigned forms)
{
	struct measured m = { .first = 0 };
	unsigned events = 0, i;

	find_packets();
	for (i = 0; i < packet_count && events < forms; i++) {
		m.first += packets[i].definitions;
		events += packets[i].events;
	}
	m.ns = packets[packet_count - 1].base_ns - packets[i].base_ns;
	/* The last packet tells the end. */
	for (; i + 1 < packet_count; i++)
		m.again += packets[i].definitions;
	return m;
}

/* ---- tests ---------------------------------------------------------------------------------------------- */

static const struct {
	uint32_t bytes_per_second;
	unsigned forms, per_second, seconds;
} lines[] = {
	{ 960, 3, 40, 200 }, { 960, 3, 20, 200 }, { 960, 60, 40, 600 }, { 11520, 3, 1000, 20 },
	{ 11520, 60, 600, 60 }, { 11520, 400, 600, 100 }, { 92160, 400, 5000, 20 },
};
enum { LINES = sizeof lines / sizeof *lines };

static void what_is_told_again_takes_a_twentieth_of_the_line(void)
{
	for (unsigned i = 0; i < LINES; i++) {
		struct rill_outlet *const outlet = open_line(lines[i].bytes_per_second, 1000);
		struct measured m;
		uint64_t most;

		run(outlet, lines[i].forms, lines[i].per_second, lines[i].seconds);
		stop(outlet);
		m = measure(lines[i].forms);
		most = m.ns / 1000000 * lines[i].bytes_per_second / SHARE / 1000;
		CU_ASSERT(m.again <= most + CREDIT_MAX + 200);
		/* And that is used where there is enough to tell, but for rounds that wait for the next second. */
		CU_ASSERT(m.again >= most / 3 || m.again * ROUND_MS * 2 >= m.first * (m.ns / 1000000));
	}
}

/* In whichever packet somebody begins to read: as soon as the share of the line allows it, he lacks nothing. */
static void who_comes_late_learns_everything_in_a_stated_time(void)
{
	for (unsigned i = 0; i < LINES; i++) {
		struct rill_outlet *const outlet = open_line(lines[i].bytes_per_second, 1000);
		struct measured m;
		uint64_t within_ns;
		unsigned tried = 0;

		run(outlet, lines[i].forms, lines[i].per_second, lines[i].seconds);
		stop(outlet);
		m = measure(lines[i].forms);
		/* What is under way, and all of it once more; each form with its next event. */
		within_ns = 2 * m.first * SHARE * SECOND / lines[i].bytes_per_second + 2 * SECOND +
			    2 * lines[i].forms * SECOND / lines[i].per_second;
		for (unsigned first = 1, end; first < packet_count; first += 1 + packet_count / 40) {
			for (end = first; end < packet_count && packets[end].base_ns < packets[first].base_ns + within_ns;)
				end++;
			if (end == packet_count)
				break;
			CU_ASSERT_EQUAL(read_from(first, end).result.undefined, 0);
			tried++;
		}
		CU_ASSERT(tried > 3);
	}
}

static void what_was_never_told_is_told_at_once(void)
{
	struct rill_outlet *const outlet = open_line(960, 1000);
	struct help_read h;

	run(outlet, 1, 40, 10);
	/* Nothing is left for repetitions behind so much that is new. */
	run(outlet, FORMS_MAX, 400, 1);
	stop(outlet);
	find_packets();
	h = read_from(0, packet_count);
	CU_ASSERT_EQUAL(h.events, 800);
	CU_ASSERT_EQUAL(h.result.undefined, 0);
}

static void times_are_rounded_down_to_the_unit_and_never_go_back(void)
{
	static const struct {
		uint32_t asked_ns, unit_ns;
	} units[] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 1000, 512 }, { 1024, 1024 }, { 10000, 8192 }, { 1000000, 524288 },
		      { 1000000000, 536870912 } };

	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		struct rill_outlet *const outlet = open_line(11520, units[i].asked_ns);
		struct help_read h;

		run(outlet, 5, 777, 20);
		stop(outlet);
		find_packets();
		unit_ns = units[i].unit_ns;
		wrong_times = 0;
		h = read_from(0, packet_count);
		CU_ASSERT_EQUAL(h.events, 777 * 20);
		CU_ASSERT_EQUAL(wrong_times, 0);
		CU_ASSERT_EQUAL(last_ns % unit_ns, 0);
	}
}

static void a_coarser_unit_saves_a_byte_in_each_event(void)
{
	enum { EVENTS = 4000 };
	size_t sizes[2];

	for (unsigned i = 0; i < 2; i++) {
		struct rill_outlet *const outlet = open_line(11520, i ? 1000 : 0);

		run(outlet, 3, 2000, EVENTS / 2000);
		stop(outlet);
		sizes[i] = kept.size;
	}
	CU_ASSERT(sizes[1] + EVENTS - EVENTS / 10 < sizes[0]);
}

static const struct test_case cases[] = {
	T(what_is_told_again_takes_a_twentieth_of_the_line),
	T(who_comes_late_learns_everything_in_a_stated_time),
	T(what_was_never_told_is_told_at_once),
	T(times_are_rounded_down_to_the_unit_and_never_go_back),
	T(a_coarser_unit_saves_a_byte_in_each_event),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("packet remind", cases, argc, argv);

	free(kept.bytes);
	return result;
}
