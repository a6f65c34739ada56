/* SPDX-License-Identifier: MIT
 * input.h - where the bytes of a trace come from: a file, standard input, a serial line, a socket.
 *
 *     FILE  -  DEVICE  tcp:HOST:PORT  unix:PATH
 *
 * Bytes may be looked at before they are read, so that their kind can be told from them.
 */
#ifndef RILL_TOOL_INPUT_H
#define RILL_TOOL_INPUT_H

#include "progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { RILL_INPUT_BAUD = 115200, RILL_INPUT_TICK_MS = 200 };

enum rill_input_place {
	RILL_INPUT_FILE, /* whatever its name opens, pipes too */
	RILL_INPUT_SERIAL,
	RILL_INPUT_TCP,
	RILL_INPUT_UNIX
};

/* What a ring file in disk mode was left by. */
enum rill_input_after {
	RILL_AFTER_ANY, /* by the boot id: a power cut, unless this machine has been running since */
	RILL_AFTER_KILL,
	RILL_AFTER_POWER_CUT
};

struct rill_input_options {
	uint32_t baud; /* of a serial line; 0: RILL_INPUT_BAUD */
	bool live;     /* Ctrl-C ends it */
	bool listen;   /* sockets: take the first who connects */
	bool wait;     /* until it is there, and again when it has gone */
	bool follow;   /* regular files: wait for what will be appended */
	bool rings;    /* it is taken for a ring file, and for nothing else */
	int fd;        /* is read, and closed, whatever the name says; 0: the name is opened */
	enum rill_input_after after;
};

struct rill_input {
	const char *name;
	struct rill_input_options options;
	enum rill_input_place place;
	int fd, listener; /* -1: none */
	struct stat st;
	uint64_t size;    /* 0: unknown */
	uint64_t bytes;   /* read so far */
	struct rill_progress progress;
	void (*tick)(void *ctx); /* live: called about every RILL_INPUT_TICK_MS; may be NULL */
	void *tick_ctx;
	uint64_t next_tick_ms;
	const bool *give_up; /* when this is true, nothing more is wanted; NULL: never */
	uint8_t *head; /* looked at, and not read yet: head[head_at .. head_end) */
	size_t head_at, head_end, head_room;
};

/* 0, or an exit code after a message with cause and remedy. options may be NULL. */
int rill_input_open(struct rill_input *input, const char *name,
		    const struct rill_input_options *options);

/* Up to size bytes; 0 at the end, or when a stop was asked for; negative errno. */
ssize_t rill_input_read(struct rill_input *input, void *bytes, size_t size);

/* Bytes in front of what will be read next: waits until there are so many, or no more will come.
 * More than wanted may be there. */
size_t rill_input_look(struct rill_input *input, size_t wanted, const uint8_t **bytes);

void rill_input_close(struct rill_input *input);

/* address.c: a socket that is connected, or listens. -1 after a message, but for what waiting can
 * mend when quiet. */
int rill_address_connect(const char *name, bool quiet);
int rill_address_listen(const char *name);
/* False: the name is no address of this form; then a message was said. */
bool rill_address_check(const char *name);

#endif
