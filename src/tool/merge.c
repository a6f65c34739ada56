/* SPDX-License-Identifier: MIT
 * merge.c - `rill merge`: traces of several processes or boards on one time line.
 *
 *     merge_look.c    each input is read once for what it says of its clocks and its order
 *     merge_clock.c   how the times of each become those of the first
 *     merge_source.c  each is read again, in order
 *     merge_out.c     the one that is due next goes to the output
 */
#include "codecs.h"
#include "merge_clock.h"
#include "merge_heads.h"
#include "merge_out.h"
#include "merge_source.h"
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill merge IN IN ... -o OUT [--clock CLOCK] [--offset FILE=NS] [--to FORMAT] [--global-ids]\n"
	"\n"
	"Puts traces of several processes, programs or boards on one time line, that of the first: rill packets and Chrome\n"
	"JSON (of rill, V8, Node, Chromium), also mixed. Says the offset of each to the first, how sure it is, and by what.\n"
	"Memory does not grow with the traces; inputs that are not in order are sorted in temporary files (TMPDIR).\n"
	"\n"
	"      --clock CLOCK    what joins the clocks; unless said, the surest that all inputs have:\n"
	"                       monotonic   one machine, one clock: times stay as they are\n"
	"                       sync        clock_sync marks with the same sync_id in both\n"
	"                       realtime    the machines' wall clocks, by the snapshots in the traces\n"
	"      --offset FILE=NS add so many nanoseconds to the times of FILE, whatever its clock says; repeatable\n"
	"      --global-ids     ids and flows mean the same in all inputs (unless said, each input has its own)\n"
	"  -o, --output OUT     the file to write; - is standard output; never an input\n"
	"      --to FORMAT      the output's format, whatever OUT is called: those of rill convert\n"
	"      --compress HOW   rill: compress each packet by itself, lz4 or zstd (smaller, slower); plain unless said\n"
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"Exit code: 0 done, 1 failed, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill merge server.rill worker.rill -o both.json\n"
	"  rill merge app.rill node_trace.1.log --clock monotonic -o all.json\n"
	"  rill merge board1.rill board2.rill --clock realtime -o boards.rill\n"
	"  rill merge a.json b.json --offset b.json=-1500000 -o ab.json\n";

enum { CLOCK = 256, OFFSET, GLOBAL_IDS, TO, COMPRESS, SORT_BYTES = 32 << 20, SORT_LEAST = 1 << 20 };

static const struct rill_option options[] = {
	{ CLOCK, "clock", "CLOCK" },
	{ OFFSET, "offset", "FILE=NS" },
	{ GLOBAL_IDS, "global-ids", NULL },
	{ 'o', "output", "OUT" },
	{ TO, "to", "FORMAT" },
	{ COMPRESS, "compress", "HOW" },
	{ 'q', "quiet", NULL },
	{ 0, NULL, NULL },
};

struct merge {
	struct rill_transfer transfer; /* its output, and what is said */
	const char *to;
	enum rill_merge_way way;
	bool global_ids;
	const char **offsets; /* as given */
	size_t offset_count;
	struct rill_merge_clocks clocks;
	struct rill_merge_whose whose;
	struct rill_merge_source **sources;
	struct rill_merge_record **records; /* the next one of each source */
	struct rill_merge_heads heads;
};

/* ---- options -------------------------------------------------------------------------------- */

static int take_clock(struct merge *m, const char *value)
{
	for (m->way = RILL_MERGE_MONOTONIC; m->way < RILL_MERGE_BY_HAND; m->way++)
		if (!strcmp(value, rill_merge_way_name(m->way)))
			return 0;
	return rill_usage(&rill_verb_merge,
			  "--clock %s: there is monotonic, realtime or sync", value);
}

static int take_option(void *ctx, int id, const char *value)
{
	struct merge *const m = ctx;

	switch (id) {
	case CLOCK: return take_clock(m, value);
	case OFFSET:
		m->offsets = rill_grow(m->offsets, m->offset_count + 1, sizeof *m->offsets);
		m->offsets[m->offset_count++] = value;
		return 0;
	case GLOBAL_IDS: m->global_ids = true; return 0;
	case TO: m->to = value; return 0;
	case COMPRESS: return rill_transfer_compress(&rill_verb_merge, &m->transfer, value);
	case 'o': m->transfer.out = value; return 0;
	default: m->transfer.quiet = true; return 0;
	}
}

/* FILE=NS; a name may hold '=' too. */
static int take_offset(struct merge *m, const char *text)
{
	const char *const equals = strrchr(text, '=');
	const size_t size = equals ? (size_t)(equals - text) : 0;
	bool found = false;
	char *end;
	long long ns;

	errno = 0;
	ns = equals ? strtoll(equals + 1, &end, 10) : 0;
	if (!equals || end == equals + 1 || *end || errno || ns > INT64_MAX / 4 || ns < INT64_MIN / 4)
		return rill_usage(&rill_verb_merge,
				  "--offset '%s': FILE=NS is wanted, such as b.rill=-1500000", text);
	for (size_t i = 0; i < m->clocks.input_count; i++) {
		struct rill_merge_input *const in = &m->clocks.inputs[i];

		if (strlen(in->look.path) != size || strncmp(in->look.path, text, size))
			continue;
		in->by_hand = found = true;
		in->offset_ns = ns;
	}
	return found ? 0
		     : rill_usage(&rill_verb_merge, "--offset '%s': none of the inputs is called %.*s",
				  text, (int)size, text);
}

static int check(const struct rill_verb *verb, struct merge *m, int argc, char **argv)
{
	int code;

	if (argc < 2)
		return rill_usage(verb,
				  "two inputs or more are wanted (rill merge IN IN -o OUT), %d %s given",
				  argc, argc == 1 ? "was" : "were");
	if (!m->transfer.out)
		return rill_usage(verb,
				  "the output is missing: -o FILE, or -o - for standard output");
	code = rill_transfer_format(verb, &m->transfer, m->to);
	m->clocks.input_count = (size_t)argc;
	m->clocks.inputs = rill_alloc((size_t)argc, sizeof *m->clocks.inputs);
	for (int i = 0; i < argc; i++)
		m->clocks.inputs[i].look.path = argv[i];
	for (size_t i = 0; i < m->offset_count && !code; i++)
		code = take_offset(m, m->offsets[i]);
	return code;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static int look_at(struct merge *m, size_t at)
{
	struct rill_look *const look = &m->clocks.inputs[at].look;
	int code = rill_look(look, look->path);

	for (size_t i = 0; i < at && !code; i++)
		if (is_same_file(&look->st, &m->clocks.inputs[i].look.st))
			code = rill_usage(&rill_verb_merge, "%s and %s are one file",
					  m->clocks.inputs[i].look.path, look->path);
	if (!code && look->result.kind == RILL_INTAKE_NOTHING)
		rill_say("%s is empty: nothing of it is in the output", look->path);
	return code;
}

/* Else the output's first bytes would be the input's last. */
static int check_output(const struct merge *m)
{
	struct stat st;

	if (!strcmp(m->transfer.out, "-") || stat(m->transfer.out, &st) < 0)
		return 0;
	for (size_t i = 0; i < m->clocks.input_count; i++)
		if (is_same_file(&st, &m->clocks.inputs[i].look.st)) {
			rill_say("%s is an input: give -o another name", m->transfer.out);
			return RILL_EXIT_USAGE;
		}
	return 0;
}

/* Other inputs make other streams, the same ones the same. */
static uint64_t salt_of(const struct merge *m)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < m->clocks.input_count; i++) {
		const struct rill_look *const look = &m->clocks.inputs[i].look;

		hash = (hash ^ look->stream_count) * UINT64_C(0x100000001b3);
		for (size_t j = 0; j < look->stream_count; j++)
			hash = (hash ^ look->streams[j]->origin.identity) *
			       UINT64_C(0x100000001b3);
	}
	return hash ? hash : 1;
}

/* ---- merging -------------------------------------------------------------------------------- */

static void read_next(struct merge *m, uint32_t input)
{
	m->records[input] = rill_merge_source_next(m->sources[input]);
}

static void open_sources(struct merge *m)
{
	const size_t count = m->clocks.input_count;
	size_t sorted = 0, share;

	m->sources = rill_alloc(count, sizeof *m->sources);
	m->records = rill_alloc(count, sizeof *m->records);
	for (uint32_t i = 0; i < count; i++)
		sorted += rill_merge_source_sorts(&m->clocks, i);
	share = sorted ? SORT_BYTES / sorted : SORT_BYTES;
	/* Those that are sorted first: each takes all of the processor until it is done. */
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < count; i++)
			if (rill_merge_source_sorts(&m->clocks, i) == !pass)
				m->sources[i] = rill_merge_source_open(
					&m->clocks, i, share > SORT_LEAST ? share : SORT_LEAST,
					share < SORT_LEAST);
	for (uint32_t i = 0; i < count; i++) {
		read_next(m, i);
		if (m->records[i])
			rill_merge_heads_put(&m->heads, m->records[i]->key, i);
	}
}

static int merge_all(struct merge *m, struct rill_merge_out *out)
{
	const struct rill_written *const written = m->transfer.state;
	int code = 0;

	while (m->heads.count && !code && !written->broken) {
		const uint32_t first = rill_merge_heads_first(&m->heads);

		code = rill_merge_out_take(out, first, m->records[first]);
		read_next(m, first);
		if (m->records[first])
			rill_merge_heads_change(&m->heads, m->records[first]->key);
		else
			rill_merge_heads_remove(&m->heads);
	}
	return code;
}

static int close_sources(struct merge *m, int code)
{
	for (size_t i = 0; i < m->clocks.input_count; i++) {
		const int closed = rill_merge_source_close(m->sources[i]);

		code = code ? code : closed;
	}
	return code;
}

static int write_all(struct merge *m)
{
	struct rill_transfer *const t = &m->transfer;
	const struct rill_format_options format = { .path = t->out,
						    .input = &m->clocks.inputs[0].look.st,
						    .salt = salt_of(m),
						    .compress_given = t->compress_given,
						    .compress = t->compress };
	struct rill_merge_out_options with = { .format = t->format, .global_ids = m->global_ids };
	struct rill_merge_out *out;
	int code, closed;
	uint64_t behind;

	t->state = t->format->open(&format, &code);
	if (!t->state)
		return code;
	with.state = t->state;
	out = rill_merge_out_new(&with, &m->whose);
	open_sources(m);
	code = close_sources(m, merge_all(m, out));
	behind = rill_merge_out_end(out);
	t->at_end = *(const struct rill_written *)t->state;
	closed = t->format->close(t->state, code == 0 || t->at_end.events);
	rill_merge_out_free(out);
	if (behind)
		rill_say("%llu events are not in order: an input has changed while it was read",
			 (unsigned long long)behind);
	return code ? code : closed;
}

static int merge(struct merge *m)
{
	int code = 0;

	for (size_t i = 0; i < m->clocks.input_count && !code; i++)
		code = look_at(m, i);
	if (!code)
		code = check_output(m);
	if (!code)
		code = rill_merge_clocks_find(&m->clocks, m->way);
	if (code)
		return code;
	if (!m->transfer.quiet)
		rill_merge_clocks_say(&m->clocks);
	rill_merge_whose_find(&m->whose, &m->clocks);
	code = write_all(m);
	rill_merge_whose_free(&m->whose);
	if (!code && !m->transfer.quiet)
		rill_say("%s: %llu events of %zu traces", m->transfer.out,
			 (unsigned long long)m->transfer.at_end.events, m->clocks.input_count);
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct merge m = { .to = NULL };
	int code = rill_options(verb, &m, &argc, argv);

	if (code < 0) {
		code = check(verb, &m, argc, argv);
		if (!code)
			code = merge(&m);
	}
	rill_merge_clocks_free(&m.clocks);
	for (size_t i = 0; i < m.clocks.input_count; i++)
		rill_look_free(&m.clocks.inputs[i].look);
	rill_merge_heads_free(&m.heads);
	free(m.clocks.inputs);
	free(m.sources);
	free(m.records);
	free(m.offsets);
	return code;
}

const struct rill_verb rill_verb_merge = {
	"merge",     "put several traces on one time line",
	help_text,   options,
	take_option, run,
	0,
};
