/* SPDX-License-Identifier: MIT
 * progress.h - "42 %" on stderr while a long file is read, and only if somebody sits there.
 */
#ifndef RILL_TOOL_PROGRESS_H
#define RILL_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct rill_progress {
	const char *what;
	uint64_t total; /* bytes; 0: unknown */
	uint64_t next_ms;
	bool shown, terminal;
};

/* Nothing is shown unless stderr is a terminal, nor in the first half second. */
void rill_progress_begin(struct rill_progress *progress, const char *what, uint64_t total);
void rill_progress_at(struct rill_progress *progress, uint64_t bytes);
/* Takes the line away again. */
void rill_progress_end(struct rill_progress *progress);

#endif
