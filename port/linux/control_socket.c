/* SPDX-License-Identifier: MIT
 * control_socket.c - the place at which a process is asked and told what to trace: a Unix socket in a folder of its user.
 *
 * One packet is one request, or one line of an answer (SOCK_SEQPACKET), with at most one descriptor. The folder is its user's alone, and
 * who calls is asked for his user by the kernel, so that nobody else is served wherever the socket lies.
 */
#define _GNU_SOURCE
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 16, SOCKET_TYPE = SOCK_SEQPACKET | SOCK_CLOEXEC };

/* ---- where ---------------------------------------------------------------------------------------- */

bool rill_port_control_folder(unsigned which, uint32_t uid, char *path, size_t size)
{
	const char *runtime = which == 0 && uid == geteuid() ? rill_port_env("XDG_RUNTIME_DIR") : NULL;
	int length = -1;

	if (runtime && runtime[0] == '/')
		length = snprintf(path, size, "%s/rill", runtime);
	else if (which == 1)
		length = snprintf(path, size, "/run/user/%u/rill", uid);
	else if (which == 2)
		length = snprintf(path, size, "/tmp/rill-%u", uid);
	return length > 0 && (size_t)length < size;
}

/* Nobody else can put anything there, or see what is there. */
static bool is_of(int folder, uint32_t uid)
{
	struct stat st;

	return fstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid && (st.st_mode & 0077) == 0;
}

int rill_port_control_open_folder(const char *path, uint32_t uid)
{
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (folder < 0)
		return -errno;
	if (is_of(folder, uid))
		return folder;
	close(folder);
	return -EPERM;
}

/* The first one that is there, or can be made. */
static int find_folder(char *path, size_t size)
{
	int folder = -ENOENT;

	for (unsigned which = 0; which < RILL_PORT_CONTROL_FOLDERS; which++) {
		if (!rill_port_control_folder(which, geteuid(), path, size) || (mkdir(path, 0700) < 0 && errno != EEXIST))
			continue;
		folder = rill_port_control_open_folder(path, geteuid());
		if (folder >= 0) {
			close(folder);
			return 0;
		}
	}
	return folder == -EPERM ?
		       rill_fail(EPERM, "%s is not this user's alone: remove it, or give another path for the control socket", path) :
		       rill_fail(ENOENT, "there is no place for a control socket, such as /run/user/%u: set XDG_RUNTIME_DIR, or give a path",
				 (unsigned)geteuid());
}

static int place(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof address->sun_path)
		return rill_fail(ENAMETOOLONG, "the control socket's path %s has %zu bytes, and sockets allow %zu: give a shorter one", path,
				 strlen(path), sizeof address->sun_path - 1);
	strcpy(address->sun_path, path);
	return 0;
}

/* ---- listening ------------------------------------------------------------------------------------ */

static int connect_to(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCKET_TYPE, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* A socket file of ours at which nobody listens any more. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return false;
	fd = connect_to(address);
	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
	/* The file gets the permissions that the socket has, so there is no moment in which it has others. */
	if (fchmod(fd, 0600) < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return 0;
	if (errno != EADDRINUSE || !is_stale(address) || unlink(address->sun_path) < 0)
		return -errno;
	return bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;
}

int rill_port_control_listen(const char *path, char *where, size_t size)
{
	struct sockaddr_un address;
	char folder[sizeof address.sun_path];
	int error = path ? 0 : find_folder(folder, sizeof folder), fd;

	if (error)
		return error;
	if (path)
		snprintf(where, size, "%s", path);
	else
		snprintf(where, size, "%s/%ld.sock", folder, (long)getpid());
	error = place(&address, where);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCKET_TYPE | SOCK_NONBLOCK, 0);
	error = fd < 0 ? -errno : bind_to(fd, &address);
	if (!error && listen(fd, WAITING_MAX) < 0)
		error = -errno;
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return rill_fail(-error, "no control socket at %s: %s%s", where, strerror(-error),
			 error == -EADDRINUSE ? " (something of that name is there already: give another path)" : "");
}

/* ---- callers -------------------------------------------------------------------------------------- */

int rill_port_control_connect(const char *path, struct rill_port_control_peer *peer)
{
	struct sockaddr_un address;
	struct ucred who;
	socklen_t size = sizeof who;
	int fd = place(&address, path);

	if (!fd)
		fd = connect_to(&address);
	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) {
		close(fd);
		return -EPERM;
	}
	*peer = (struct rill_port_control_peer){ (uint32_t)who.pid, who.uid };
	return fd;
}

int rill_port_control_accept(int listening)
{
	const int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	struct ucred who;
	socklen_t size = sizeof who;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == geteuid() || who.uid == 0))
		return fd;
	close(fd);
	return -EPERM;
}

int rill_port_control_bell(void)
{
	const int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return bell < 0 ? -errno : bell;
}

void rill_port_control_ring(int bell)
{
	/* It fails only where it has been rung 2^64 times. */
	(void)eventfd_write(bell, 1);
}

bool rill_port_control_wait(int fd, int bell, int timeout_ms)
{
	struct pollfd waiting[2] = { { .fd = fd, .events = POLLIN }, { .fd = bell, .events = POLLIN } };
	eventfd_t rung;

	while (poll(waiting, 2, timeout_ms) < 0)
		if (errno != EINTR)
			return false;
	if (waiting[1].revents & POLLIN)
		(void)eventfd_read(bell, &rung);
	return !(waiting[0].revents & POLLNVAL);
}

void rill_port_control_hang_up(int fd)
{
	shutdown(fd, SHUT_RDWR);
}

/* ---- packets -------------------------------------------------------------------------------------- */

/* More than one is not asked for: the others are closed. */
static void take_descriptors(struct msghdr *message, int *passed)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		const size_t count = c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
		int fd;

		for (size_t i = 0; c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && i < count; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (*passed < 0)
				*passed = fd;
			else
				close(fd);
		}
	}
}

int64_t rill_port_control_receive(int fd, void *bytes, size_t size, int *passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = { bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t got;

	*passed = -1;
	do
		got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	take_descriptors(&message, passed);
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : got;
}

int rill_port_control_send(int fd, const void *bytes, size_t size, int passed, uint32_t timeout_ms)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { (void *)bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd waiting = { .fd = fd, .events = POLLOUT };
	ssize_t sent;

	if (passed >= 0) {
		memset(&control, 0, sizeof control);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof passed), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
	}
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && (errno == EINTR || (errno == EAGAIN && poll(&waiting, 1, (int)timeout_ms) == 1)));
	return sent < 0 ? -errno : 0;
}
