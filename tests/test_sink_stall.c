/* SPDX-License-Identifier: MIT
 * test_sink_stall.c - whole sessions: one whose reader stops for five seconds beside one that must not notice; packets
 * into pipes; every kind of outlet chosen by its name.
 */
#define _GNU_SOURCE
#include "stream_help.h"

#include <rill/trace.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct rill_session *start_at(const char *file)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session = NULL;
	int error;

	options.filter = "stall";
	options.file = file;
	options.queue_bytes = 1 << 18;
	error = rill_session_start(&options, &session);
	if (error)
		fprintf(stderr, "%s\n", rill_error());
	CU_ASSERT_EQUAL_FATAL(error, 0);
	return session;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static uint64_t emitted;

/* For so long, about 40 000 a second: more than a stopped reader's buffers and queues hold. `other` is flushed now and then, so that it
 * loses nothing where the machine has no time for the consumer. */
static void emit_for(unsigned ms, struct rill_session *other)
{
	const uint64_t end_ms = now_ms() + ms;

	while (now_ms() < end_ms) {
		for (unsigned i = 0; i < 40; i++, emitted++)
			RILL_INSTANT("stall", "numbered", "n", emitted);
		if (emitted % 4000 == 0)
			CU_ASSERT_EQUAL(rill_session_flush(other, 60000), 0);
		sleep_ms(1);
	}
}

static bool has_lost(struct rill_session *session)
{
	struct rill_stats stats;

	CU_ASSERT_EQUAL_FATAL(rill_session_stats(session, &stats), 0);
	return stats.lost_total > 0;
}

/* Nothing is missing in a file, wherever it stands. */
static void expect_complete(const char *path)
{
	struct catcher c = { .fd = -1 };
	struct help_read h = { .events = 0 };
	size_t size = 0;

	c.bytes = (uint8_t *)read_file(path, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.bytes);
	c.size = size;
	read_caught(&h, &c, false);
	CU_ASSERT_EQUAL(h.events, emitted);
	CU_ASSERT_EQUAL(h.missing_events + h.result.lost + h.damaged, 0);
	CU_ASSERT_EQUAL(h.stats.delivered, emitted);
	free_caught(&c);
}

static void a_reader_that_stops_for_five_seconds_costs_its_own_session_events_and_no_other(void)
{
	char place[128];
	struct rill_session *stalled, *other;
	struct catcher c = { .fd = -1 };
	struct help_read h = { .events = 0 };
	uint64_t begin_ms;

	emitted = 0;
	snprintf(place, sizeof place, "unix-listen:%s/s", folder);
	stalled = start_at(place);
	other = start_at(in_folder("other.rill"));
	catch_start(&c, connect_unix(in_folder("s")));
	emit_for(200, other);
	atomic_store(&c.paused, true);
	emit_for(5000, other);
	while (!has_lost(stalled))	/* where the machine has other work, too, it takes longer to fill all buffers */
		emit_for(100, other);
	atomic_store(&c.paused, false);
	emit_for(300, other);
	begin_ms = now_ms();
	rill_session_stop(stalled);
	rill_session_stop(other);
	CU_ASSERT(now_ms() - begin_ms < BUSY_MS);
	catch_join(&c);
	read_caught(&h, &c, false);
	CU_ASSERT(h.result.lost > 0);
	CU_ASSERT_EQUAL(h.events + h.missing_events + h.result.lost, emitted);
	CU_ASSERT_EQUAL(h.result.lost, h.gap_count);
	CU_ASSERT_EQUAL(h.stats.delivered, h.events);
	CU_ASSERT_EQUAL(h.damaged + h.result.undefined, 0);
	expect_complete(in_folder("other.rill"));
	free_caught(&c);
}

static void a_reader_that_never_reads_costs_no_more_than_two_seconds_at_stop(void)
{
	char place[128];
	struct rill_session *stalled, *other;
	uint64_t begin_ms;
	int fd;

	emitted = 0;
	snprintf(place, sizeof place, "unix-listen:%s/s", folder);
	stalled = start_at(place);
	other = start_at(in_folder("o2.rill"));
	fd = connect_unix(in_folder("s"));
	emit_for(1500, other);
	begin_ms = now_ms();
	rill_session_stop(stalled);
	CU_ASSERT(now_ms() - begin_ms < BUSY_MS);
	emit_for(100, other);
	rill_session_stop(other);
	expect_complete(in_folder("o2.rill"));
	close(fd);
}

/* ---- packets into descriptors --------------------------------------------------------------------- */

static struct rill_outlet *open_fd(int fd)
{
	struct rill_session_options options = { .out = RILL_OUT_FD, .fd = fd, .format = RILL_FORMAT_BINARY, .queue_bytes = 65536 };

	return open_outlet(&options);
}

static void packets_go_into_a_pipe_and_wait_for_its_reader(void)
{
	struct catcher c = { .fd = -1, .paused = true };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };
	struct rill_outlet *outlet;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	outlet = open_fd(ends[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&c, ends[0]);
	offer_until_stuck(outlet, &o);
	atomic_store(&c.paused, false);
	sleep_ms(50);
	offer_many(outlet, &o, 10);
	end_offer(outlet, &o);
	close(ends[1]);
	catch_join(&c);
	read_caught(&h, &c, false);
	CU_ASSERT_EQUAL(h.events, o.accepted);
	CU_ASSERT_EQUAL(h.gap_count, o.refused);
	CU_ASSERT_EQUAL(atomic_load(&lost_events) + h.missing_events + h.damaged, 0);
	free_caught(&c);
}

static void a_pipe_that_nobody_empties_is_left_at_stop_with_exact_books(void)
{
	struct catcher c = { .fd = -1, .paused = true };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };
	struct rill_outlet *outlet;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	outlet = open_fd(ends[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&c, ends[0]);
	offer_until_stuck(outlet, &o);
	CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
	CU_ASSERT(fcntl(ends[1], F_GETFD) >= 0);
	close(ends[1]);
	atomic_store(&c.paused, false);
	catch_join(&c);
	read_caught(&h, &c, false);
	CU_ASSERT(atomic_load(&lost_events) > 0);
	CU_ASSERT_EQUAL(h.events + atomic_load(&lost_events), o.accepted);
	free_caught(&c);
}

static void a_pipe_whose_reader_has_gone_raises_no_signal(void)
{
	struct offered o = { .events = 0 };
	struct rill_outlet *outlet;
	sigset_t pending;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	outlet = open_fd(ends[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	close(ends[0]);
	offer_many(outlet, &o, 100);
	CU_ASSERT(end_offer(outlet, &o) < RILL_OUTLET_STOP_MAX_MS);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 100);
	sigpending(&pending);
	CU_ASSERT_FALSE(sigismember(&pending, SIGPIPE));
	close(ends[1]);
}

static void a_descriptor_and_standard_output_have_names(void)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE };
	struct offered o = { .events = 0 };
	struct rill_outlet *outlet;
	char place[32], text[4096];
	int ends[2], output;
	ssize_t size;

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	snprintf(place, sizeof place, "fd:%d", ends[1]);
	for (unsigned i = 0; i < 2; i++) {
		options.file = i ? "-" : place;
		fflush(stdout);
		output = dup(1);
		if (i)
			dup2(ends[1], 1);
		outlet = open_outlet(&options);
		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		offer(outlet, &o);
		end_offer(outlet, &o);
		dup2(output, 1);
		close(output);
		size = read(ends[0], text, sizeof text - 1);
		CU_ASSERT_FATAL(size > 0);
		text[size] = '\0';
		CU_ASSERT(strstr(text, "\"numbered\"") != NULL && strstr(text, "]\n") != NULL);
	}
	options.file = "fd:x";
	CU_ASSERT_PTR_NULL(open_outlet(&options));
	CU_ASSERT(strstr(rill_error(), "which descriptor") != NULL);
	options.file = "fd:77777";
	CU_ASSERT_PTR_NULL(open_outlet(&options));
	CU_ASSERT(strstr(rill_error(), "cannot be written") != NULL);
	close(ends[0]);
	close(ends[1]);
}

static void a_file_may_have_a_name_that_looks_like_a_place(void)
{
	struct rill_outlet *outlet;
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = "./tcp:7000.rill" };
	char before[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(before, sizeof before));
	CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
	outlet = open_outlet(&options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	stop(outlet);
	CU_ASSERT_EQUAL(access(in_folder("tcp:7000.rill"), F_OK), 0);
	CU_ASSERT_EQUAL(chdir(before), 0);
}

static const struct test_case cases[] = {
	T(a_reader_that_stops_for_five_seconds_costs_its_own_session_events_and_no_other),
	T(a_reader_that_never_reads_costs_no_more_than_two_seconds_at_stop),
	T(packets_go_into_a_pipe_and_wait_for_its_reader),
	T(a_pipe_that_nobody_empties_is_left_at_stop_with_exact_books),
	T(a_pipe_whose_reader_has_gone_raises_no_signal),
	T(a_descriptor_and_standard_output_have_names),
	T(a_file_may_have_a_name_that_looks_like_a_place),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_stall", cases, argc, argv);
	remove_folder(folder);
	return result;
}
