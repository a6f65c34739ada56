/* SPDX-License-Identifier: MIT
 * outcome.h - what became of a recording, as the traced processes told in RILL_STATUS_FILE.
 *
 * Lines: `start pid=P sites=N categories=N file=PATH`, `stop pid=P events=N lost=N ... need=N
 * file=PATH`, `stopped pid=P events=N`, `category NAME`, `error pid=P text=...`. A process that was
 * killed has no stop line: its events are counted in its file.
 */
#ifndef RILL_TOOL_OUTCOME_H
#define RILL_TOOL_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct rill_traced {
	uint64_t pid, sites, categories;
	uint64_t events, lost, threads, bytes, segments;
	uint64_t buffer, need; /* ring of a thread: as it was, and as it should have been */
	uint64_t full, big, deep, no_ring, stopped, sink, subscriber; /* lost, by cause */
	uint64_t late;  /* of those, what was told behind the stop line */
	char *file;
	bool ended;   /* there was a stop line */
	bool counted; /* there was none, and the events were counted in the file */
};

struct rill_outcome {
	struct rill_traced *processes;
	size_t process_count;
	char **groups; /* category groups, of a process that recorded nothing */
	size_t group_count;
	char **errors;
	size_t error_count;
};

void rill_outcome_read(struct rill_outcome *outcome, const char *path);
void rill_outcome_free(struct rill_outcome *outcome);

/* Takes sizes from the files, and counts events, losses and threads in those of processes without
 * a stop line: in all files that the pattern names by ${rotation}, except those from before
 * `since`, which are another run's. */
void rill_outcome_look_at_files(struct rill_outcome *outcome, const char *pattern,
				const struct timespec *since);

#endif
