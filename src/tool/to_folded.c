/* SPDX-License-Identifier: MIT
 * to_folded.c - a trace as folded stacks, one line for each stack with its own nanoseconds: what
 * flame graph tools read.
 *
 *     worker/4711;serve;read 12345678
 */
#include "format.h"
#include "format/text.h"
#include "stacks.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { LANES_MAX = 1024, STACK_LINE_MAX = 1 << 16 };

struct to_folded {
	struct rill_written written;
	struct rill_output out;
	struct rill_stacks stacks;
	struct rill_table lanes;
	/* The last one asked for: events come in runs of one thread. */
	struct rill_stack_lane *lane;
	uint32_t key[4];
	char line[STACK_LINE_MAX];
};

static char *name_of(const struct rill_event *e)
{
	const char *const name = e->thread ? e->thread->name : "";

	return rill_text("%s%s%u", name, *name ? "/" : "", e->tid);
}

static struct rill_stack_lane *lane_of(struct to_folded *t, const struct rill_packet_stream *known,
				       const struct rill_event *e)
{
	const uint32_t key[4] = { known->number, e->pid, e->tid,
				  e->thread ? e->thread->generation : 0 };
	char *name;
	void **place;

	if (t->lane && !memcmp(key, t->key, sizeof key))
		return t->lane;
	memcpy(t->key, key, sizeof key);
	/* The generation is no part of who it is, but another one may have another name. */
	place = rill_table_find(&t->lanes, key, sizeof key - sizeof *key);
	if (!place && t->lanes.count == LANES_MAX)
		return t->lane = t->stacks.lanes[LANES_MAX - 1];
	name = t->lanes.count == LANES_MAX - 1 ? rill_text("(other threads)") : name_of(e);
	if (place) {
		t->lane = *place;
		rill_stacks_name(&t->stacks, t->lane, name);
	} else {
		t->lane = rill_stacks_lane(&t->stacks, name);
		*rill_table_put(&t->lanes, key, sizeof key - sizeof *key) = t->lane;
	}
	free(name);
	return t->lane;
}

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *e)
{
	struct to_folded *const t = ctx;
	const bool has_begin = e->state & RILL_EVENT_HAS_BEGIN;

	if (e->phase != 'B' && e->phase != 'E' && e->phase != 'X')
		return;
	t->written.events++;
	if (e->phase == 'B')
		rill_stacks_begin(&t->stacks, lane_of(t, known, e), e->name, e->ts_ns);
	else if (has_begin && (e->phase == 'X' || e->state & RILL_EVENT_BEGIN_LOST))
		rill_stacks_whole(&t->stacks, lane_of(t, known, e), e->name, e->begin_ns, e->ts_ns);
	else if (e->phase == 'E')
		rill_stacks_end(&t->stacks, lane_of(t, known, e), e->name, e->ts_ns);
	else
		t->stacks.unmatched++;
}

/* ---- the result ----------------------------------------------------------------------------- */

/* Behind `at` of the line; 0: it is full. What has a meaning in such a line is replaced. */
static size_t append(struct to_folded *t, size_t at, const char *name)
{
	if (at && at < STACK_LINE_MAX)
		t->line[at++] = ';';
	for (; *name && at < STACK_LINE_MAX; name++)
		t->line[at++] = *name == ';'                                  ? ','
				: (unsigned char)*name < ' ' || *name == 0x7f ? '_'
									      : *name;
	return at < STACK_LINE_MAX ? at : 0;
}

static void put_node(struct to_folded *t, size_t at, const struct rill_stack_node *node)
{
	at = append(t, at, node->name);
	if (!at)
		return;
	if (node->self_ns > 0) {
		char *to = rill_output_room(&t->out, at + 32);

		memcpy(to, t->line, at);
		to += at;
		*to++ = ' ';
		rill_output_commit(&t->out, rill_text_u64(to, (uint64_t)node->self_ns));
		rill_output_put(&t->out, "\n", 1);
	}
	for (const struct rill_stack_node *c = node->children; c; c = c->next)
		put_node(t, at, c);
}

static void *open_folded(const struct rill_format_options *options, int *code)
{
	return rill_format_open(options, sizeof(struct to_folded), offsetof(struct to_folded, out),
				code);
}

static int close_folded(void *state, bool keep)
{
	struct to_folded *const t = state;
	int code;

	for (unsigned i = 0; keep && i < t->stacks.lane_count; i++)
		put_node(t, 0, rill_stacks_tree(&t->stacks, i));
	if (t->stacks.unmatched)
		rill_say(
			"%s: %llu begins or ends of slices have no counterpart and are not counted",
			t->out.path, (unsigned long long)t->stacks.unmatched);
	code = rill_output_close(&t->out, keep);
	rill_table_free(&t->lanes, NULL);
	rill_stacks_free(&t->stacks);
	free(t);
	return code;
}

const struct rill_output_format rill_format_folded = {
	.name = "folded",
	.extensions = ".folded.",
	.open = open_folded,
	.ops = { .stream = { .event = take_event } },
	.close = close_folded,
};
