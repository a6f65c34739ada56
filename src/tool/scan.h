/* SPDX-License-Identifier: MIT
 * scan.h - finds the end of one JSON value in text that arrives in pieces.
 *
 * It knows the structure (brackets, commas, colons, strings, what may follow what) and stops at
 * the first byte that cannot belong to the value: damage is noticed where it is, and not at the
 * end of the file. The spelling of numbers and the validity of UTF-8 are left to whoever parses
 * the value.
 */
#ifndef RILL_TOOL_SCAN_H
#define RILL_TOOL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RILL_SCAN_DEPTH_MAX = 64 };

enum rill_scan_state {
	RILL_SCAN_MORE, /* whole so far */
	RILL_SCAN_DONE,
	RILL_SCAN_BAD /* not JSON, or nested too deep */
};

struct rill_scan {
	uint64_t arrays; /* bit d: level d + 1 is an array, else an object */
	unsigned depth;
	unsigned char expect; /* what may come next, see scan.c */
	unsigned char mode;   /* inside a string, a word, or between */
	unsigned char escape; /* bytes of an escape still to come */
	bool key;             /* the string being read is a key */
	unsigned key_size;    /* bytes of it so far */
	char key_text[2];
	bool phase_next; /* the key "ph" of the outermost object was just read */
	bool phase;      /* and its value is a string: this is a trace event */
};

void rill_scan_begin(struct rill_scan *scan);

/* Takes bytes up to the end of the value and returns how many. A value that is no object, array
 * or string ends before the byte behind it, so at the end of a file it stays RILL_SCAN_MORE. */
size_t rill_scan(struct rill_scan *scan, const char *text, size_t size,
		 enum rill_scan_state *state);

#endif
