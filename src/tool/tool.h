/* SPDX-License-Identifier: MIT
 * tool.h - what the verbs of the program `rill` share: the table of verbs, exit codes, messages.
 *
 * Each verb has a file of its own (record.c, list.c, ...) that holds its options, its help text
 * and its entry. Everything goes to stdout but messages, which go to stderr as one line each,
 * "rill: " in front.
 */
#ifndef RILL_TOOL_TOOL_H
#define RILL_TOOL_TOOL_H

#include <stddef.h>

enum rill_exit {
	RILL_EXIT_OK = 0,
	RILL_EXIT_FAILED = 1, /* what was asked for could not be done */
	RILL_EXIT_USAGE = 2,  /* it was not asked for in a way that makes sense */
	RILL_EXIT_LOST = 3,   /* record --strict: events were lost */
	RILL_EXIT_NOT_STARTED = 126,
	RILL_EXIT_NOT_FOUND = 127,
	RILL_EXIT_SIGNAL = 128 /* plus the signal that ended the program */
};

/* value NULL: a switch; else what the help calls its value. id is what take() of the verb
 * receives. */
struct rill_option {
	int id; /* the letter, or a number above 255 for an option with a long name only */
	const char *name;
	const char *value;
};

struct rill_verb {
	const char *name;
	const char *summary;               /* half a line for `rill help` */
	const char *help;                  /* the whole of `rill help VERB` */
	const struct rill_option *options; /* ends with an id of 0; NULL: none */
	/* Returns 0, or an exit code after its message. */
	int (*take)(void *ctx, int id, const char *value);
	int (*run)(const struct rill_verb *verb, int argc, char **argv);
	int operands_first; /* 1: the first operand ends the options (record's PROGRAM) */
};

extern const struct rill_verb rill_verb_record, rill_verb_list, rill_verb_report, rill_verb_extract, rill_verb_convert, rill_verb_cut,
	rill_verb_merge, rill_verb_check, rill_verb_pull, rill_verb_tail, rill_verb_forward, rill_verb_doctor,
	rill_verb_snapshot, rill_verb_ps, rill_verb_status, rill_verb_events, rill_verb_start, rill_verb_stop, rill_verb_flush, rill_verb_enable,
	rill_verb_disable, rill_verb_top, rill_verb_relay;

/* Hands each option in argv[0 .. *argc) to verb->take and leaves the operands, in order. Returns
 * -1 to go on, or the exit code: 0 after --help, RILL_EXIT_USAGE after a message. */
int rill_options(const struct rill_verb *verb, void *ctx, int *argc, char **argv);

/* One line on stderr. Control characters in it (of file and program names) are shown as escapes. */
void rill_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* rill_say() with the verb in front and the way to its help behind; returns RILL_EXIT_USAGE. */
int rill_usage(const struct rill_verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Flushes stdout. Returns code, or RILL_EXIT_FAILED after a message when not all of the output
 * could be written. */
int rill_finish_output(int code);

/* malloc and friends that end the program with a message: a command-line tool has nothing to
 * save. */
void *rill_alloc(size_t count, size_t size);
void *rill_grow(void *old, size_t count, size_t size);
char *rill_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
