/* SPDX-License-Identifier: MIT
 * test_sink_serial.c - a serial line: pace, frames, a console on the same line, a line that is shut or goes away. The line
 * is a pair of pseudo terminals, read at the speed that a wire would have.
 */
#define _GNU_SOURCE
#include "emulated.h"
#include "stream_help.h"

#include "format/cobs.h"

#include <poll.h>
#include <sys/wait.h>
#include <termios.h>

struct line {
	int master;
	char device[128];	/* a link, so that another line can take its place */
	struct catcher end;	/* the far end */
};

static void plug(struct line *line)
{
	line->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CU_ASSERT_FATAL(line->master >= 0);
	CU_ASSERT_EQUAL_FATAL(grantpt(line->master) | unlockpt(line->master), 0);
	snprintf(line->device, sizeof line->device, "%s/tty", folder);
	unlink(line->device);
	CU_ASSERT_EQUAL_FATAL(symlink(ptsname(line->master), line->device), 0);
}

/* baud: how fast the far end reads; 0: at once. */
static void listen_to(struct line *line, uint32_t baud)
{
	line->end = (struct catcher){ .fd = -1, .bytes_per_second = baud / 10 };
	catch_start(&line->end, line->master);
}

static struct rill_outlet *open_line(const struct line *line, const char *options, enum rill_format format)
{
	static char place[256];
	struct rill_session_options session = { .out = RILL_OUT_FILE, .file = place, .format = format };

	snprintf(place, sizeof place, "serial:%s%s", line->device, options);
	return open_outlet(&session);
}

/* A line of its own, read at that speed, and an outlet to it. */
static struct rill_outlet *open_new(struct line *line, uint32_t wire_baud, const char *options,
				    enum rill_format format)
{
	struct rill_outlet *outlet;

	plug(line);
	listen_to(line, wire_baud);
	outlet = open_line(line, options, format);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	return outlet;
}

/* qemu up to 7.2 at least knows no speed of a serial line above 460800 baud: it sets none, and says nothing. */
static unsigned fastest_baud(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;
	bool set;

	set = tcgetattr(master, &t) == 0 && cfsetspeed(&t, B4000000) == 0 && tcsetattr(master, TCSANOW, &t) == 0 &&
	      tcgetattr(master, &t) == 0 && cfgetospeed(&t) == B4000000;
	close(master);
	return set || !emulator() ? 4000000 : 460800;
}

/* A line that holds nothing up. */
static const char *fast(const char *more)
{
	static char options[64];

	snprintf(options, sizeof options, "?baud=%u%s", fastest_baud(), more);
	return options;
}

/* All that was sent has come, then the far end goes. */
static void hang_up(struct line *line)
{
	struct pollfd unread = { .fd = line->end.fd, .events = POLLIN };
	size_t size;

	do {
		size = line->end.size;
		sleep_ms(150);
		poll(&unread, 1, 0);
	} while (line->end.size != size || unread.revents & POLLIN);
	catch_leave(&line->end);
}

static struct help_read read_line(const struct line *line)
{
	struct help_read h = { .events = 0 };

	read_caught(&h, &line->end, true);
	return h;
}

/* ---- what is sent --------------------------------------------------------------------------------- */

static void packets_come_in_frames_of_512_bytes_and_the_last_one_three_times(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct help_read h;
	size_t frame = 0;

	outlet = open_new(&line, 0, fast(""), RILL_FORMAT_BY_NAME);
	for (unsigned i = 0; i < 30; i++) {
		offer_many(outlet, &o, 100);
		flush(outlet);
	}
	end_offer(outlet, &o);
	hang_up(&line);
	h = read_line(&line);
	CU_ASSERT_EQUAL(h.events, 3000);
	CU_ASSERT_EQUAL(h.missing_events + h.damaged + h.result.lost + h.result.undefined, 0);
	CU_ASSERT_EQUAL(h.result.repeated, 2);
	CU_ASSERT_EQUAL(h.totals, 1);
	for (size_t i = 0; i < line.end.size; i++) {
		frame = line.end.bytes[i] ? frame + 1 : 0;
		CU_ASSERT_FATAL(frame <= RILL_COBS_MAX(512));
	}
	free_caught(&line.end);
}

static void a_damaged_byte_costs_one_packet_at_most(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct help_read h;

	outlet = open_new(&line, 0, fast(""), RILL_FORMAT_BY_NAME);
	for (unsigned i = 0; i < 30; i++) {
		offer_many(outlet, &o, 100);
		flush(outlet);
	}
	end_offer(outlet, &o);
	hang_up(&line);
	CU_ASSERT_FATAL(line.end.size > 5000);
	for (size_t at = line.end.size / 2; at < line.end.size / 2 + 1500; at += 37) {
		line.end.bytes[at] ^= 4;
		h = read_line(&line);
		line.end.bytes[at] ^= 4;
		CU_ASSERT(h.missing_packets <= 2);	/* a zero that is lost joins two frames */
		CU_ASSERT_EQUAL(h.events + h.missing_events, 3000);
	}
	free_caught(&line.end);
}

static void json_goes_in_plain_lines(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct json_object *root;

	outlet = open_new(&line, 0, fast(""), RILL_FORMAT_JSON);
	offer_many(outlet, &o, 100);
	end_offer(outlet, &o);
	hang_up(&line);
	root = parse_strict((const char *)line.end.bytes, line.end.size);
	CU_ASSERT_PTR_NOT_NULL(root);
	CU_ASSERT_EQUAL(root ? count_named(root, "numbered") : 0, 100);
	json_object_put(root);
	free_caught(&line.end);
}

/* ---- pace ----------------------------------------------------------------------------------------- */

static void two_thousand_events_a_second_fit_on_115200_baud(void)
{
	enum { EVENTS = 6000, APART_NS = 500000 };
	struct line line;
	struct rill_outlet *outlet;
	uint64_t begin_ns, flush_ns, taken = 0;
	struct help_read h = { .events = 0 };

	outlet = open_new(&line, 115200, "?baud=115200", RILL_FORMAT_BY_NAME);
	begin_ns = flush_ns = rill_port_monotonic_ns();
	for (unsigned i = 0; i < EVENTS; i++) {
		struct rill_event event = make_event('I', "tick", &threads[0]);

		event.ts_ns = begin_ns + (uint64_t)i * APART_NS;
		event.site = 7;
		while (rill_port_monotonic_ns() < event.ts_ns)
			sleep_ms(1);
		taken += outlet->ops->event(outlet, &event) == 0;
		if (event.ts_ns - flush_ns >= 1000000000) {
			outlet->ops->flush(outlet, 0);
			flush_ns += 1000000000;
		}
	}
	stop(outlet);
	hang_up(&line);
	help_read_with(&h, (struct rill_packet_reader_options){ .framed = true }, line.end.bytes, line.end.size, 0);
	CU_ASSERT_EQUAL(taken, EVENTS);
	CU_ASSERT_EQUAL(h.events, EVENTS);
	CU_ASSERT_EQUAL(atomic_load(&lost_events) + h.missing_events + h.damaged, 0);
	free_caught(&line.end);
}

static void more_than_the_line_takes_is_lost_and_told_and_nobody_waits(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	uint64_t begin_ms, ms, stop_ms;
	size_t before, after;
	struct help_read h;

	/* The wire is not what holds it back. */
	outlet = open_new(&line, 0, "?baud=115200", RILL_FORMAT_BY_NAME);
	begin_ms = now_ms();
	before = line.end.size;
	while (now_ms() - begin_ms < 1500) {
		offer_many(outlet, &o, 30);
		sleep_ms(1);
	}
	after = line.end.size;
	ms = now_ms() - begin_ms;
	stop_ms = end_offer(outlet, &o);
	hang_up(&line);
	h = read_line(&line);
	CU_ASSERT(o.refused > 1000);
	CU_ASSERT(stop_ms < BUSY_MS);
	/* At the pace of the line: 11.52 bytes each ms, and what may be ahead or late. */
	CU_ASSERT((after - before) < ms * 1152 / 100 + 1152);
	CU_ASSERT((after - before) > ms * 1152 / 100 / 3);
	CU_ASSERT_EQUAL(h.events + atomic_load(&lost_events), o.accepted);
	CU_ASSERT_EQUAL(h.events + h.missing_events + h.result.lost, o.events);
	CU_ASSERT_EQUAL(h.result.lost, o.refused);
	CU_ASSERT_EQUAL(h.totals, 1);
	free_caught(&line.end);
}

static void the_slowest_line_still_ends_in_time(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct help_read h;

	outlet = open_new(&line, 9600, "?baud=9600", RILL_FORMAT_BY_NAME);
	for (unsigned i = 0; i < 100; i++) {
		offer_many(outlet, &o, 30);
		sleep_ms(1);
	}
	CU_ASSERT(o.refused > 0);
	CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
	hang_up(&line);
	h = read_line(&line);
	CU_ASSERT_EQUAL(h.damaged, 0);
	CU_ASSERT_EQUAL(h.events + atomic_load(&lost_events), o.accepted);
	CU_ASSERT_EQUAL(h.events + h.missing_events + h.result.lost, o.events);
	free_caught(&line.end);
}

static void a_line_that_is_shut_is_left_within_two_seconds(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct help_read h;

	outlet = open_new(&line, 0, fast(""), RILL_FORMAT_BY_NAME);
	atomic_store(&line.end.paused, true);
	offer_until_stuck(outlet, &o);
	CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
	atomic_store(&line.end.paused, false);
	hang_up(&line);
	h = read_line(&line);
	CU_ASSERT(atomic_load(&lost_events) > 0);
	CU_ASSERT_EQUAL(h.events + atomic_load(&lost_events), o.accepted);
	free_caught(&line.end);
}

static void a_flush_comes_as_often_as_the_line_can_afford(void)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = "serial:/dev/x?baud=9600" };
	char place[256];
	struct termios t;
	struct line line;

	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 3125);
	options.file = "serial:/dev/x?baud=19200";
	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 1562);
	options.file = "serial:/dev/x?baud=115200";
	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 1000);
	options.file = "x.rill";
	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 1000);
	/* Of a line whose speed is not given, at that speed at which it is set. */
	plug(&line);
	CU_ASSERT_EQUAL(tcgetattr(line.master, &t) | cfsetspeed(&t, B9600) | tcsetattr(line.master, TCSANOW, &t), 0);
	snprintf(place, sizeof place, "serial:%s", line.device);
	options.file = place;
	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 3125);
	close(line.master);
	options.out = RILL_OUT_FD;
	CU_ASSERT_EQUAL(rill_outlet_flush_period_ms(&options), 1000);
}

/* ---- others on the line --------------------------------------------------------------------------- */

static void a_console_may_share_the_line(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct termios before, during, after;
	struct help_read h;
	int console;

	plug(&line);
	console = open(line.device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CU_ASSERT_FATAL(console >= 0);
	tcgetattr(console, &before);
	listen_to(&line, 0);
	outlet = open_line(&line, fast("&console"), RILL_FORMAT_BY_NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	tcgetattr(console, &during);
	CU_ASSERT_EQUAL(during.c_lflag, before.c_lflag);
	CU_ASSERT_EQUAL(during.c_iflag, before.c_iflag);
	for (unsigned i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(write(console, "login: root\n", 12), 12);
		offer_many(outlet, &o, 40);
		flush(outlet);
	}
	end_offer(outlet, &o);
	tcgetattr(console, &after);
	CU_ASSERT_EQUAL(after.c_oflag, before.c_oflag);
	CU_ASSERT_EQUAL(cfgetospeed(&after), cfgetospeed(&before));
	hang_up(&line);
	h = read_line(&line);
	CU_ASSERT_EQUAL(h.events, 800);
	CU_ASSERT_EQUAL(h.missing_events + h.damaged, 0);
	CU_ASSERT_EQUAL(h.text_bytes, 240);
	close(console);
	free_caught(&line.end);
}

static void a_line_that_goes_away_is_found_again(void)
{
	struct line first, second;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };
	struct help_read h;

	outlet = open_new(&first, 0, fast(""), RILL_FORMAT_BY_NAME);
	offer_many(outlet, &o, 100);
	flush(outlet);
	catch_leave(&first.end);
	free_caught(&first.end);
	offer_many(outlet, &o, 10);
	flush(outlet);		/* finds out */
	offer_many(outlet, &o, 10);
	outlet->ops->flush(outlet, 0);
	plug(&second);
	listen_to(&second, 0);
	offer_many(outlet, &o, 10);
	flush(outlet);
	end_offer(outlet, &o);
	hang_up(&second);
	h = read_line(&second);
	CU_ASSERT_EQUAL(h.events, 20);
	CU_ASSERT_EQUAL(h.result.undefined, 0);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 10);
	CU_ASSERT(h.metadata >= 3);
	free_caught(&second.end);
}

static void a_line_that_stays_away_does_not_hold_the_stop(void)
{
	struct line line;
	struct rill_outlet *outlet;
	struct offered o = { .events = 0 };

	plug(&line);
	outlet = open_line(&line, "?baud=115200", RILL_FORMAT_BY_NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	flush(outlet);
	close(line.master);
	unlink(line.device);
	offer_many(outlet, &o, 10);
	flush(outlet);
	offer_many(outlet, &o, 10);
	CU_ASSERT(end_offer(outlet, &o) < RILL_OUTLET_STOP_MAX_MS);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 20);
}

/* ---- descriptors and mistakes --------------------------------------------------------------------- */

static void the_line_is_not_inherited_and_closed_at_the_end(void)
{
	struct line line;
	struct rill_outlet *outlet;
	int status, before, inherited, with;
	pid_t child;

	plug(&line);
	before = descriptors_open();
	inherited = descriptors_inherited();
	listen_to(&line, 0);
	outlet = open_line(&line, "?baud=115200&flow", RILL_FORMAT_BY_NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	with = descriptors_open();
	CU_ASSERT_EQUAL(with, before + 1);
	CU_ASSERT_EQUAL(descriptors_inherited(), inherited);
	child = fork();
	if (child == 0) {
		outlet->ops->forked(outlet);
		_exit(descriptors_open() == before ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	/* Nor can a second session mix its frames into it. */
	CU_ASSERT_PTR_NULL(open_line(&line, "?baud=115200", RILL_FORMAT_BY_NAME));
	CU_ASSERT(strstr(rill_error(), "another session or process") != NULL);
	stop(outlet);
	CU_ASSERT_EQUAL(descriptors_open(), before);
	hang_up(&line);
	free_caught(&line.end);
}

static void refuses(const char *file, const char *why)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = file };

	CU_ASSERT_PTR_NULL(open_outlet(&options));
	CU_ASSERT(strstr(rill_error(), why) != NULL);
}

static void bad_lines_are_refused_with_a_reason(void)
{
	struct rill_session_options session = { .out = RILL_OUT_FILE, .file = "serial:/dev/ttyS0?unit=1us" };

	refuses("serial:", "the device is missing");
	refuses("serial:?baud=9600", "the device is missing");
	refuses("serial:/dev/null?baud=115200", "is not a serial line");
	refuses("serial:/dev/there/is/none?baud=115200", "there is no serial line");
	refuses("serial:/dev/ttyS0?baud=1200", "too slow to end a trace");
	refuses("serial:/dev/ttyS0?baud=115201", "there is no speed of 115201 baud");
	refuses("serial:/dev/ttyS0?baud=x", "is not a number in range");
	refuses("serial:/dev/ttyS0?baud", "needs a value");
	refuses("serial:/dev/ttyS0?parity=even", "there is no option 'parity'");
	refuses("serial:/dev/ttyS0?console=1", "takes no value");
	refuses("serial:/dev/ttyS0?unit", "unit needs a value");
	refuses("serial:/dev/ttyS0?unit=0ns", "unit wants a time from 1ns to 1s, such as 1us or 500ns");
	refuses("serial:/dev/ttyS0?unit=2s", "unit wants a time");
	refuses("serial:/dev/ttyS0?unit=5", "unit wants a time");
	refuses("serial:/dev/ttyS0?unit=us", "unit wants a time");
	refuses("serial:/dev/ttyS0?unit=99999999999ns", "unit wants a time");
	refuses("tcp:127.0.0.1:1?unit=1us", "there is no option 'unit' here");
	session.format = RILL_FORMAT_JSON;
	CU_ASSERT_PTR_NULL(open_outlet(&session));
	CU_ASSERT(strstr(rill_error(), "unit= rounds the times in packets; Chrome JSON has none") != NULL);
}

static const struct test_case cases[] = {
	T(packets_come_in_frames_of_512_bytes_and_the_last_one_three_times),
	T(a_damaged_byte_costs_one_packet_at_most),
	T(json_goes_in_plain_lines),
	T(two_thousand_events_a_second_fit_on_115200_baud),
	T(more_than_the_line_takes_is_lost_and_told_and_nobody_waits),
	T(the_slowest_line_still_ends_in_time),
	T(a_line_that_is_shut_is_left_within_two_seconds),
	T(a_flush_comes_as_often_as_the_line_can_afford),
	T(a_console_may_share_the_line),
	T(a_line_that_goes_away_is_found_again),
	T(a_line_that_stays_away_does_not_hold_the_stop),
	T(the_line_is_not_inherited_and_closed_at_the_end),
	T(bad_lines_are_refused_with_a_reason),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_serial", cases, argc, argv);
	remove_folder(folder);
	return result;
}
