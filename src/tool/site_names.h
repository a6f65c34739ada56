/* SPDX-License-Identifier: MIT
 * site_names.h - names for the events of programs that were compiled with -DRILL_STRIP_NAMES: their traces have
 * "site:NUMBER@OBJECT" instead, and the object's file has the names.
 *
 * The files are those that --exe names, and debug files where debuggers look for them, by build id. What is not found keeps
 * the name that it has: nothing is lost, and the names can be had later from the same trace.
 */
#ifndef RILL_TOOL_SITE_NAMES_H
#define RILL_TOOL_SITE_NAMES_H

#include "tool.h"

#include <rill/subscriber.h>
#include <stdbool.h>

/* For the table of a verb's options, its help, and its take(). */
enum { RILL_EXE = 1000 };
#define RILL_EXE_OPTION                                                                            \
	{                                                                                          \
		RILL_EXE, "exe", "PROGRAM"                                                         \
	}
#define RILL_EXE_HELP                                                                              \
	"      --exe PROGRAM    the file that a traced program was linked to, or its debug file, for the names of events that\n" \
	"                       were compiled with -DRILL_STRIP_NAMES; also of libraries; may be given several times\n"
int rill_names_exe(const struct rill_verb *verb, const char *path);

/* Was --exe given? */
bool rill_names_given(void);

enum { RILL_NAMED_ARGS_MAX = 32 };
struct rill_named_event {
	struct rill_event event;
	struct rill_value args[RILL_NAMED_ARGS_MAX];
};
/* The event, or *named: the same with the names of its call site, as far as they are known. They live until the program ends. */
const struct rill_event *rill_names_event(const struct rill_event *event, struct rill_named_event *named);

/* One line for each object whose names were not found. */
void rill_names_say(void);

#endif
