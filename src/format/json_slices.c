/* SPDX-License-Identifier: MIT
 * json_slices.c - which scopes are open, so that each end meets its own begin.
 *
 * Scopes nest, so those of a thread form a stack: a short chain per hash of (thread, level), newest first, in
 * which the first of the same thread and level is the innermost scope. The places are allocated at init; a
 * scope that finds none is written as it comes.
 *
 * An end whose begin is older than scopes above it tells that those lost their ends. They cannot have outlived
 * the scope around them, so they are written as ending with it, before it: a lost end would else leave every
 * later slice of its thread one level too deep.
 *
 * As B and E, a place holds the scope's name, for such an end. With `slices` it holds the line of the begin, as an
 * X that lacks its duration, until the end comes; those that never end leave as B, at the end of the stream.
 */
#include "format/json_line.h"

#include <errno.h>
#include <stdlib.h>

enum { CHAINS = 64, NONE = 0xffffffff, OPEN_TEXT_MAX = 352, OPEN_NAME_MAX = 64, OPEN_CATEGORY_MAX = 200, DUR_MAX = 64 };
enum { LOST_END_MAX = 256 + RILL_TEXT_ESCAPE_MAX * (OPEN_NAME_MAX + OPEN_CATEGORY_MAX) };

struct open_scope {
	uint64_t begin_ns;		/* recorded, with site and thread: which scope it is */
	uint64_t thread_time_ns;
	struct rill_json_time ts;	/* as shown */
	const char *category;		/* permanent */
	uint32_t serial, site, next;
	uint16_t size, phase_at, dur_at;
	uint8_t level;
	bool has_thread_time;
	char text[];			/* the line, or the name */
};
_Static_assert(OPEN_TEXT_MAX <= (int)RILL_JSON_LINE_MAX, "rill_json_open_slice() promises no more");

struct rill_json_slices {
	uint32_t free;		/* chain of places */
	uint32_t chains[CHAINS];
	size_t stride;		/* bytes of one place */
	_Alignas(8) char places[];
};

static struct open_scope *place(struct rill_json_slices *s, uint32_t index)
{
	return (struct open_scope *)(void *)(s->places + index * s->stride);
}

static uint32_t serial_of(const struct rill_event *event)
{
	return event->thread ? event->thread->serial : 0;
}

static uint32_t *chain_of(struct rill_json_slices *s, uint32_t serial, uint8_t level)
{
	return &s->chains[(serial * 3 + level) % CHAINS];
}

int rill_json_slices_init(struct rill_json *json)
{
	const uint32_t count = json->options.open_max;
	const size_t text_max = json->options.slices ? OPEN_TEXT_MAX : OPEN_NAME_MAX;
	const size_t stride = (sizeof(struct open_scope) + text_max + 7) & ~(size_t)7;
	struct rill_json_slices *s = calloc(1, sizeof *s + count * stride);

	if (!s)
		return -ENOMEM;
	s->stride = stride;
	for (unsigned i = 0; i < CHAINS; i++)
		s->chains[i] = NONE;
	s->free = 0;
	for (uint32_t i = 0; i < count; i++)
		place(s, i)->next = i + 1 < count ? i + 1 : NONE;
	json->slices = s;
	return 0;
}

/* The first free place becomes the innermost scope of the event's thread; there is one. */
static struct open_scope *push(struct rill_json_slices *s, const struct rill_event *event)
{
	const uint32_t serial = serial_of(event), index = s->free;
	uint32_t *chain = chain_of(s, serial, event->level);
	struct open_scope *open = place(s, index);

	s->free = open->next;
	open->next = *chain;
	*chain = index;
	open->begin_ns = event->ts_ns;
	open->category = event->category;
	open->serial = serial;
	open->site = event->site;
	open->level = event->level;
	return open;
}

void rill_json_nest_begin(struct rill_json *json, const struct rill_event *event)
{
	size_t size = strlen(event->name) + 1;

	if (json->slices->free != NONE && size <= OPEN_NAME_MAX && strlen(event->category) <= OPEN_CATEGORY_MAX)
		memcpy(push(json->slices, event)->text, event->name, size);
}

bool rill_json_slices_begin(struct rill_json *json, const struct rill_event *event, char *scratch)
{
	const struct rill_json_form form = { .phase = 'X' };
	struct rill_json_parts parts;
	struct open_scope *open;
	size_t size;

	if (json->slices->free == NONE)
		return false;
	/* The caller's buffer has room for any line; a place only for short ones. */
	size = (size_t)(rill_json_line(json, event, &form, scratch, &parts) - scratch);
	if (size > OPEN_TEXT_MAX)
		return false;
	open = push(json->slices, event);
	memcpy(open->text, scratch, size);
	open->size = (uint16_t)size;
	open->phase_at = (uint16_t)parts.phase;
	open->dur_at = (uint16_t)parts.dur;
	open->ts = rill_json_time_of_event(json, event);
	open->has_thread_time = event->state & RILL_EVENT_HAS_THREAD_TIME;
	open->thread_time_ns = event->thread_time_ns;
	return true;
}

static bool same_stack(const struct open_scope *open, uint32_t serial, uint8_t level)
{
	return open->serial == serial && open->level == level;
}

/* By how much the begin that an end tells may differ from the time its begin was written with: that may have been put forward by some
 * ns, so that the order of the file's times holds; and the clock's conversion gets coarser with age, not before two seconds are over. */
static uint64_t begin_slack_ns(const struct rill_event *event)
{
	const uint64_t age_ns = event->ts_ns - event->begin_ns;

	return age_ns < UINT64_C(2000000000) ? 128 : age_ns >> 20;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How many open scopes end with this event, the innermost first. *found: the last of them is
 * the event's own. */
static unsigned closes(const struct rill_json *json, const struct rill_event *event, bool *found)
{
	struct rill_json_slices *s = json->slices;
	const uint32_t serial = serial_of(event);
	const uint64_t slack = begin_slack_ns(event);
	uint64_t nearest = slack + 1;
	unsigned seen = 0, inner = 0, own = 0;

	*found = false;
	if (!(event->state & RILL_EVENT_HAS_BEGIN))
		return 0;
	for (uint32_t i = *chain_of(s, serial, event->level); i != NONE; i = place(s, i)->next) {
		const struct open_scope *open = place(s, i);

		if (!same_stack(open, serial, event->level))
			continue;
		if (open->begin_ns + slack < event->begin_ns)
			break;
		seen++;
		if (open->begin_ns > event->begin_ns + slack)
			inner = seen;
		if (open->site == event->site && apart(open->begin_ns, event->begin_ns) < nearest) {
			nearest = apart(open->begin_ns, event->begin_ns);
			own = seen;
		}
	}
	*found = own > 0;
	return own ? own : inner;	/* else the event's own begin was lost, or is in the file as B */
}

size_t rill_json_slices_end_max(const struct rill_json *json, const struct rill_event *event)
{
	bool found;

	return (size_t)closes(json, event, &found) * (json->options.slices ? OPEN_TEXT_MAX + DUR_MAX : LOST_END_MAX);
}

/* The innermost scope of a thread leaves its chain for the chain of free places. */
static struct open_scope *pop(struct rill_json_slices *s, uint32_t serial, uint8_t level)
{
	uint32_t *link = chain_of(s, serial, level);
	struct open_scope *open;
	uint32_t index;

	while (!same_stack(place(s, *link), serial, level))
		link = &place(s, *link)->next;
	index = *link;
	open = place(s, index);
	*link = open->next;
	open->next = s->free;
	s->free = index;
	return open;
}

static char *put_closed(const struct open_scope *open, const struct rill_event *end,
			struct rill_json_time ts, bool own_end, char *to)
{
	to = rill_text_bytes(to, open->text, open->dur_at);
	to = RILL_TEXT_LITERAL(to, ",\"dur\":");
	to = rill_json_put_time(to, rill_json_time_between(open->ts, ts));
	if (own_end && open->has_thread_time && end->state & RILL_EVENT_HAS_THREAD_TIME &&
	    end->thread_time_ns >= open->thread_time_ns) {
		to = RILL_TEXT_LITERAL(to, ",\"tdur\":");
		to = rill_json_put_ns(to, end->thread_time_ns - open->thread_time_ns);
	}
	return rill_text_bytes(to, open->text + open->dur_at, (size_t)(open->size - open->dur_at));
}

char *rill_json_slices_end(struct rill_json *json, const struct rill_event *event, char *to,
			   bool *found)
{
	const struct rill_json_time ts = rill_json_time_of_event(json, event);

	for (unsigned count = closes(json, event, found); count; count--)
		to = put_closed(pop(json->slices, serial_of(event), event->level), event, ts,
				*found && count == 1, to);
	return to;
}

/* The E of a scope whose own was lost: at the time of the end around it. */
static char *put_lost_end(struct rill_json *json, const struct open_scope *open, const struct rill_event *around, char *to)
{
	const struct rill_json_form form = { .phase = 'E' };
	struct rill_event end = {
		.ts_ns = around->ts_ns, .pid = around->pid, .tid = around->tid, .thread = around->thread,
		.level = around->level, .phase = 'E', .category = open->category, .name = open->text,
		.state = around->state & RILL_EVENT_LATE,
	};

	return rill_json_line(json, &end, &form, to, NULL);
}

char *rill_json_nest_end(struct rill_json *json, const struct rill_event *event, char *to)
{
	bool found;
	unsigned count = closes(json, event, &found);

	for (; count > found; count--)
		to = put_lost_end(json, pop(json->slices, serial_of(event), event->level), event, to);
	if (found)
		pop(json->slices, serial_of(event), event->level);
	return to;
}

static bool before(struct rill_json_time a, struct rill_json_time b)
{
	return a.us != b.us ? a.us < b.us : a.ns < b.ns;
}

char *rill_json_open_slice(struct rill_json *json, char *to)
{
	struct rill_json_slices *s = json->slices;
	uint32_t *oldest = NULL;
	struct open_scope *open;
	uint32_t index;

	if (!json->options.slices)
		return to;
	/* Newest first within a chain: of equal times the one further down is the outer one. */
	for (unsigned i = 0; i < CHAINS; i++)
		for (uint32_t *link = &s->chains[i]; *link != NONE; link = &place(s, *link)->next)
			if (!oldest || !before(place(s, *oldest)->ts, place(s, *link)->ts))
				oldest = link;
	if (!oldest)
		return to;
	index = *oldest;
	open = place(s, index);
	*oldest = open->next;
	open->next = s->free;
	s->free = index;
	open->text[open->phase_at] = 'B';
	return rill_text_bytes(to, open->text, open->size);
}
