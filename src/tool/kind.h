/* SPDX-License-Identifier: MIT
 * kind.h - what an input is, by its first bytes.
 */
#ifndef RILL_TOOL_KIND_H
#define RILL_TOOL_KIND_H

#include "intake.h"

/* Looks at as much of the input as it takes. 0, or an exit code after a message: it is none that
 * can be read. */
int rill_kind_find(struct rill_input *input, enum rill_intake_kind *kind);

#endif
