/* SPDX-License-Identifier: MIT
 * sink_socket_open.h - from the text of a place to a socket that listens or is connected.
 */
#ifndef RILL_LINUX_SINK_SOCKET_OPEN_H
#define RILL_LINUX_SINK_SOCKET_OPEN_H

#include "port/port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct rill_socket_place {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t size;
	bool tcp;
};

/* Reads options->place. Addresses are numbers: a name server may take half a minute to answer, and the program
 * would wait for it. 0 or -errno with the sentence. */
int rill_socket_parse(const struct rill_socket_options *options, struct rill_socket_place *place);

/* What stands in front of the address in the name of an outlet: "tcp:", ... */
const char *rill_socket_scheme(const struct rill_socket_options *options);

/* A socket that listens, or -errno with the sentence. place gets the port that the kernel chose. A socket file that nobody listens
 * at any more is replaced. */
int rill_socket_listen(const struct rill_socket_options *options, struct rill_socket_place *place);
/* A socket that is connecting: poll says when it is done. -errno, no sentence. */
int rill_socket_connect(const struct rill_socket_place *place);
/* Of a socket that was connecting and that poll has named: 0, or -errno. */
int rill_socket_connected(int fd);

/* Sets a connected socket: packets go at once, and a peer that answers nothing for half a minute is gone. */
void rill_socket_set(int fd, bool tcp);

/* "127.0.0.1:7000", "[::1]:7000", a path. At most size - 1 bytes. */
void rill_socket_text(const struct rill_socket_place *place, char *text, size_t size);

#endif
