/* SPDX-License-Identifier: MIT
 * reader.c - reads a trace in Chrome JSON, one event at a time, whoever wrote it and wherever it
 * was cut.
 *
 * The window buffer[begin .. end) slides over the file; a value that is being scanned starts at
 * begin and makes the window grow, up to its limit.
 */
#include "reader.h"
#include "scan.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 << 10 };

struct reader {
	struct rill_input *input;
	const struct rill_reader_ops *ops;
	void *ctx;
	struct rill_reader_result *result;
	char *buffer;
	size_t room, begin, end;
	uint64_t base; /* offset in the file of buffer[0] */
	uint64_t member_bytes;
	bool at_end;
	bool in_events; /* the list of events has begun */
	int error;
	struct rill_scan scan;
};

enum taken { TAKEN, TAKEN_CUT, TAKEN_BAD };

static uint64_t offset(const struct reader *r)
{
	return r->base + r->begin;
}

/* More bytes behind end; false at the end of the file. */
static bool fill(struct reader *r)
{
	ssize_t got;

	if (r->at_end)
		return false;
	if (r->begin && r->room - r->end < PIECE) {
		memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
		r->base += r->begin;
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->room - r->end < PIECE) {
		r->room = r->room ? r->room * 2 : 2 * PIECE;
		r->buffer = rill_grow(r->buffer, r->room, 1);
	}
	got = rill_input_read(r->input, r->buffer + r->end, PIECE);
	if (got <= 0) {
		r->error = (int)got;
		r->at_end = true;
		return false;
	}
	r->end += (size_t)got;
	r->result->bytes += (uint64_t)got;
	return true;
}

/* The next byte, or -1 at the end. */
static int peek(struct reader *r)
{
	if (r->begin == r->end && !fill(r))
		return -1;
	return (unsigned char)r->buffer[r->begin];
}

static bool blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int skip_blanks(struct reader *r)
{
	int c;

	while (blank(c = peek(r)))
		r->begin++;
	return c;
}

/* Scans the value at begin: *size bytes, still in the window. limit 0: of any size, and not kept.
 * */
static enum taken take_value(struct reader *r, size_t limit, size_t *size)
{
	enum rill_scan_state state;
	size_t at = 0;

	rill_scan_begin(&r->scan);
	for (;;) {
		at += rill_scan(&r->scan, r->buffer + r->begin + at, r->end - r->begin - at,
				&state);
		*size = at;
		if (state == RILL_SCAN_BAD || (limit && at > limit))
			return TAKEN_BAD;
		if (state == RILL_SCAN_DONE)
			return TAKEN;
		if (!limit) {
			r->begin = r->end;
			at = 0;
		}
		if (!fill(r))
			return TAKEN_CUT;
	}
}

/* Hands over the value of that size at begin. */
static bool deliver(struct reader *r, size_t size)
{
	bool good = r->ops->event(r->ctx, r->buffer + r->begin, size);

	r->result->events += good;
	return good;
}

static void count_damage(struct reader *r, uint64_t from, uint64_t to)
{
	if (!r->result->damaged++)
		r->result->damaged_at = from;
	r->result->damaged_bytes += to - from;
}

/* Something at begin is no event: goes to the next one, which is handed over, or to the end of
 * the file. An event begins behind a comma or a line's end, and has a "ph": that tells it from an
 * object inside the damaged one. */
static void resync(struct reader *r)
{
	const uint64_t from = offset(r);
	bool may_begin = false;
	int c, last = 0;
	size_t size;

	r->begin++;
	while ((c = peek(r)) >= 0) {
		if (c == '{' && may_begin && take_value(r, RILL_READER_EVENT_MAX, &size) == TAKEN &&
		    r->scan.phase && deliver(r, size)) {
			count_damage(r, from, offset(r));
			r->begin += size;
			return;
		}
		may_begin = c == ',' || c == '\n' || (c == '[' && !r->in_events) ||
			    (may_begin && blank(c));
		last = blank(c) ? last : c;
		r->begin++;
	}
	/* Damaged, but the end of the trace is there. */
	if (last == ']' && !r->result->object_form) {
		r->result->closed = true;
		count_damage(r, from, offset(r));
	} else {
		r->result->torn_bytes += offset(r) - from;
	}
}

/* The value at begin, which starts with '{'. False: the file ended inside it. */
static bool take_event(struct reader *r)
{
	size_t size;

	switch (take_value(r, RILL_READER_EVENT_MAX, &size)) {
	case TAKEN:
		/* {} is a way to write no event. */
		if (size == 2 || (r->scan.phase && deliver(r, size)))
			r->begin += size;
		else
			resync(r);
		return true;
	case TAKEN_CUT:
		r->result->torn_bytes += r->end - r->begin;
		r->begin = r->end;
		return false;
	case TAKEN_BAD: break;
	}
	resync(r);
	return true;
}

/* Events up to the closing bracket, or the end of the file. */
static void take_events(struct reader *r)
{
	int c;

	r->in_events = true;
	while ((c = skip_blanks(r)) >= 0) {
		if (c == ']') {
			r->begin++;
			r->result->closed = true;
			return;
		}
		r->result->closed = false;
		if (c == ',')
			r->begin++;
		else if (c != '{')
			resync(r);
		else if (!take_event(r))
			return;
	}
}

/* ---- the object form
 * ------------------------------------------------------------------------------ */

/* `"key"` at begin, up to the value behind its colon. Returns the bytes from the key on, 0: cut
 * or damaged. */
static size_t take_key(struct reader *r, bool *is_events)
{
	static const char events[] = "\"traceEvents\"";
	size_t size;

	if (take_value(r, RILL_READER_EVENT_MAX, &size) != TAKEN)
		return 0;
	*is_events = size == sizeof events - 1 && !memcmp(r->buffer + r->begin, events, size);
	for (bool colon = false;; size++) {
		if (r->begin + size == r->end && !fill(r))
			return 0;
		if (!colon && r->buffer[r->begin + size] == ':')
			colon = true;
		else if (!blank(r->buffer[r->begin + size]))
			return colon ? size : 0;
	}
}

/* A member other than the events; key_size bytes precede its value. False: no more can be read. */
static bool take_member(struct reader *r, size_t key_size)
{
	const size_t limit = r->ops->member ? RILL_READER_MEMBERS_MAX : 0;
	const size_t key_at = r->begin;
	enum taken taken;
	char *key = NULL;
	size_t size;

	if (limit) {
		key = rill_alloc(key_size + 1, 1);
		memcpy(key, r->buffer + key_at, key_size);
	}
	r->begin += key_size;
	taken = take_value(r, limit, &size);
	r->member_bytes += key_size + size;
	if (taken != TAKEN || (limit && r->member_bytes > limit)) {
		r->result->members_dropped++;
	} else if (limit) {
		char *text = rill_alloc(key_size + size + 1, 1);

		memcpy(text, key, key_size);
		memcpy(text + key_size, r->buffer + r->begin, size);
		if (!r->ops->member(r->ctx, text, key_size + size))
			r->result->members_dropped++;
		free(text);
	}
	free(key);
	r->begin += taken == TAKEN ? size : 0;
	return taken == TAKEN;
}

/* The next member, or the end. False: what is at begin is neither. */
static bool take_next(struct reader *r, int c)
{
	bool is_events = false;
	size_t key_size;

	if (c == '}') {
		r->begin++;
		r->result->closed = true;
		return true;
	}
	r->result->closed = false;
	if (c == ',') {
		r->begin++;
		return true;
	}
	key_size = c == '"' ? take_key(r, &is_events) : 0;
	if (!key_size)
		return false;
	if (!is_events || r->buffer[r->begin + key_size] != '[')
		return take_member(r, key_size);
	r->begin += key_size + 1;
	take_events(r);
	return r->result->closed;
}

/* Up to the closing bracket, or the end of the file. */
static void take_members(struct reader *r)
{
	int c;

	while ((c = skip_blanks(r)) >= 0) {
		if (take_next(r, c)) {
			if (c == '}')
				return;
		} else if (peek(r) >= 0) {
			/* A member is damaged: events may follow. */
			resync(r);
			take_events(r);
		}
	}
}

/* Was it the end? Not before a comma: a bracket has come from nowhere. And without a list of events it was no trace, but
 * the first of events that stand alone, which was hurt. */
static bool goes_on(struct reader *r)
{
	const int c = skip_blanks(r);

	if (c < 0 || (r->in_events && c != ','))
		return false;
	if (r->in_events)
		count_damage(r, offset(r), offset(r) + 1);
	else
		count_damage(r, 0, offset(r));
	take_events(r);
	return true;
}

static void take_object(struct reader *r)
{
	r->begin++;
	r->result->object_form = true;
	do
		take_members(r);
	while (goes_on(r));
	/* What is left is no part of the trace: somebody appended it. */
	for (; peek(r) >= 0; r->begin = r->end)
		r->result->torn_bytes += r->end - r->begin;
}

/* Does the file begin with an event, rather than with the object form? Looks at the window only. */
static bool begins_with_event(struct reader *r)
{
	enum rill_scan_state state = RILL_SCAN_MORE;
	size_t at = 0;

	rill_scan_begin(&r->scan);
	do {
		at += rill_scan(&r->scan, r->buffer + r->begin + at, r->end - r->begin - at,
				&state);
	} while (state == RILL_SCAN_MORE && at < PIECE && fill(r));
	return r->scan.phase;
}

/* ---- the file
 * ------------------------------------------------------------------------------------- */

static void take_file(struct reader *r)
{
	int c;

	while (r->end - r->begin < 3 && fill(r))
		;
	if (r->end - r->begin >= 3 && !memcmp(r->buffer + r->begin, "\xef\xbb\xbf", 3))
		r->begin += 3;
	c = skip_blanks(r);
	if (c == '{' && !begins_with_event(r)) {
		take_object(r);
		return;
	}
	/* Behind a closing bracket more may come: files that were joined, or an end that was not
	 * overwritten. */
	while ((c = skip_blanks(r)) >= 0) {
		if (c == '[')
			r->begin++;
		take_events(r);
	}
}

int rill_reader_run(struct rill_input *input, const struct rill_reader_ops *ops, void *ctx,
		    struct rill_reader_result *result)
{
	struct reader r = { .input = input, .ops = ops, .ctx = ctx, .result = result };

	*result = (struct rill_reader_result){ 0 };
	take_file(&r);
	free(r.buffer);
	return r.error;
}
