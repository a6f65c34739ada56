/* SPDX-License-Identifier: MIT
 * sink_socket_open.c - addresses of sockets, listening and connecting.
 */
#define _GNU_SOURCE
#include "port/linux/sink_socket_open.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WAITING_PEERS_MAX = 4,
	SILENT_MAX_MS = 30000,
	SOCKET_TYPE = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
};

/* ---- addresses ------------------------------------------------------------------------------------ */

const char *rill_socket_scheme(const struct rill_socket_options *o)
{
	if (o->tcp)
		return o->listen ? "tcp-listen:" : "tcp:";
	return o->listen ? "unix-listen:" : "unix:";
}

static int bad_address(const struct rill_socket_options *o)
{
	return rill_fail(EINVAL, "%s%s is not an address: write %s127.0.0.1:7000, or [::1]:7000 for the address; a name in "
			 "place of numbers is not looked up", rill_socket_scheme(o), o->place, rill_socket_scheme(o));
}

/* A port: digits, up to 65535; 0 where the kernel may choose. */
static bool parse_port(const char *text, bool may_choose, uint16_t *port)
{
	unsigned value = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
	}
	*port = htons((uint16_t)value);
	return value <= 65535 && (value || may_choose);
}

static bool parse_host(const char *host, uint16_t port, struct rill_socket_place *place)
{
	memset(&place->in6, 0, sizeof place->in6);
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &place->in.sin_addr) == 1) {
		place->in.sin_family = AF_INET;
		place->in.sin_port = port;
		place->size = sizeof place->in;
		return true;
	}
	memset(&place->in6, 0, sizeof place->in6);
	place->in6.sin6_family = AF_INET6;
	place->in6.sin6_port = port;
	place->size = sizeof place->in6;
	return inet_pton(AF_INET6, host, &place->in6.sin6_addr) == 1;
}

static bool is_loopback(const struct rill_socket_place *place)
{
	if (place->any.sa_family == AF_INET)
		return ntohl(place->in.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&place->in6.sin6_addr);
}

static int parse_tcp(const struct rill_socket_options *o, struct rill_socket_place *place)
{
	const char *colon = strrchr(o->place, ':');
	const char *begin = o->place, *end = colon;
	char host[INET6_ADDRSTRLEN] = "127.0.0.1";
	uint16_t port;

	if (!colon && !o->listen)
		return bad_address(o);
	if (colon) {
		if (*begin == '[' && end > begin && end[-1] == ']') {
			begin++;
			end--;
		}
		if ((size_t)(end - begin) >= sizeof host || end == begin)
			return bad_address(o);
		memcpy(host, begin, (size_t)(end - begin));
		host[end - begin] = '\0';
	}
	if (!parse_port(colon ? colon + 1 : o->place, o->listen, &port) || !parse_host(host, port, place))
		return bad_address(o);
	if (o->listen && !o->exposed && !is_loopback(place))
		return rill_fail(EACCES, "tcp-listen:%s would let every machine that reaches this one read the trace: listen at "
				 "127.0.0.1, or say ?exposed if that is meant", o->place);
	return 0;
}

static int parse_unix(const struct rill_socket_options *o, struct rill_socket_place *place)
{
	/* A path that begins elsewhere would mean another place after a chdir, when the peer comes back. */
	if (o->place[0] != '/')
		return rill_fail(EINVAL, "%s%s: the path of the socket must begin with /", rill_socket_scheme(o), o->place);
	if (strlen(o->place) >= sizeof place->un.sun_path)
		return rill_fail(ENAMETOOLONG, "the path of the socket is too long: %s (%zu bytes are possible)", o->place,
				 sizeof place->un.sun_path - 1);
	memset(&place->un, 0, sizeof place->un);
	place->un.sun_family = AF_UNIX;
	strcpy(place->un.sun_path, o->place);
	place->size = sizeof place->un;
	return 0;
}

int rill_socket_parse(const struct rill_socket_options *o, struct rill_socket_place *place)
{
	place->tcp = o->tcp;
	return o->tcp ? parse_tcp(o, place) : parse_unix(o, place);
}

void rill_socket_text(const struct rill_socket_place *place, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (!place->tcp) {
		snprintf(text, size, "%s", place->un.sun_path);
	} else if (place->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &place->in.sin_addr, host, sizeof host);
		snprintf(text, size, "%s:%u", host, ntohs(place->in.sin_port));
	} else {
		inet_ntop(AF_INET6, &place->in6.sin6_addr, host, sizeof host);
		snprintf(text, size, "[%s]:%u", host, ntohs(place->in6.sin6_port));
	}
}

/* ---- connecting ----------------------------------------------------------------------------------- */

int rill_socket_connect(const struct rill_socket_place *place)
{
	const int fd = socket(place->any.sa_family, SOCKET_TYPE, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (connect(fd, &place->any, place->size) == 0 || errno == EINPROGRESS)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int rill_socket_connected(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	return -error;
}

void rill_socket_set(int fd, bool tcp)
{
	static const struct {
		int level, name, value;
	} settings[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 10 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, SILENT_MAX_MS },
	};

	/* A kernel that knows one of them not still serves the peer, only less well. */
	for (unsigned i = 0; tcp && i < sizeof settings / sizeof *settings; i++)
		setsockopt(fd, settings[i].level, settings[i].name, &settings[i].value, sizeof settings[i].value);
}

/* ---- listening ------------------------------------------------------------------------------------ */

/* A socket file at which nobody listens. */
static bool is_stale(const struct rill_socket_place *place)
{
	struct stat stat;
	int fd;

	if (lstat(place->un.sun_path, &stat) < 0 || !S_ISSOCK(stat.st_mode) || stat.st_uid != geteuid())
		return false;
	fd = rill_socket_connect(place);
	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

static int explain(const struct rill_socket_options *o, int error)
{
	if (error == EADDRINUSE)
		return rill_fail(error, "%s%s is taken: %s", rill_socket_scheme(o), o->place, o->tcp ?
				 "another program listens there, so give another port" :
				 "something of that name is there already, so give another path");
	return rill_fail(error, "cannot listen at %s%s: %s", rill_socket_scheme(o), o->place, strerror(error));
}

static int bind_unix(const struct rill_socket_options *o, int fd, const struct rill_socket_place *place)
{
	/* The file gets the permissions that the socket has, so there is no moment in which it has others. */
	if (fchmod(fd, o->mode ? o->mode : 0600) < 0)
		return -errno;
	if (bind(fd, &place->any, place->size) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (!is_stale(place) || unlink(place->un.sun_path) < 0)
		return -EADDRINUSE;
	return bind(fd, &place->any, place->size) < 0 ? -errno : 0;
}

static int bind_tcp(int fd, struct rill_socket_place *place)
{
	const int yes = 1;

	/* Else a restarted program would find its port taken for a minute. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, &place->any, place->size) < 0 || getsockname(fd, &place->any, &place->size) < 0)
		return -errno;
	return 0;
}

int rill_socket_listen(const struct rill_socket_options *o, struct rill_socket_place *place)
{
	const int fd = socket(place->any.sa_family, SOCKET_TYPE, 0);
	int error;

	if (fd < 0)
		return explain(o, errno);
	error = o->tcp ? bind_tcp(fd, place) : bind_unix(o, fd, place);
	if (!error && listen(fd, WAITING_PEERS_MAX) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return explain(o, -error);
}
