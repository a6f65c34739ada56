/* SPDX-License-Identifier: MIT
 * tool_merge_help.h - traces of several boards in files of a folder of the test's own, for the tests of
 * `rill merge`.
 */
#ifndef RILL_TESTS_TOOL_MERGE_HELP_H
#define RILL_TESTS_TOOL_MERGE_HELP_H

#include "tests/folder_help.h"
#include "tests/tool_trace_help.h"

#include <inttypes.h>

static char merge_folder[] = "/tmp/rill-merge-XXXXXX";

#define MERGE_BOOT "11111111-2222-3333-4444-555555555555"
#define MERGE_OTHER_BOOT "99999999-2222-3333-4444-555555555555"

static inline void merge_begin_folder(void)
{
	if (!mkdtemp(merge_folder) || chdir(merge_folder) != 0)
		abort();
}

static inline bool merge_end_folder(void)
{
	return chdir("/") == 0 && remove_folder(merge_folder);
}

static inline void merge_save(const char *name, const void *bytes, size_t size)
{
	FILE *const file = fopen(name, "wb");

	if (!file || (size && fwrite(bytes, size, 1, file) != 1) || fclose(file) != 0)
		abort();
}

static inline void merge_text(const char *name, const char *text)
{
	merge_save(name, text, strlen(text));
}

/* A new tape of process 4711 on the machine that was started as boot_id says; NULL: not said. */
static inline void merge_board(uint64_t identity, uint64_t start_ns, const char *boot_id)
{
	char args[80];

	help_origin.identity = identity;
	help_origin.start_ns = start_ns;
	help_begin(512, RILL_PACKET_MAX, 0);
	if (!boot_id)
		return;
	snprintf(args, sizeof args, "{\"name\":\"%s\"}", boot_id);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, "boot_id", args), 0);
}

static inline void merge_pair(const char *name, const char *args)
{
	if (rill_packet_metadata(&writer, name, args) == 0)
		return;
	help_send(0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, name, args), 0);
}

static inline void merge_snapshot(uint64_t ns, uint64_t realtime_ns, uint64_t uncertainty_ns)
{
	const struct rill_packet_snapshot s = { .monotonic_ns = ns,
						.realtime_ns = realtime_ns,
						.uncertainty_ns = uncertainty_ns };

	if (rill_packet_snapshot(&writer, &s) == 0)
		return;
	help_send(0);
	CU_ASSERT_EQUAL(rill_packet_snapshot(&writer, &s), 0);
}

/* issue_us 0: of the receiver. */
static inline void merge_mark(uint64_t ns, const char *id, int64_t issue_us)
{
	const struct rill_event e =
		EVENT('c', .ts_ns = ns, .category = "__metadata", .name = "clock_sync", .site = 77,
		      .args = (const struct rill_value[]){ { .name = "sync_id",
							     .type = RILL_TYPE_COPY,
							     .text = id,
							     .size = (uint32_t)strlen(id) },
							   INT("issue_ts", issue_us) },
		      .nargs = issue_us ? 2 : 1);

	CU_ASSERT_EQUAL(help_event(&e), 0);
}

static inline void merge_keep(const char *name)
{
	help_send(RILL_PACKET_LAST);
	merge_save(name, tape.bytes, tape.size);
}

#define MERGE(...)                                                                            \
	tool_run(&rill_verb_merge, (const char *const[]){ __VA_ARGS__, "-o", "-", NULL }, "", 0)

/* Whether the piece is in the text, and shows both if not. */
static inline bool merge_has(const char *text, const char *piece)
{
	const bool there = strstr(text, piece) != NULL;

	if (!there)
		printf("\n'%s' is not in: %.2000s", piece, text);
	return there;
}
#define HAS(text, piece) CU_ASSERT_TRUE(merge_has(text, piece))

/* The time of the instant that trace_instant() wrote with this number, in text; -1: it is not there. */
static inline int64_t merge_time_of(const char *text, int64_t number)
{
	char wanted[40];
	const char *at, *line;
	int64_t s;
	unsigned ns;

	snprintf(wanted, sizeof wanted, " n=%" PRId64 "\n", number);
	at = strstr(text, wanted);
	if (!at)
		return -1;
	for (line = at; line > text && line[-1] != '\n'; line--)
		;
	if (sscanf(line, " %" SCNd64 ".%9u", &s, &ns) != 2)
		return -1;
	return s * 1000000000 + ns;
}

#endif
