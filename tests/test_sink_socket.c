/* SPDX-License-Identifier: MIT
 * test_sink_socket.c - peers on sockets: early, late, slow, stopped, vanishing, returning, two at a time; and what the outlet
 * owes the program meanwhile.
 */
#define _GNU_SOURCE
#include "stream_help.h"

#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static char place[128];

static struct rill_outlet *open_place(const char *format, enum rill_format stream, uint32_t queue_bytes)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = place, .format = stream, .queue_bytes = queue_bytes };

	snprintf(place, sizeof place, format, folder);
	return open_outlet(&options);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static int connect_tcp(unsigned port, int receive_bytes)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (receive_bytes)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* To where the outlet says it is. */
static int connect_to(struct rill_outlet *outlet)
{
	const char *where = outlet->ops->where(outlet);

	if (!strncmp(where, "unix-listen:", 12))
		return connect_unix(where + 12);
	CU_ASSERT_EQUAL_FATAL(strncmp(where, "tcp-listen:127.0.0.1:", 21), 0);
	return connect_tcp((unsigned)atoi(where + 21), 8192);
}

enum { UNIX, TCP };
static const char *const listening[] = { [UNIX] = "unix-listen:%s/s", [TCP] = "tcp-listen:0" };

/* ---- the stream ----------------------------------------------------------------------------------- */

static void a_peer_gets_everything_from_the_beginning_on(void)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_place(listening[kind], RILL_FORMAT_BY_NAME, 0);
		struct catcher c = { .fd = -1 };
		struct help_read h = { .events = 0 };
		struct offered o = { .events = 0 };

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		offer_many(outlet, &o, 1000);	/* before anybody is there */
		catch_start(&c, connect_to(outlet));
		offer_many(outlet, &o, 1000);
		end_offer(outlet, &o);
		catch_join(&c);
		read_caught(&h, &c, false);
		CU_ASSERT_EQUAL(h.events, 2000);
		CU_ASSERT_EQUAL(h.missing_events + h.result.lost + h.damaged + o.refused, 0);
		CU_ASSERT_EQUAL(h.totals, 1);
		CU_ASSERT_EQUAL(h.result.torn_bytes, 0);
		free_caught(&c);
	}
}

static void a_peer_may_take_json(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_JSON, 0);
	struct catcher c = { .fd = -1 };
	struct offered o = { .events = 0 };
	struct json_object *root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&c, connect_to(outlet));
	offer_many(outlet, &o, 3000);
	end_offer(outlet, &o);
	catch_join(&c);
	root = parse_strict((const char *)c.bytes, c.size);
	CU_ASSERT_PTR_NOT_NULL(root);
	/* Where the machine has no time for the peer, the queue refuses some. */
	CU_ASSERT_EQUAL(root ? count_named(root, "numbered") + o.refused : 0, 3000);
	json_object_put(root);
	free_caught(&c);
}

static int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
	return fd;
}

static void an_outlet_may_go_to_its_peer_and_goes_again_when_it_has_left(void)
{
	const int listener = listen_unix(in_folder("reader"));
	struct rill_outlet *outlet = open_place("unix:%s/reader", RILL_FORMAT_BY_NAME, 0);
	struct catcher c[2] = { { .fd = -1 }, { .fd = -1 } };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&c[0], accept(listener, NULL, NULL));
	offer_many(outlet, &o, 100);
	flush(outlet);
	catch_wait(&c[0], 100, 2000);
	catch_leave(&c[0]);
	free_caught(&c[0]);
	offer(outlet, &o);
	flush(outlet);		/* finds out */
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 1);
	offer(outlet, &o);
	outlet->ops->flush(outlet, 0);
	catch_start(&c[1], accept(listener, NULL, NULL));
	offer_many(outlet, &o, 100);
	end_offer(outlet, &o);
	catch_join(&c[1]);
	read_caught(&h, &c[1], false);
	CU_ASSERT_EQUAL(h.events, 101);
	CU_ASSERT_EQUAL(h.result.undefined + h.missing_events, 0);
	free_caught(&c[1]);
	close(listener);
}

/* ---- slow and stopped peers ----------------------------------------------------------------------- */

static void a_peer_that_stops_reading_holds_nobody_and_the_books_close(void)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_place(listening[kind], RILL_FORMAT_BY_NAME, 65536);
		struct catcher c = { .fd = -1, .paused = true };
		struct help_read h = { .events = 0 };
		struct offered o = { .events = 0 };
		uint64_t before;

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		catch_start(&c, connect_to(outlet));
		offer_until_stuck(outlet, &o);
		before = o.accepted;
		atomic_store(&c.paused, false);
		for (unsigned i = 0; i < 5000 && o.accepted < before + 1000; i++) {
			offer_many(outlet, &o, 10);
			sleep_ms(1);
		}
		CU_ASSERT(o.accepted >= before + 1000);
		end_offer(outlet, &o);
		catch_join(&c);
		read_caught(&h, &c, false);
		CU_ASSERT_EQUAL(atomic_load(&lost_events), 0);
		CU_ASSERT_EQUAL(h.events, o.accepted);
		CU_ASSERT_EQUAL(h.gap_count, o.refused);
		CU_ASSERT_EQUAL(h.missing_events + h.damaged + h.result.torn_bytes, 0);
		free_caught(&c);
	}
}

static void a_stop_before_a_stopped_peer_takes_two_seconds_at_most_and_counts_exactly(void)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_place(listening[kind], RILL_FORMAT_BY_NAME, 65536);
		struct catcher c = { .fd = -1, .paused = true };
		struct help_read h = { .events = 0 };
		struct offered o = { .events = 0 };

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		catch_start(&c, connect_to(outlet));
		offer_until_stuck(outlet, &o);
		CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
		atomic_store(&c.paused, false);
		catch_join(&c);
		read_caught(&h, &c, false);
		/* The system's own buffers of a TCP connection grow: what was left may have gone there. */
		CU_ASSERT(kind == TCP || atomic_load(&lost_events) > 0);
		CU_ASSERT_EQUAL(h.events + atomic_load(&lost_events), o.accepted);
		free_caught(&c);
	}
}

static void a_stop_without_a_peer_is_quick_and_counts_everything(void)
{
	const uint64_t begin_ms = now_ms();
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	struct offered o = { .events = 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	CU_ASSERT(now_ms() - begin_ms < BUSY_MS);	/* nor does the start wait for somebody to come */
	offer_many(outlet, &o, 500);
	CU_ASSERT(end_offer(outlet, &o) < RILL_OUTLET_STOP_MAX_MS);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 500);
}

/* ---- peers that go and come ----------------------------------------------------------------------- */

static void a_peer_that_comes_back_finds_the_definitions_again(void)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_place(listening[kind], RILL_FORMAT_BY_NAME, 0);
		struct offered o = { .events = 0 };
		uint64_t received = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		for (unsigned visit = 0; visit < 4; visit++) {
			struct catcher c = { .fd = -1 };
			struct help_read h = { .events = 0 };

			catch_start(&c, connect_to(outlet));
			for (unsigned i = 0; i < 2500 && c.size < 3000; i++) {
				offer_many(outlet, &o, 50);
				outlet->ops->flush(outlet, 0);
				sleep_ms(2);
			}
			CU_ASSERT(c.size >= 3000);
			catch_leave(&c);
			read_caught(&h, &c, false);
			CU_ASSERT(h.events > 0);
			CU_ASSERT_EQUAL(h.result.undefined, 0);
			CU_ASSERT(h.metadata >= 3 && h.threads == 2 && h.streams == 1);
			received += h.events;
			free_caught(&c);
		}
		CU_ASSERT(end_offer(outlet, &o) < BUSY_MS);
		/* What the kernel had taken when a peer went is nobody's to know. */
		CU_ASSERT(received + atomic_load(&lost_events) <= o.accepted);
		CU_ASSERT_EQUAL(o.refused, 0);
	}
}

/* What the kernel had taken for a peer that went, and what was refused until the next came, shows in what all of them got
 * together. */
static void what_no_peer_got_is_missing_exactly(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	const struct rill_packet_reader_options options = { .framed = false };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };
	uint8_t *all = NULL;
	size_t size = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	for (unsigned visit = 0; visit < 4; visit++) {
		struct catcher c = { .fd = -1 };

		catch_start(&c, connect_to(outlet));
		for (unsigned i = 0; i < 2500 && c.size < 3000; i++) {
			offer_many(outlet, &o, 50);
			outlet->ops->flush(outlet, 0);
			sleep_ms(2);
		}
		if (visit < 3) {
			catch_leave(&c);
		} else {
			end_offer(outlet, &o);
			catch_join(&c);
		}
		all = realloc(all, size + c.size);
		memcpy(all + size, c.bytes, c.size);
		size += c.size;
		free_caught(&c);
	}
	help_read_with(&h, options, all, size, 1000);
	free(all);
	CU_ASSERT_EQUAL(h.result.undefined, 0);
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT(h.missing_events >= atomic_load(&lost_events));
	CU_ASSERT_EQUAL(h.events + h.missing_events, o.accepted);
}

static void a_json_peer_that_comes_back_gets_an_array_of_its_own(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_JSON, 0);
	struct catcher c[2] = { { .fd = -1 }, { .fd = -1 } };
	struct offered o = { .events = 0 };
	struct json_object *root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&c[0], connect_to(outlet));
	offer_many(outlet, &o, 10);
	flush(outlet);
	CU_ASSERT(catch_wait(&c[0], 500, 2000));
	catch_leave(&c[0]);
	free_caught(&c[0]);
	offer(outlet, &o);
	flush(outlet);
	catch_start(&c[1], connect_to(outlet));
	offer_many(outlet, &o, 10);
	end_offer(outlet, &o);
	catch_join(&c[1]);
	root = parse_strict((const char *)c[1].bytes, c[1].size);
	CU_ASSERT_PTR_NOT_NULL(root);
	CU_ASSERT_EQUAL(root ? count_named(root, "numbered") : 0, 10);
	CU_ASSERT_EQUAL(root ? count_named(root, "process_name") : 0, 1);
	json_object_put(root);
	free_caught(&c[1]);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 1);
}

static void a_second_peer_waits_until_the_first_has_left(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	struct catcher first = { .fd = -1 }, second = { .fd = -1 };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	catch_start(&first, connect_to(outlet));
	catch_start(&second, connect_to(outlet));
	offer_many(outlet, &o, 100);
	flush(outlet);
	CU_ASSERT(catch_wait(&first, 300, 2000));
	CU_ASSERT_EQUAL(second.size, 0);
	catch_leave(&first);
	free_caught(&first);
	offer(outlet, &o);
	flush(outlet);
	offer_many(outlet, &o, 100);
	end_offer(outlet, &o);
	catch_join(&second);
	read_caught(&h, &second, false);
	CU_ASSERT_EQUAL(h.events, 100);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), 1);
	free_caught(&second);
}

static void what_a_peer_says_is_passed_over(void)
{
	struct rill_outlet *outlet = open_place("tcp-listen:0", RILL_FORMAT_BY_NAME, 0);
	struct catcher c = { .fd = -1 };
	struct help_read h = { .events = 0 };
	struct offered o = { .events = 0 };
	static const char chatter[5000];
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	fd = connect_to(outlet);
	catch_start(&c, fd);
	for (unsigned i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(write(fd, chatter, sizeof chatter), (ssize_t)sizeof chatter);
		offer_many(outlet, &o, 50);
		flush(outlet);
	}
	end_offer(outlet, &o);
	catch_join(&c);
	read_caught(&h, &c, false);
	CU_ASSERT_EQUAL(h.events, 1000);
	CU_ASSERT_EQUAL(h.totals, 1);
	free_caught(&c);
}

/* ---- what the program is owed --------------------------------------------------------------------- */

static atomic_int pipe_signals;

static void on_pipe(int number)
{
	(void)number;
	atomic_fetch_add(&pipe_signals, 1);
}

/* -1: too many are waiting already. */
static int connect_at_once(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	CU_ASSERT_EQUAL_FATAL(errno, EAGAIN);
	close(fd);
	return -1;
}

static void no_signal_reaches_the_program(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	struct offered o = { .events = 0 };
	sigset_t pending;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	signal(SIGPIPE, on_pipe);
	for (unsigned i = 0; i < 20; i++) {
		int fd;

		/* A connect would wait for a place in the queue, and the outlet takes peers when it has something for them. */
		while ((fd = connect_at_once(outlet->ops->where(outlet) + 12)) < 0) {
			offer_many(outlet, &o, 100);
			outlet->ops->flush(outlet, 0);
			sleep_ms(1);
		}
		offer_many(outlet, &o, 3000);
		outlet->ops->flush(outlet, 0);
		close(fd);
	}
	end_offer(outlet, &o);
	sigpending(&pending);
	CU_ASSERT_FALSE(sigismember(&pending, SIGPIPE));
	CU_ASSERT_EQUAL(atomic_load(&pipe_signals), 0);
	signal(SIGPIPE, SIG_DFL);
}

static void descriptors_are_not_inherited_and_all_closed(void)
{
	const int before = descriptors_open(), inherited = descriptors_inherited();

	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_place(listening[kind], RILL_FORMAT_BY_NAME, 0);
		struct catcher c = { .fd = -1 };
		struct offered o = { .events = 0 };
		int status, with;
		pid_t child;

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		catch_start(&c, connect_to(outlet));
		offer(outlet, &o);
		flush(outlet);
		with = descriptors_open();
		CU_ASSERT_EQUAL(with, before + 3);	/* listening, both ends */
		CU_ASSERT_EQUAL(descriptors_inherited(), inherited);
		child = fork();
		if (child == 0) {
			outlet->ops->forked(outlet);
			_exit(descriptors_open() == with - 2 ? 0 : 1);
		}
		CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
		CU_ASSERT_EQUAL(status, 0);
		offer(outlet, &o);
		end_offer(outlet, &o);
		catch_join(&c);
		free_caught(&c);
		CU_ASSERT_EQUAL(descriptors_open(), before);
	}
	CU_ASSERT_EQUAL(access(in_folder("s"), F_OK), -1);
}

/* ---- places --------------------------------------------------------------------------------------- */

static void refuses(const char *format, const char *why)
{
	struct rill_outlet *outlet = open_place(format, RILL_FORMAT_BY_NAME, 0);

	CU_ASSERT_PTR_NULL(outlet);
	CU_ASSERT(strstr(rill_error(), why) != NULL);
	if (outlet || !strstr(rill_error(), why))
		fprintf(stderr, "%s: '%s' does not say '%s'\n", format, rill_error(), why);
}

static void bad_places_are_refused_with_a_reason(void)
{
	refuses("tcp:127.0.0.1", "is not an address");
	refuses("tcp:example.org:7000", "a name in place of numbers is not looked up");
	refuses("tcp:127.0.0.1:0", "is not an address");
	refuses("tcp-listen:65536", "is not an address");
	refuses("tcp-listen:", "is not an address");
	refuses("tcp-listen:-1", "is not an address");
	refuses("tcp-listen:[::1:7000", "is not an address");
	refuses("tcp-listen:0.0.0.0:0", "every machine that reaches this one");
	refuses("tcp-listen:[::]:0", "every machine that reaches this one");
	refuses("tcp:127.0.0.1:7000?exposed", "there is no option 'exposed' here");
	refuses("tcp-listen:0?exposed=1", "exposed takes no value");
	refuses("unix-listen:s", "must begin with /");
	refuses("unix:", "must begin with /");
	refuses("unix:%s/nobody", "start the reader first");
	refuses("unix-listen:%s/no/folder", "cannot listen");
	refuses("unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789", "too long");
}

static void other_machines_must_be_let_in_by_name(void)
{
	struct rill_outlet *outlet = open_place("tcp-listen:0.0.0.0:0?exposed", RILL_FORMAT_BY_NAME, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	CU_ASSERT_EQUAL(strncmp(outlet->ops->where(outlet), "tcp-listen:0.0.0.0:", 19), 0);
	stop(outlet);
}

static void a_socket_file_is_ours_alone_and_never_somebody_elses(void)
{
	struct rill_outlet *outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	struct stat stat;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	CU_ASSERT_EQUAL(lstat(in_folder("s"), &stat), 0);
	CU_ASSERT_EQUAL(stat.st_mode & 0777, 0600);
	refuses("unix-listen:%s/s", "is taken");
	stop(outlet);
	/* What nobody listens at any more is replaced. */
	close(listen_unix(in_folder("s")));
	outlet = open_place("unix-listen:%s/s", RILL_FORMAT_BY_NAME, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	/* And what stands in our place at the end stays. */
	unlink(in_folder("s"));
	fd = open(in_folder("s"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	stop(outlet);
	CU_ASSERT_EQUAL(access(in_folder("s"), F_OK), 0);
	refuses("unix-listen:%s/s", "is taken");
	unlink(in_folder("s"));
}

static void rotation_is_refused(void)
{
	struct rill_session_options options = { .out = RILL_OUT_FILE, .file = "tcp-listen:0", .rotate_bytes = 1 << 20 };

	CU_ASSERT_PTR_NULL(open_outlet(&options));
	CU_ASSERT(strstr(rill_error(), "rotation is for files") != NULL);
}

static const struct test_case cases[] = {
	T(a_peer_gets_everything_from_the_beginning_on),
	T(a_peer_may_take_json),
	T(an_outlet_may_go_to_its_peer_and_goes_again_when_it_has_left),
	T(a_peer_that_stops_reading_holds_nobody_and_the_books_close),
	T(a_stop_before_a_stopped_peer_takes_two_seconds_at_most_and_counts_exactly),
	T(a_stop_without_a_peer_is_quick_and_counts_everything),
	T(a_peer_that_comes_back_finds_the_definitions_again),
	T(what_no_peer_got_is_missing_exactly),
	T(a_json_peer_that_comes_back_gets_an_array_of_its_own),
	T(a_second_peer_waits_until_the_first_has_left),
	T(what_a_peer_says_is_passed_over),
	T(no_signal_reaches_the_program),
	T(descriptors_are_not_inherited_and_all_closed),
	T(bad_places_are_refused_with_a_reason),
	T(other_machines_must_be_let_in_by_name),
	T(a_socket_file_is_ours_alone_and_never_somebody_elses),
	T(rotation_is_refused),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_socket", cases, argc, argv);
	remove_folder(folder);
	return result;
}
