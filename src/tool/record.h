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
	uint64_t flight;    /* bytes of each thread; 0: a stream */
	char *triggers;     /* NULL: none given */
	uint64_t snapshot_signal; /* 0: none given */
	char *ring_folder;  /* of this run */
	bool slices, strict, quiet;
	const char *name; /* of the program, as given */
	char *program;    /* the file that will run */
};

/* The checks before the start: each 0, or an exit code after a message. */
int rill_record_check_output(struct rill_record *record);
int rill_record_check_program(struct rill_record *record);

/* record_flight.c. Makes the folder; false: after a message. */
bool rill_record_flight_folder(struct rill_record *record);
/* What the program is told by RILL_FILE (where snapshots go), in RILL_OPTIONS and by RILL_BUFFER (0: nothing). Texts are freed by the
 * caller. */
char *rill_record_flight_snapshots(const struct rill_record *record);
char *rill_record_flight_options(const struct rill_record *record);
uint64_t rill_record_flight_buffer(const struct rill_record *record);
/* Writes the traces, removes the folder, says what there is. pid: the program's. */
void rill_record_flight_end(const struct rill_record *record, const struct rill_outcome *outcome, uint64_t pid);

/* A path as short as it can be typed here. */
const char *rill_record_near_path(const char *path);

/* The closing lines. Returns how many events were lost. */
uint64_t rill_record_say_outcome(const struct rill_record *record,
				 const struct rill_outcome *outcome);

/* Why there are no events. */
void rill_record_say_why_nothing(const struct rill_record *record,
				 const struct rill_outcome *outcome);

#endif
