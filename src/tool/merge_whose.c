/* SPDX-License-Identifier: MIT
 * merge_whose.c - who is who when traces are merged.
 */
#include "merge_whose.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { PID_DIGITS = 10000000, ID_SHIFT = 48, PIDS_MAX = 1 << 17 };

/* ---- machines ------------------------------------------------------------------------------- */

static bool is_of_the_one(const struct rill_merge_clocks *k, uint32_t clock)
{
	return k->way == RILL_MERGE_MONOTONIC &&
	       (clock == k->first || k->clocks[clock].way == RILL_MERGE_MONOTONIC);
}

static bool are_one_machine(const struct rill_merge_clocks *k, uint32_t a, uint32_t b)
{
	const char *const boot_id = k->clocks[a].boot_id;

	return (*boot_id && !strcmp(boot_id, k->clocks[b].boot_id)) ||
	       (is_of_the_one(k, a) && is_of_the_one(k, b));
}

static void find_machines(struct rill_merge_whose *w)
{
	w->machines = rill_alloc(w->clocks->count, sizeof *w->machines);
	for (uint32_t i = 0; i < w->clocks->count; i++) {
		uint32_t first = 0;

		while (first < i && !are_one_machine(w->clocks, first, i))
			first++;
		w->machines[i] = w->machines[first] = first == i ? i : w->machines[first];
	}
}

static uint32_t machine_of(const struct rill_merge_whose *w, uint32_t input, uint32_t stream)
{
	const struct rill_merge_clock *const c = rill_merge_clock_of(w->clocks, input, stream);

	return w->machines[c - w->clocks->clocks];
}

/* ---- processes ------------------------------------------------------------------------------ */

static uint32_t free_pid(struct rill_merge_whose *w, uint32_t input, uint32_t pid)
{
	uint32_t other = (input + 1) * (uint32_t)PID_DIGITS + pid % PID_DIGITS;

	while (rill_table_find(&w->owners, &other, sizeof other))
		other++;
	return other;
}

uint32_t rill_merge_whose_pid(struct rill_merge_whose *w, uint32_t input, uint32_t stream,
			      uint32_t pid)
{
	const uint32_t machine = machine_of(w, input, stream);
	const uint32_t key[2] = { machine, pid };
	void **place = rill_table_find(&w->pids, key, sizeof key), **owner;
	uint32_t here = pid;

	if (place)
		return (uint32_t)(uintptr_t)*place;
	if (w->pids.count == PIDS_MAX)
		return pid;
	owner = rill_table_find(&w->owners, &pid, sizeof pid);
	if (owner && (uint32_t)(uintptr_t)*owner != machine + 1)
		here = free_pid(w, input, pid);
	*rill_table_put(&w->owners, &here, sizeof here) = (void *)(uintptr_t)(machine + 1);
	*rill_table_put(&w->pids, key, sizeof key) = (void *)(uintptr_t)here;
	return here;
}

/* ---- parts of one trace --------------------------------------------------------------------- */

/* What parts of one stream have in common; NULL: it is by itself. JSON does not say which session
 * it was. */
static char *key_of(const struct rill_merge_whose *w, uint32_t input,
		    const struct rill_look_stream *s)
{
	const unsigned machine = machine_of(w, input, s->index);

	if (!s->known)
		return NULL;
	if (s->json)
		return rill_text("j %u %u", machine, s->origin.pid);
	return rill_text("p %u %u %llu %s", machine, s->origin.pid,
			 (unsigned long long)s->origin.start_ns, s->origin.session);
}

static uint32_t root_of(const struct rill_merge_whose *w, uint32_t input)
{
	while (w->units[input] != input)
		input = w->units[input];
	return input;
}

static void join_units(struct rill_merge_whose *w, uint32_t a, uint32_t b)
{
	a = root_of(w, a);
	b = root_of(w, b);
	w->units[a > b ? a : b] = a > b ? b : a;
}

struct group {
	uint32_t number, input; /* the latter of its first stream */
};

static uint32_t add_group(struct rill_merge_whose *w)
{
	if (!(w->group_count & (w->group_count - 1)))
		w->members = rill_grow(w->members, w->group_count ? 2 * w->group_count : 1,
				       sizeof *w->members);
	w->members[w->group_count] = 0;
	return w->group_count++;
}

static uint32_t group_for(struct rill_merge_whose *w, struct rill_table *known, uint32_t input,
			  const struct rill_look_stream *s)
{
	char *const key = key_of(w, input, s);
	struct group *group;
	void **place;

	if (!key)
		return add_group(w);
	place = rill_table_put(known, key, strlen(key));
	free(key);
	group = *place;
	if (!group) {
		*place = group = rill_alloc(1, sizeof *group);
		*group = (struct group){ add_group(w), input };
	}
	join_units(w, group->input, input);
	return group->number;
}

static void find_groups(struct rill_merge_whose *w)
{
	const struct rill_merge_clocks *const k = w->clocks;
	struct rill_table known = { .items = NULL };

	w->groups = rill_alloc(k->input_count, sizeof *w->groups);
	w->units = rill_alloc(k->input_count, sizeof *w->units);
	for (uint32_t i = 0; i < k->input_count; i++)
		w->units[i] = i;
	for (uint32_t i = 0; i < k->input_count; i++) {
		const struct rill_look *const look = &k->inputs[i].look;

		w->groups[i] = rill_alloc(look->stream_count + 1, sizeof **w->groups);
		for (uint32_t j = 0; j < look->stream_count; j++) {
			w->groups[i][j] = group_for(w, &known, i, look->streams[j]);
			w->members[w->groups[i][j]]++;
		}
	}
	rill_table_free(&known, free);
}

void rill_merge_whose_find(struct rill_merge_whose *w, const struct rill_merge_clocks *clocks)
{
	*w = (struct rill_merge_whose){ .clocks = clocks };
	find_machines(w);
	find_groups(w);
	/* The processes that were traced come before others that they speak of. */
	for (uint32_t i = 0; i < clocks->input_count; i++)
		for (uint32_t j = 0; j < clocks->inputs[i].look.stream_count; j++)
			rill_merge_whose_pid(w, i, j,
					     clocks->inputs[i].look.streams[j]->origin.pid);
}

uint64_t rill_merge_whose_ids(const struct rill_merge_whose *w, uint32_t input)
{
	return (uint64_t)root_of(w, input) << ID_SHIFT;
}

void rill_merge_whose_free(struct rill_merge_whose *w)
{
	for (uint32_t i = 0; i < w->clocks->input_count; i++)
		free(w->groups[i]);
	free(w->groups);
	free(w->members);
	free(w->units);
	free(w->machines);
	rill_table_free(&w->owners, NULL);
	rill_table_free(&w->pids, NULL);
}
