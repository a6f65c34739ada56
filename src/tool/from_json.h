/* SPDX-License-Identifier: MIT
 * from_json.h - the parts that make events of JSON, shared by the files from_json*.c and by nobody
 * else.
 *
 *     from_json.c         what a text is, and to whom it is handed on
 *     from_json_event.c   the members of one event
 *     from_json_whose.c   processes, threads and call sites: what events share
 */
#ifndef RILL_TOOL_FROM_JSON_H
#define RILL_TOOL_FROM_JSON_H

#include "intake.h"
#include "table.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

enum {
	RILL_FROM_ARGS_MAX = 255,
	RILL_FROM_PROCESSES_MAX =
		200, /* further ones share the last one's stream, and keep their pid */
	RILL_FROM_THREADS_MAX = 65536, /* further ones keep their tid, and have no name */
	RILL_FROM_NAMES_BYTES_MAX = 16 << 20, /* of threads, all together */
	RILL_FROM_SITES_BYTES_MAX = 64 << 20
};

struct rill_from_process {
	struct rill_packet_stream known;
	struct rill_stats totals; /* of rill_summary, told at the end */
	bool has_totals;
};

struct rill_from_thread {
	struct rill_thread thread;
	char *name; /* NULL: none given */
};

/* What all events of one kind share: permanent texts. */
struct rill_from_site {
	uint32_t number;
	const char *category, *name;
	const char *args[];
};

struct rill_from_json {
	struct rill_packet_reader_ops ops;
	void *ctx;
	struct rill_intake_left_out *left_out;
	struct json_tokener *tokener;
	char *clean; /* the text, checked */
	size_t clean_room;

	struct rill_table process_table, thread_table, site_table;
	struct rill_from_process *processes[RILL_FROM_PROCESSES_MAX];
	unsigned process_count;
	uint32_t thread_count, site_count;
	size_t site_bytes, name_bytes;

	/* the present event; texts belong to `object` */
	struct json_object *object, *args;
	struct rill_event event;
	struct rill_value values[RILL_FROM_ARGS_MAX];
	int64_t pid, tid;
	bool has_tid, has_ts;
	uint64_t last_ns;
};

/* Fills from->event, pid, tid and args from from->object. False: it has no phase. */
bool rill_from_json_members(struct rill_from_json *from);

struct rill_from_process *rill_from_json_process(struct rill_from_json *from, int64_t pid);
/* NULL: too many. */
struct rill_from_thread *rill_from_json_thread(struct rill_from_json *from, int64_t pid,
					       int64_t tid);
/* Gives the event its number and permanent texts, as long as there is memory for them. */
void rill_from_json_site(struct rill_from_json *from);

/* Tells that a member of this name found no place. */
void rill_from_json_leave_out(struct rill_from_json *from, const char *name);

#endif
