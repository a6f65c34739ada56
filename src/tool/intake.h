/* SPDX-License-Identifier: MIT
 * intake.h - the reading side of the tool: any trace, recognised by its content, as one stream of
 * events.
 *
 *     input.c -> intake.c -- rill packets, or frames with console text between -> packet_read.h
 *                         -- Chrome JSON -> reader.c -> from_json.c
 *                         -- a ring file -> image.h
 *                         -- a core file -> core.h -> image.h
 *             -> the functions of struct rill_intake_ops
 *
 * Whoever takes events takes them as struct rill_packet_reader_ops has them, whatever they were
 * read from. JSON has no streams: each process in it is one, with a definition, threads and totals
 * made of its metadata. Memory is bounded whatever the input.
 *
 * Ends of scopes are marked RILL_EVENT_BEGIN_LOST where their begin is missing in this input
 * (before it was joined, or in a stretch that was lost), so that all takers can show them as whole
 * slices.
 */
#ifndef RILL_TOOL_INTAKE_H
#define RILL_TOOL_INTAKE_H

#include "format/packet_read.h"
#include "image.h"
#include "reader.h"

enum rill_intake_kind {
	RILL_INTAKE_NOTHING, /* the input is empty, so far */
	RILL_INTAKE_PACKETS,
	RILL_INTAKE_FRAMES, /* packets on a line */
	RILL_INTAKE_JSON,
	RILL_INTAKE_IMAGE /* rings, of a ring file or a core file */
};

enum { RILL_INTAKE_NAMES = 8 };

/* Of JSON: what has no place in an event of rill's. */
struct rill_intake_left_out {
	uint64_t members;
	char names[RILL_INTAKE_NAMES][24]; /* the first few different ones; the rest is "" */
	uint64_t times; /* events without a usable time: at the time of the one before */
};

struct rill_intake_result {
	enum rill_intake_kind kind;
	struct rill_packet_reader_result packets; /* up to date while it runs */
	struct rill_reader_result json;
	struct rill_intake_left_out left_out;
	struct rill_image_result image;
	bool any; /* an event came */
	uint64_t first_ns, last_ns;
};

/* All may be NULL. */
struct rill_intake_ops {
	/* Before all others, when the kind is known. *so_far stays up to date. */
	void (*begin)(void *ctx, const struct rill_intake_result *so_far);
	struct rill_packet_reader_ops stream;
	/* JSON as it stands, instead of stream.*: see reader.h. Both or none. */
	bool (*json_event)(void *ctx, const char *text, size_t size);
	bool (*json_member)(void *ctx, const char *text, size_t size);
};

/* Reads the input to its end. Returns 0, or an exit code after a message that names cause and
 * remedy. */
int rill_intake_run(struct rill_input *input, const struct rill_intake_ops *ops, void *ctx,
		    struct rill_intake_result *result);

/* ---- from_json.c ---------------------------------------------------------------------------- */

struct rill_from_json;

struct rill_from_json *rill_from_json_new(const struct rill_packet_reader_ops *ops, void *ctx,
					  struct rill_intake_left_out *left_out);
/* Hands on what this event says. False: it is no event. */
bool rill_from_json_event(struct rill_from_json *from, const char *text, size_t size);
/* Another member of the object form: metadata of the first process. */
bool rill_from_json_member(struct rill_from_json *from, const char *text, size_t size);
/* No more follow. */
void rill_from_json_end(struct rill_from_json *from);
void rill_from_json_free(struct rill_from_json *from);

/* The event alone, without handing anything on; NULL: it is none, or metadata. Valid until the next
 * call. */
const struct rill_event *rill_from_json_look(struct rill_from_json *from, const char *text,
					     size_t size);

#endif
