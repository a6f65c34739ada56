/* SPDX-License-Identifier: MIT
 * record.h - what the parts of `rill record` share.
 */
#ifndef RILL_TOOL_RECORD_H
#define RILL_TOOL_RECORD_H

#include "outcome.h"

struct rill_record {
	char *filter;       /* NULL: none given */
	const char *events; /* event names, NULL: all */
	const char *output; /* pattern as given; NULL: the default */
	char *pattern;      /* absolute, or an address */
	bool addressed;     /* the output is no file: a line, a socket, ... */
	uint64_t buffer;    /* 0: the program's own */
	uint64_t flush_ms;  /* 0: the program's own */
	bool slices, strict, quiet;
	const char *name; /* of the program, as given */
	char *program;    /* the file that will run */
};

/* The checks before the start: each 0, or an exit code after a message. */
int rill_record_check_output(struct rill_record *record);
int rill_record_check_program(struct rill_record *record);

/* The closing lines. Returns how many events were lost. */
uint64_t rill_record_say_outcome(const struct rill_record *record,
				 const struct rill_outcome *outcome);

/* Why there are no events. */
void rill_record_say_why_nothing(const struct rill_record *record,
				 const struct rill_outcome *outcome);

#endif
