/* SPDX-License-Identifier: MIT
 * relay.h - a trace for viewers that speak LTTng's live protocol (version 2.4), as babeltrace2 and Trace Compass do.
 *
 *     relay.c         the verb: a source of events, and the folder that they are written into
 *     relay_serve.c   a thread that takes viewers
 *     relay_answer.c  what one of them asks for, and what he gets
 *
 * Each viewer has a place of his own in each file of the folder; nothing is kept for him but that.
 */
#ifndef RILL_TOOL_RELAY_H
#define RILL_TOOL_RELAY_H

#include "ctf_growth.h"

/* What viewers are shown. */
struct rill_relay_trace {
	int folder;		/* descriptor of the CTF folder */
	struct rill_ctf_growth *growth;
	bool from_now;		/* who asks to begin with what comes now gets that; else he gets all */
};

enum { RILL_RELAY_HEAD = 16, RILL_RELAY_REQUEST_MAX = 64 };

struct rill_relay_viewer {
	bool attached, served; /* served: he has had all of a trace that is over */
	uint32_t files;        /* that he knows */
	uint64_t metadata_at;
	struct {
		uint64_t at, told_ns;
	} stream[RILL_CTF_FILES_MAX];
};

struct rill_relay_reply {
	uint8_t *bytes;
	size_t used, room;
};

/* Bytes of the request that begins so, head and all; 0: it is none. */
size_t rill_relay_request_size(const uint8_t head[RILL_RELAY_HEAD]);
enum rill_relay_answered {
	RILL_RELAY_ANSWERED,
	RILL_RELAY_LATER,   /* nothing is there yet: ask again */
	RILL_RELAY_NONSENSE /* it is not understood, and no answer is due */
};

/* Adds the answer. */
enum rill_relay_answered rill_relay_answer(const struct rill_relay_trace *trace, struct rill_relay_viewer *viewer, const uint8_t *request,
					   size_t size, struct rill_relay_reply *reply);

struct rill_relay_server;

/* Takes viewers at fd, which listens, in a thread; trace must live as long. NULL after a message. */
struct rill_relay_server *rill_relay_serve(int fd, const struct rill_relay_trace *trace);
/* Viewers that are there, and those that have had all. */
void rill_relay_count(struct rill_relay_server *server, unsigned *there, unsigned *served);
/* Hangs up. */
void rill_relay_end(struct rill_relay_server *server);

#endif
