/* SPDX-License-Identifier: MIT
 * transfer.h - from an input to an output in some format: what convert, cut, pull and tail have in
 * common.
 */
#ifndef RILL_TOOL_TRANSFER_H
#define RILL_TOOL_TRANSFER_H

#include "format.h"
#include "sieve.h"
#include "site_names.h"
#include "tool.h"

struct rill_transfer {
	const char *in, *out; /* as given; out "-": standard output */
	struct rill_input_options input_options;
	const struct rill_output_format *format;
	/* What is taken; all zero: everything. */
	struct rill_moment from, to;
	struct rill_filter *filter; /* freed by rill_transfer_run() */
	bool console;               /* text: see format.h */
	bool slices;                /* json: likewise */
	bool compress_given;        /* rill: likewise */
	enum rill_codec_method compress;
	struct rill_ctf_growth *growth; /* ctf: likewise */
	bool quiet;                 /* says nothing when all went well */
	const struct rill_verb *verb; /* for rill_transfer_take_option(): whose options */
	const char *format_name;      /* --to */

	struct rill_input input;
	struct rill_intake_result result;
	const struct rill_written *written; /* while it runs */
	void *state;
	struct rill_sieve *sieve;
	struct rill_written at_end;
};

/* The format that --to names (NULL: none given), or out's extension. 0, or RILL_EXIT_USAGE after a
 * message. */
int rill_transfer_format(const struct rill_verb *verb, struct rill_transfer *transfer,
			 const char *to);
/* --compress. Likewise; what it was given for is looked at by rill_transfer_format(). */
int rill_transfer_compress(const struct rill_verb *verb, struct rill_transfer *transfer,
			   const char *how);

/* -o, --to, --slices, --compress, --exe and -q, and who takes them: ctx is a struct rill_transfer. */
enum { RILL_TRANSFER_TO = 256, RILL_TRANSFER_SLICES, RILL_TRANSFER_COMPRESS, RILL_TRANSFER_OTHER };
#define RILL_TRANSFER_OPTIONS                                                                   \
	{ 'o', "output", "OUT" }, { RILL_TRANSFER_TO, "to", "FORMAT" },                         \
		{ RILL_TRANSFER_SLICES, "slices", NULL },                                       \
		{ RILL_TRANSFER_COMPRESS, "compress", "HOW" }, RILL_EXE_OPTION, { 'q', "quiet", NULL }
int rill_transfer_take_option(void *ctx, int id, const char *value);

/* Opens both sides. 0, or an exit code after a message. */
int rill_transfer_open(struct rill_transfer *transfer);
/* Reads to the end, and closes both. What was missing or damaged has been said then. */
int rill_transfer_run(struct rill_transfer *transfer);

/* say.c: one line for each thing that is missing, damaged or left out. Returns how many. */
unsigned rill_say_faults(const char *name, const struct rill_intake_result *result);

#endif
