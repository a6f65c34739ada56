/* SPDX-License-Identifier: MIT
 * test_sink_fd.c - writing to a descriptor or FIFO: readers that stop or go away, and whose
 * signals are whose.
 */
#define _GNU_SOURCE
#include "sink_help.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static void a_reader_that_goes_away_raises_no_signal(void)
{
	struct rill_sink sink;
	sigset_t pending;
	int ends[2];

	for (int kind = 0; kind < 2; kind++) {
		int made = kind ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
				: pipe2(ends, O_CLOEXEC);

		CU_ASSERT_EQUAL_FATAL(made, 0);
		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], &sink), 0);
		CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
		close(ends[0]);
		CU_ASSERT_EQUAL(put(&sink, ",2\n", 0), -EPIPE);
		CU_ASSERT_EQUAL(put(&sink, ",3\n", 0), -EPIPE);
		sigpending(&pending);
		CU_ASSERT_FALSE(sigismember(&pending, SIGPIPE));
		sink.ops->close(sink.ctx);
		CU_ASSERT(fcntl(ends[1], F_GETFD) >= 0);	/* still the caller's */
		close(ends[1]);
	}
}

static void a_signal_of_the_application_stays_its_own(void)
{
	struct rill_sink sink;
	sigset_t pipe_set, before, pending;
	int ends[2];

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
	raise(SIGPIPE);
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), -EPIPE);
	sigpending(&pending);
	CU_ASSERT(sigismember(&pending, SIGPIPE));
	CU_ASSERT_EQUAL(sigtimedwait(&pipe_set, NULL, &(struct timespec){ 0, 0 }), SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sink.ops->close(sink.ctx);
	close(ends[1]);
}

/* Everything readable now, appended. */
static size_t drain(int fd, char *to, size_t room)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t size = 0;

	while (size < room && poll(&poller, 1, 50) > 0) {
		ssize_t n = read(fd, to + size, room - size);

		if (n <= 0)
			break;
		size += (size_t)n;
	}
	return size;
}

static void a_reader_that_stops_is_waited_for_a_bounded_time_and_gets_whole_lines(void)
{
	static char piece[40000], got[400000];
	struct rill_sink sink;
	size_t size, failed = 0;

	for (int kind = 0; kind < 3; kind++) {
		int ends[2];
		uint64_t begin;

		CU_ASSERT_EQUAL_FATAL(
			kind == 2 ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
				  : pipe2(ends, O_CLOEXEC | (kind ? O_NONBLOCK : 0)),
			0);
		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], &sink), 0);
		begin = rill_port_monotonic_ns();
		make_lines(piece, 1, 600);
		for (failed = 0; failed == 0;)
			failed += put(&sink, piece, 0) == -ETIMEDOUT;
		CU_ASSERT(rill_port_monotonic_ns() - begin < 1500000000ull);
		size = drain(ends[0], got, sizeof(got));
		CU_ASSERT_EQUAL(put(&sink, ",{\"last\":1}\n", 0), 0);
		size += drain(ends[0], got + size, sizeof(got) - size - 1);
		got[size] = '\0';
		/* No line is torn: the rest of the one that was begun came first. */
		for (char *line = strtok(got, "\n"); line; line = strtok(NULL, "\n")) {
			struct json_object *value = parse_strict(line + 1, strlen(line + 1));

			CU_ASSERT(line[0] == ',' && value);
			failed += strstr(line, "last") != NULL;
			json_object_put(value);
		}
		CU_ASSERT_EQUAL(failed, 2);
		sink.ops->close(sink.ctx);
		close(ends[0]);
		close(ends[1]);
	}
}

static void a_fifo_with_a_reader_gets_plain_lines(void)
{
	char text[64] = "";
	struct rill_sink sink;
	int fd;

	CU_ASSERT_EQUAL(mkfifo(in_folder("read.fifo"), 0600), 0);
	fd = open(in_folder("read.fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("read.fifo"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	CU_ASSERT_EQUAL(put(&sink, ",2\n", RILL_PIECE_FLUSH), 0);
	CU_ASSERT_EQUAL(put(&sink, "]\n", RILL_PIECE_LAST), 0);
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL(read(fd, text, sizeof(text) - 1), 8);
	CU_ASSERT_STRING_EQUAL(text, "[1\n,2\n]\n");
	close(fd);
}

static void a_descriptor_that_cannot_be_written_is_refused(void)
{
	struct rill_sink sink;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CU_ASSERT_EQUAL(rill_port_fd_sink(-1, &sink), -EBADF);
	CU_ASSERT(strstr(rill_error(), "-1") != NULL);
	CU_ASSERT_EQUAL(rill_port_fd_sink(fd, &sink), -EBADF);
	CU_ASSERT(strstr(rill_error(), "open for writing") != NULL);
	close(fd);
}

static const struct test_case cases[] = {
	T(a_reader_that_goes_away_raises_no_signal),
	T(a_signal_of_the_application_stays_its_own),
	T(a_reader_that_stops_is_waited_for_a_bounded_time_and_gets_whole_lines),
	T(a_fifo_with_a_reader_gets_plain_lines),
	T(a_descriptor_that_cannot_be_written_is_refused),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_fd", cases, argc, argv);
	remove_folder(folder);
	return result;
}
