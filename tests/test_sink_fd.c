/* SPDX-License-Identifier: MIT
 * test_sink_fd.c - writing to a descriptor or FIFO: readers that stop or go away, whose signals are
 * whose, and files that others write to, too.
 */
#define _GNU_SOURCE
#include "now_help.h"
#include "sink_help.h"

#include <poll.h>
#include <rill/trace.h>
#include <signal.h>
#include <sys/resource.h>
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
		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], "]\n", &sink), 0);
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
	CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], "]\n", &sink), 0);
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
		uint64_t begin_ms;

		CU_ASSERT_EQUAL_FATAL(
			kind == 2 ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
				  : pipe2(ends, O_CLOEXEC | (kind ? O_NONBLOCK : 0)),
			0);
		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(ends[1], "]\n", &sink), 0);
		begin_ms = now_ms();
		make_lines(piece, 1, 600);
		for (failed = 0; failed == 0;)
			failed += put(&sink, piece, 0) == -ETIMEDOUT;
		CU_ASSERT(now_ms() - begin_ms < BUSY_MS);
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

	CU_ASSERT_EQUAL(rill_port_fd_sink(-1, "]\n", &sink), -EBADF);
	CU_ASSERT(strstr(rill_error(), "-1") != NULL);
	CU_ASSERT_EQUAL(rill_port_fd_sink(fd, "]\n", &sink), -EBADF);
	CU_ASSERT(strstr(rill_error(), "open for writing") != NULL);
	close(fd);
}

/* ---- files ----------------------------------------------------------------------------------- */

static char content[1 << 20];

/* All of the file, which ends where the descriptor stands. */
static size_t content_of(int fd)
{
	ssize_t size = pread(fd, content, sizeof(content) - 1, 0);

	CU_ASSERT_FATAL(size >= 0);
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), size);
	content[size] = '\0';
	return (size_t)size;
}

static int open_file(const char *name, int flags)
{
	int fd = open(in_folder(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);

	CU_ASSERT_FATAL(fd > 2);
	return fd;
}

static bool complete_behind(int fd, size_t head, size_t elements)
{
	size_t size = content_of(fd);
	struct json_object *value = parse_strict(content + head, size - head);
	bool good = value && json_object_array_length(value) == elements;

	json_object_put(value);
	return good;
}

static void a_file_is_complete_after_every_write_from_wherever_it_begins(void)
{
	static char head[9000], piece[40000];
	long page = sysconf(_SC_PAGESIZE);
	const size_t heads[] = { 0, 1, 100, (size_t)page - 1, (size_t)page - 3, (size_t)page };

	memset(head, 'h', sizeof(head));
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]) && heads[i] <= sizeof(head); i++) {
		int fd = open_file("alone", 0);
		struct rill_sink sink;
		unsigned count = 0;

		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(fd, "]\n", &sink), 0);
		CU_ASSERT_EQUAL(write(fd, head, heads[i]), (ssize_t)heads[i]);
		for (unsigned lines = 1; lines < 500; lines *= 3) {
			make_lines(piece, count, lines);
			CU_ASSERT_EQUAL(put(&sink, piece, count ? 0 : RILL_PIECE_FIRST), 0);
			count += lines;
			CU_ASSERT(complete_behind(fd, heads[i], count));
		}
		CU_ASSERT_EQUAL(put(&sink, "]\n", RILL_PIECE_LAST), 0);
		sink.ops->close(sink.ctx);
		CU_ASSERT(complete_behind(fd, heads[i], count));
		CU_ASSERT(!memcmp(content, head, heads[i]));
		/* The application goes on behind it. */
		CU_ASSERT_EQUAL(write(fd, "more", 4), 4);
		CU_ASSERT_STRING_EQUAL(content + content_of(fd) - 6, "]\nmore");
		close(fd);
	}
}

/* What was written by either, in its order, and nothing else. */
static void who_writes_to_the_same_file_loses_nothing(void)
{
	for (int kind = 0; kind < 3; kind++) {
		int fd = open_file("shared", kind == 0 ? O_APPEND : 0);
		int other = kind == 2 ? open(in_folder("shared"), O_WRONLY | O_APPEND | O_CLOEXEC) : dup(fd);
		struct rill_sink sink;

		CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(fd, "]\n", &sink), 0);
		CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
		CU_ASSERT_EQUAL(write(other, "other\n", 6), 6);
		CU_ASSERT_EQUAL(put(&sink, ",2\n", 0), 0);
		CU_ASSERT_EQUAL(write(other, "again\n", 6), 6);
		CU_ASSERT_EQUAL(put(&sink, "]\n", RILL_PIECE_LAST), 0);
		sink.ops->close(sink.ctx);
		memset(content, 0, sizeof(content));
		CU_ASSERT(pread(fd, content, sizeof(content), 0) > 0);
		CU_ASSERT_STRING_EQUAL(content, kind == 0 ? "[1\nother\n,2\nagain\n]\n" : "[1\n]\nother\n,2\nagain\n]\n");
		close(other);
		close(fd);
	}
}

static void standard_output_is_only_written_forward(void)
{
	int fd = open_file("stdout", 0), out = dup(STDOUT_FILENO);
	struct rill_sink sink;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	CU_ASSERT_EQUAL(rill_port_fd_sink(STDOUT_FILENO, "]\n", &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	sink.ops->close(sink.ctx);
	dup2(out, STDOUT_FILENO);
	close(out);
	content_of(fd);
	CU_ASSERT_STRING_EQUAL(content, "[1\n");
	close(fd);
}

static void a_file_that_may_not_grow_stays_complete(void)
{
	static char piece[40000];
	int fd = open_file("full", 0);
	struct rlimit before, limit;
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(rill_port_fd_sink(fd, "]\n", &sink), 0);
	make_lines(piece, 0, 10);
	CU_ASSERT_EQUAL(put(&sink, piece, RILL_PIECE_FIRST), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 2000;
	setrlimit(RLIMIT_FSIZE, &limit);
	make_lines(piece, 10, 100);
	CU_ASSERT_EQUAL(put(&sink, piece, 0), -EFBIG);
	CU_ASSERT(complete_behind(fd, 0, 10));
	setrlimit(RLIMIT_FSIZE, &before);
	CU_ASSERT_EQUAL(put(&sink, piece, 0), 0);
	CU_ASSERT(complete_behind(fd, 0, 110));
	sink.ops->close(sink.ctx);
	close(fd);
}

static void a_session_to_the_descriptor_of_a_file_is_complete_after_a_flush(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	int fd = open_file("session", 0);
	struct rill_session *session;

	options.out = RILL_OUT_FD;
	options.fd = fd;
	options.object_form = true;
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &session), 0);
	for (unsigned i = 0; i < 100; i++) {
		RILL_INSTANT("fd", "event", "i", i);
		if (i % 10)
			continue;
		CU_ASSERT_EQUAL(rill_session_flush(session, 60000), 0);
		json_object_put(parse_strict(content, content_of(fd)));
		CU_ASSERT_STRING_EQUAL(content + strlen(content) - 3, "]}\n");
	}
	CU_ASSERT_EQUAL(rill_session_stop(session), 0);
	json_object_put(parse_strict(content, content_of(fd)));
	close(fd);
}

static const struct test_case cases[] = {
	T(a_file_is_complete_after_every_write_from_wherever_it_begins),
	T(who_writes_to_the_same_file_loses_nothing),
	T(standard_output_is_only_written_forward),
	T(a_file_that_may_not_grow_stays_complete),
	T(a_session_to_the_descriptor_of_a_file_is_complete_after_a_flush),
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
