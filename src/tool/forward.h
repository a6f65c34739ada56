/* SPDX-License-Identifier: MIT
 * forward.h - what the parts of `rill forward` share.
 *
 *     main thread                                      writer thread
 *     forward_source.c: listens                        forward_out.c: one packet of each source
 *     forward_take.c: takes whole                      in turn, to a sink of the library's
 *     packets, queues them by source    --- lock --->  (paced, with a peer or line that may come back)
 *
 * forward_stream.c and forward_defined.c are the books of what goes out. When the queue of a source is
 * full its oldest packet is dropped: what is new, and what ends a stream, arrives.
 */
#ifndef RILL_TOOL_FORWARD_H
#define RILL_TOOL_FORWARD_H

#include "forward_stream.h"
#include "tool.h"

#include <poll.h>
#include <pthread.h>
#include <rill/sink.h>
#include <sys/types.h>

enum {
	RILL_FORWARD_QUEUE_BYTES = 64 << 10,
	RILL_FORWARD_SOURCES = 80, /* listeners, files and clients at the same time */
	RILL_FORWARD_STOP_MS = 1400
};

enum rill_forward_kind {
	RILL_FORWARD_LISTENER,
	RILL_FORWARD_CLIENT,
	RILL_FORWARD_FIFO, /* writers come and go */
	RILL_FORWARD_FILE
};

struct rill_forward_source {
	struct rill_forward_source *next;
	enum rill_forward_kind kind;
	char *name;
	int fd; /* -1: no more comes */
	bool tcp;
	char *path; /* of a socket file that we made */
	dev_t device;
	ino_t inode;
	uint8_t *buffer; /* what came and is no whole packet yet: buffer[begin .. end) */
	size_t begin, end, room;
	uint64_t skipped; /* bytes that are no packets */

	/* under the lock */
	struct rill_forward_packet *first, **last;
	size_t queued_bytes;
	unsigned queued;
};

struct rill_forward {
	const char *output;
	uint32_t baud;
	const char *group;
	uint64_t queue_bytes;
	bool quiet;
	bool only_files; /* no source is a program that goes on */
	bool torn;       /* a file was not packets to its end */

	pthread_mutex_t lock;
	pthread_cond_t wake; /* of the writer */
	struct rill_forward_source *sources; /* the list is changed under the lock */
	struct rill_forward_source *turn;    /* whose packet was last; NULL: nobody's */
	struct rill_forward_streams streams;
	bool ending;          /* no more packets come */
	uint64_t deadline_ns; /* when all must be out; 0: whenever */
	int broken;           /* the output is gone for good: a positive errno */

	/* the writer's */
	struct rill_sink sink;
	bool line, file;
	bool begun;   /* the present reader has had its first piece */
	int said;     /* the error that was told last */
	struct rill_forward_out out;
};

/* ---- forward_source.c: main thread ---------------------------------------------------------- */

/* 0, or an exit code after a message. */
int rill_forward_source_open(struct rill_forward *f, const char *name);
/* Somebody connects. */
void rill_forward_welcome(struct rill_forward *f, const struct rill_forward_source *listener);
/* Nothing more comes from it. */
void rill_forward_end(struct rill_forward_source *source);
/* No new clients. */
void rill_forward_stop_listening(struct rill_forward *f);
/* Takes no more from anybody: streams that have not ended are to be closed. */
void rill_forward_cut_all(struct rill_forward *f);
/* Those that have ended, and whose packets are out, are forgotten. */
void rill_forward_clean(struct rill_forward *f);
/* Is there anybody who may still send? */
bool rill_forward_expects(const struct rill_forward *f);
void rill_forward_sources_free(struct rill_forward *f);

/* ---- forward_take.c: main thread ------------------------------------------------------------ */

/* How many descriptors there are to wait for. */
nfds_t rill_forward_poll(struct rill_forward *f, struct pollfd *pollers);
/* Takes what they have. */
void rill_forward_take(struct rill_forward *f, const struct pollfd *pollers, nfds_t known);
/* The oldest packet in the queue of a source, which is not empty. To be freed. */
struct rill_forward_packet *rill_forward_unqueue(struct rill_forward_source *source);

/* ---- forward_out.c -------------------------------------------------------------------------- */

/* 0, or an exit code after a message. */
int rill_forward_open(struct rill_forward *f, const struct rill_verb *verb);
/* Until f->ending, and the end of all streams: what the thread runs. */
void *rill_forward_write(void *f);
uint64_t rill_forward_now_ns(void);

#endif
