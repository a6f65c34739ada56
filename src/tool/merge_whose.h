/* SPDX-License-Identifier: MIT
 * merge_whose.h - who is who when traces are merged: machines, processes, ids.
 *
 *  - A machine is known by its boot id, or by --clock monotonic, which says that all are one.
 *  - A pid belongs to the machine that has it in the first input. On another machine the process
 *    gets another: the number of its input, seven digits of its pid (2 0004711).
 *  - Streams of one process that are parts of one trace (files of a rotation, what `rill cut` made,
 *    JSON of one process) become one stream again: a group.
 *  - Ids that are meant for one process or for all of them stay. Others are unique in their input
 *    only, and the upper 16 bits tell those of different inputs apart; but inputs with parts of one
 *    process share theirs.
 */
#ifndef RILL_TOOL_MERGE_WHOSE_H
#define RILL_TOOL_MERGE_WHOSE_H

#include "merge_clock.h"
#include "table.h"

struct rill_merge_whose {
	const struct rill_merge_clocks *clocks;
	uint32_t *machines;      /* of each clock: the first clock of the same machine */
	uint32_t *units;         /* of each input: the first input with the same ids */
	uint32_t **groups;       /* of each input's streams */
	uint32_t *members;       /* of each group: how many streams */
	uint32_t group_count;
	struct rill_table owners; /* machine + 1, by pid of the output */
	struct rill_table pids;   /* of the output, by {machine, pid} */
};

void rill_merge_whose_find(struct rill_merge_whose *whose, const struct rill_merge_clocks *clocks);
void rill_merge_whose_free(struct rill_merge_whose *whose);

uint32_t rill_merge_whose_pid(struct rill_merge_whose *whose, uint32_t input, uint32_t stream,
			      uint32_t pid);
/* To be xored with ids; 0: they stay. */
uint64_t rill_merge_whose_ids(const struct rill_merge_whose *whose, uint32_t input);

#endif
