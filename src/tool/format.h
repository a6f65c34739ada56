/* SPDX-License-Identifier: MIT
 * format.h - the table of formats that the tool writes, by name and by extension.
 *
 * A format takes the stream that intake.h hands on. To add one: a file to_NAME.c with a struct
 * rill_output_format, and a line in format.c.
 */
#ifndef RILL_TOOL_FORMAT_H
#define RILL_TOOL_FORMAT_H

#include "format/codec.h"
#include "intake.h"
#include "output.h"

struct rill_ctf_growth;

struct rill_format_options {
	const char *path;         /* where to write; "-": standard output */
	const struct stat *input; /* must not be written over; NULL: none */
	/* rill: differs from 0 where not all of the input is taken, and from any other part's */
	uint64_t salt;
	bool console; /* text: shows what a console wrote between the frames */
	bool live;    /* Ctrl-C is the usual end of the input */
	bool slices;  /* json: complete events instead of begins and ends */
	/* rill: how packets are compressed; not given: plain, and those of the input as they are */
	bool compress_given;
	enum rill_codec_method compress;
	/* ctf: is kept up to date, for who reads the folder meanwhile; NULL: nobody does */
	struct rill_ctf_growth *growth;
};

/* What any format's state begins with. */
struct rill_written {
	uint64_t events;
	bool broken; /* the output takes no more: to read on is no use */
};

struct rill_output_format {
	const char *name;       /* as --to has it */
	const char *extensions; /* ".a.b." stands for .a and .b */
	/* The state, or NULL with *code set after a message. */
	void *(*open)(const struct rill_format_options *options, int *code);
	struct rill_intake_ops ops; /* ctx is the state */
	void (*flush)(void *state); /* what has come is to be seen now; NULL: it is told at the end */
	/* Ends the output, and frees the state. keep false: nothing usable is in it. 0, or an exit
	 * code after a message. */
	int (*close)(void *state, bool keep);
};

extern const struct rill_output_format rill_format_ctf, rill_format_rill, rill_format_json, rill_format_text,
	rill_format_folded, rill_format_perfetto;

/* For formats that write one file: opens it, and makes the state of size bytes, which begins with
 * struct rill_written and has its struct rill_output at output_at. NULL with *code set after a
 * message. */
void *rill_format_open(const struct rill_format_options *options, size_t size, size_t output_at,
		       int *code);

/* NULL: there is none. */
const struct rill_output_format *rill_format_by_name(const char *name);
const struct rill_output_format *rill_format_by_path(const char *path);
bool rill_format_has_extension(const char *path);
/* "rill, json, text or folded". Freed by the caller. */
char *rill_format_names(void);

#endif
