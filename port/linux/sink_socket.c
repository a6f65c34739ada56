/* SPDX-License-Identifier: MIT
 * sink_socket.c - one peer at a time, over TCP or a Unix stream socket.
 *
 * Without a peer a write that begins a segment waits for one: the queue keeps what it can hold, and the first
 * peer finds the beginning. A peer that goes takes with it what the kernel had accepted for it; what
 * follows is refused with -ENOTCONN up to the next segment, whose head tells the next peer
 * everything. A peer that takes nothing holds nobody but itself: the queue is full, and events of this session are
 * counted as lost. Further peers wait in the kernel until the present one goes.
 *
 * What a peer sends is thrown away. When it closes its side it is gone, although it could still read.
 */
#define _GNU_SOURCE
#include "port/linux/sink_patience.h"
#include "port/linux/sink_socket_open.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CONNECT_MAX_NS = 1000000000,	/* for one try, and from one to the next */
	ACCEPT_AGAIN_NS = 250000000,
	CHATTER_MAX = 64		/* reads in a row: a peer may not keep us by talking */
};

struct socket_sink {
	struct rill_socket_options options;
	struct rill_socket_place place;
	struct rill_patience patience;
	struct rill_stream peer;	/* its fd is -1 without one */
	int listener;			/* -1: none */
	dev_t device;			/* of the socket file that we made */
	ino_t inode;
	char *text;			/* options.place */
	char where[sizeof "unix-listen:" + sizeof ((struct sockaddr_un *)0)->sun_path];
};

/* ---- peers ---------------------------------------------------------------------------------------- */

static void drop_peer(struct socket_sink *s)
{
	const int fd = s->peer.fd;

	rill_stream_free(&s->peer);
	/* First forgotten, then closed: a fork in between must not close a number that has a new owner. */
	s->peer.fd = -1;
	if (fd >= 0)
		close(fd);
}

static int welcome(struct socket_sink *s, int fd)
{
	const int error = rill_stream_init(&s->peer, fd);

	if (error) {
		drop_peer(s);
		return error;
	}
	rill_socket_set(fd, s->place.tcp);
	return 0;
}

static bool has_gone(const struct socket_sink *s)
{
	char chatter[512];

	for (unsigned i = 0; i < CHATTER_MAX; i++) {
		const ssize_t n = recv(s->peer.fd, chatter, sizeof chatter, MSG_DONTWAIT);

		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return errno != EAGAIN && errno != EWOULDBLOCK;
	}
	return false;
}

static int accept_peer(struct socket_sink *s)
{
	for (;;) {
		int fd;

		if (rill_patience_await(&s->patience, s->listener, POLLIN, UINT64_MAX)) {
			fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd >= 0)
				return welcome(s, fd);
			/* No descriptor left, perhaps, and the peer still knocks. */
			rill_patience_await(&s->patience, -1, 0, rill_port_monotonic_ns() + ACCEPT_AGAIN_NS);
		}
		if (rill_patience_hurries(&s->patience))
			return -ENOTCONN;
	}
}

/* One try, until until_ns. */
static int try_to_connect(struct socket_sink *s, uint64_t until_ns)
{
	const int fd = rill_socket_connect(&s->place);
	int error = -ETIMEDOUT;

	if (fd < 0)
		return fd;
	if (rill_patience_await(&s->patience, fd, POLLOUT, until_ns))
		error = rill_socket_connected(fd);
	if (!error)
		return welcome(s, fd);
	close(fd);
	return error;
}

static int connect_peer(struct socket_sink *s)
{
	for (;;) {
		const uint64_t next_ns = rill_port_monotonic_ns() + CONNECT_MAX_NS;

		if (try_to_connect(s, next_ns) == 0)
			return 0;
		if (rill_patience_hurries(&s->patience))
			return -ENOTCONN;
		rill_patience_await(&s->patience, -1, 0, next_ns);
	}
}

/* ---- the sink's functions ------------------------------------------------------------------------- */

static void note_where(struct socket_sink *s)
{
	const char *scheme = rill_socket_scheme(&s->options);
	const size_t size = strlen(scheme);

	memcpy(s->where, scheme, size);
	rill_socket_text(&s->place, s->where + size, sizeof s->where - size);
}

static int socket_open(void *ctx)
{
	struct socket_sink *s = ctx;
	struct stat stat;
	int error;

	if (!s->options.listen) {
		error = try_to_connect(s, rill_port_monotonic_ns() + CONNECT_MAX_NS);
		return error ? rill_fail(-error, "nobody takes the trace at %s: %s; start the reader first, or listen with %s",
					 s->where, strerror(-error), s->options.tcp ? "tcp-listen:" : "unix-listen:") : 0;
	}
	s->listener = rill_socket_listen(&s->options, &s->place);
	if (s->listener < 0) {
		error = s->listener;
		s->listener = -1;
		return error;
	}
	note_where(s);
	if (!s->place.tcp && lstat(s->place.un.sun_path, &stat) == 0) {
		s->device = stat.st_dev;
		s->inode = stat.st_ino;
	}
	return 0;
}

static int socket_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct socket_sink *s = ctx;
	size_t done;
	int error = 0;

	if (!size)
		return 0;
	if (s->peer.fd >= 0 && has_gone(s))
		drop_peer(s);
	if (s->peer.fd < 0 && !(pieces & RILL_PIECE_FIRST))
		return -ENOTCONN;
	if (s->peer.fd < 0)
		error = s->options.listen ? accept_peer(s) : connect_peer(s);
	if (error)
		return -ENOTCONN;
	error = rill_patience_write(&s->patience, pieces, &s->peer, data, size, &done);
	if (!error)
		return 0;
	if (error == -ETIME && !done)
		return -ETIMEDOUT;
	/* Gone; or stuck in the middle of a packet, and what came behind it now would be taken for its rest. */
	drop_peer(s);
	return -ENOTCONN;
}

static void socket_close(void *ctx)
{
	struct socket_sink *s = ctx;
	struct stat stat;

	/* With unread bytes of the peer's, closing would reset the connection, and the peer lose what it has
	 * not read. */
	if (s->peer.fd >= 0)
		has_gone(s);
	drop_peer(s);
	if (s->listener >= 0) {
		if (!s->place.tcp && lstat(s->place.un.sun_path, &stat) == 0 && stat.st_dev == s->device &&
		    stat.st_ino == s->inode)
			unlink(s->place.un.sun_path);
		close(s->listener);
	}
	free(s->text);
	free(s);
}

static const char *socket_where(void *ctx)
{
	return ((struct socket_sink *)ctx)->where;
}

static void socket_forked(void *ctx)
{
	const struct socket_sink *s = ctx;

	if (s->peer.fd >= 0)
		close(s->peer.fd);
	if (s->listener >= 0)
		close(s->listener);
}

static void socket_hurry(void *ctx, uint64_t deadline_ns)
{
	rill_patience_hurry(&((struct socket_sink *)ctx)->patience, deadline_ns);
}

static const struct rill_port_sink_ops socket_ops = {
	.sink = {
		.name = "socket",
		.write_time_max_ms = 0,
		.open = socket_open,
		.write = socket_write,
		.close = socket_close,
		.where = socket_where,
	},
	.forked = socket_forked,
	.hurry = socket_hurry,
};

int rill_port_socket_sink(const struct rill_socket_options *options, struct rill_sink *sink)
{
	struct socket_sink *s = calloc(1, sizeof *s);
	int error;

	if (!s)
		return rill_fail(ENOMEM, "no memory for a sink");
	s->peer.fd = s->listener = -1;
	s->options = *options;
	s->options.place = s->text = strdup(options->place);
	error = s->text ? rill_socket_parse(&s->options, &s->place) : rill_fail(ENOMEM, "no memory for a sink");
	if (error) {
		socket_close(s);
		return error;
	}
	note_where(s);
	*sink = (struct rill_sink){ &socket_ops.sink, s };
	return 0;
}
