/* SPDX-License-Identifier: MIT
 * address.c - tcp:HOST:PORT and unix:PATH as sockets that stream.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, getaddrinfo */
#include "input.h"
#include "tool.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HOST_MAX = 256 };

static bool is_unix(const char *name)
{
	return !strncmp(name, "unix:", 5);
}

/* "tcp:[::1]:4710" as "::1" and "4710". */
static bool split(const char *name, char host[HOST_MAX], const char **port)
{
	const char *at = name + 4, *colon = strrchr(at, ':');
	size_t size;

	if (!colon || !colon[1])
		return false;
	*port = colon + 1;
	size = (size_t)(colon - at);
	if (size >= 2 && at[0] == '[' && at[size - 1] == ']') {
		at++;
		size -= 2;
	}
	if (size == 0 || size >= HOST_MAX)
		return false;
	memcpy(host, at, size);
	host[size] = '\0';
	return true;
}

bool rill_address_check(const char *name)
{
	const size_t path_max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	char host[HOST_MAX];
	const char *port;

	if (is_unix(name)) {
		if (name[5] && strlen(name + 5) <= path_max)
			return true;
		rill_say("%s: a path of 1 to %zu bytes is wanted behind unix:", name, path_max);
		return false;
	}
	if (split(name, host, &port))
		return true;
	rill_say("%s: tcp:HOST:PORT is wanted, such as tcp:192.168.1.7:4710 or tcp:[::1]:4710",
		 name);
	return false;
}

/* ---- one address of several ----------------------------------------------------------------- */

typedef int use_address(int fd, const struct sockaddr *address, socklen_t size);

/* The first socket for which use() says 0; else -1 and errno. */
static int use_unix(const char *path, use_address *use)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	strcpy(address.sun_path, path); /* rill_address_check() looked at its length */
	if (fd < 0 || use(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int use_tcp(const char *name, int flags, use_address *use, const char **why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	struct addrinfo *list, *a;
	char host[HOST_MAX];
	const char *port;
	int fd = -1, error = ENOENT, resolved;

	split(name, host, &port);
	resolved = getaddrinfo(host, port, &hints, &list);
	if (resolved) {
		*why = resolved == EAI_SYSTEM ? strerror(errno) : gai_strerror(resolved);
		errno = EHOSTUNREACH;
		return -1;
	}
	for (a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && use(fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		error = errno;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	errno = error;
	return fd;
}

static int use_any(const char *name, int flags, use_address *use, const char **why)
{
	*why = NULL;
	return is_unix(name) ? use_unix(name + 5, use) : use_tcp(name, flags, use, why);
}

/* ---- connecting and listening --------------------------------------------------------------- */

static const char *remedy(int error, bool local)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT:
		return " (nobody listens there: start the traced program first, or wait for it with --wait)";
	case EACCES: return local ? " (it belongs to another user)" : "";
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH: return " (is the address right, and the board on the network?)";
	default: return "";
	}
}

int rill_address_connect(const char *name, bool quiet)
{
	const char *why;
	const int fd = use_any(name, 0, connect, &why);

	if (fd < 0 && !quiet && errno != EINTR)
		rill_say("cannot connect to %s: %s%s", name, why ? why : strerror(errno),
			 remedy(errno, is_unix(name)));
	return fd;
}

static int bind_and_listen(int fd, const struct sockaddr *address, socklen_t size)
{
	const int on = 1;

	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address, size) < 0)
		return -1;
	return listen(fd, 1);
}

/* A socket that an earlier run left behind is in the way of its path; anything else stays. */
static void clear_path(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = use_unix(path, connect);
	if (fd >= 0)
		close(fd);
	else if (errno == ECONNREFUSED)
		unlink(path);
}

int rill_address_listen(const char *name)
{
	const char *why;
	int fd;

	if (is_unix(name))
		clear_path(name + 5);
	fd = use_any(name, AI_PASSIVE, bind_and_listen, &why);
	if (fd < 0)
		rill_say("cannot listen at %s: %s%s", name, why ? why : strerror(errno),
			 errno == EADDRINUSE ? " (another program does)" : "");
	return fd;
}
