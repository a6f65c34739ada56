/* SPDX-License-Identifier: MIT
 * child.h - runs the traced program, hands signals on to it and waits for its end.
 */
#ifndef RILL_TOOL_CHILD_H
#define RILL_TOOL_CHILD_H

/* Runs path with argv and the present environment. Returns its wait status, or -errno when it
 * could not be started; *pid is its pid. */
int rill_child_run(const char *path, char **argv, long *pid);

#endif
