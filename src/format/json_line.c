/* SPDX-License-Identifier: MIT
 * json_line.c - one event as one line, from front to arguments.
 *
 * What is the same for all events of a call site (phase, category, name, argument keys) is text
 * before the event is: a cache entry holds it in pieces, with the values going in between.
 *
 *     head                                     key               key           close
 *     ,"ph":"B","cat":"net","name":"rx"   ...  ,"args":{"a":  1  ,"b":  "x"    }}\n
 *
 * An event that has no call site, or whose text is too long for an entry, is written piece by
 * piece.
 */
#include "format/json_line.h"

#include <stdlib.h>

enum {
	SITE_ARGS_MAX = 16,
	SITE_TEXT_MAX = 288,
	PHASE_AT = sizeof(",\"ph\":\"") - 1,
	/* All that a line can hold but the head, keys, values and the scope's text; counted key
	 * by key. */
	FIXED_MAX = 512,
	KEY_EXTRA_MAX = sizeof(",\"args\":{\"#255\":")
};

struct rill_json_site {
	const char *category, *name;
	uint32_t site;		/* 0: empty */
	char phase;
	uint8_t nargs;
	bool fits;		/* false: known not to fit, do not try again */
	uint16_t end[SITE_ARGS_MAX + 2];	/* of the head, of each key, of the close */
	char text[SITE_TEXT_MAX + RILL_TEXT_STEP];
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- pieces from scratch ------------------------------------------------------------------- */

static char *put_head(char *to, const struct rill_event *event)
{
	to = RILL_TEXT_LITERAL(to, ",\"ph\":\"");
	to = rill_text_escaped(to, &event->phase, 1);
	to = RILL_TEXT_LITERAL(to, "\",\"cat\":");
	to = rill_text_quoted(to, event->category);
	to = RILL_TEXT_LITERAL(to, ",\"name\":");
	return rill_text_quoted(to, event->name);
}

static bool named_before(const struct rill_event *event, unsigned index)
{
	const char *name = or_empty(event->args[index].name);

	for (unsigned i = 0; i < index; i++)
		if (!strcmp(or_empty(event->args[i].name), name))
			return true;
	return false;
}

/* Readers look for an object's state in the argument "snapshot" and complain when it is not there; so the
 * arguments of a call site that gives them singly become its members. */
static bool wraps_snapshot(const struct rill_event *event)
{
	if (event->phase != 'O')
		return false;
	for (unsigned i = 0; i < event->nargs; i++)
		if (!strcmp(or_empty(event->args[i].name), "snapshot"))
			return false;
	return true;
}

static char *put_args_open(char *to, const struct rill_event *event)
{
	to = RILL_TEXT_LITERAL(to, ",\"args\":{");
	return wraps_snapshot(event) ? RILL_TEXT_LITERAL(to, "\"snapshot\":{") : to;
}

static char *put_key(char *to, const struct rill_event *event, unsigned index, bool first)
{
	const char *name = or_empty(event->args[index].name);

	to = first ? put_args_open(to, event) : RILL_TEXT_LITERAL(to, ",");
	*to++ = '"';
	to = rill_text_escaped(to, name, strlen(name));
	if (named_before(event, index)) {
		*to++ = '#';
		to = rill_text_u64(to, index + 1);
	}
	return RILL_TEXT_LITERAL(to, "\":");
}

static char *put_close(char *to, const struct rill_event *event, bool any)
{
	if (!any)
		to = put_args_open(to, event);
	if (wraps_snapshot(event))
		*to++ = '}';
	return RILL_TEXT_LITERAL(to, "}}\n");
}

static size_t pieces_max(const struct rill_event *event)
{
	size_t size = strlen(or_empty(event->category)) + strlen(or_empty(event->name));

	for (unsigned i = 0; i < event->nargs; i++)
		size += strlen(or_empty(event->args[i].name));
	return size * RILL_TEXT_ESCAPE_MAX + event->nargs * (size_t)KEY_EXTRA_MAX;
}

/* ---- pieces kept per call site ------------------------------------------------------------- */

static bool fill(struct rill_json_site *site, const struct rill_event *event)
{
	char text[2048], *at = text;

	if (event->nargs > SITE_ARGS_MAX || pieces_max(event) + FIXED_MAX > sizeof text)
		return false;
	at = put_head(at, event);
	site->end[0] = (uint16_t)(at - text);
	for (unsigned i = 0; i < event->nargs; i++) {
		at = put_key(at, event, i, !i);
		site->end[i + 1] = (uint16_t)(at - text);
	}
	at = put_close(at, event, event->nargs);
	site->end[event->nargs + 1] = (uint16_t)(at - text);
	if ((size_t)(at - text) > SITE_TEXT_MAX)
		return false;
	memcpy(site->text, text, (size_t)(at - text));
	return true;
}

static __attribute__((noinline)) void keep(struct rill_json_site *site, const struct rill_event *event)
{
	site->site = event->site;
	site->name = event->name;
	site->category = event->category;
	site->phase = event->phase;
	site->nargs = event->nargs;
	site->fits = fill(site, event);
}

/* The texts of this event's call site, or NULL. Pointers are compared, not texts: an id stands
 * for one site. */
static inline __attribute__((always_inline)) const struct rill_json_site *
find(struct rill_json *json, const struct rill_event *event)
{
	/* The begin and the end of a scope share their site, and come by turns. */
	const uint32_t place = event->site << 1 | (event->phase == 'E');
	struct rill_json_site *site = &json->sites[place & (json->options.sites_max - 1)];

	if (!event->site || event->state & RILL_EVENT_DYNAMIC)
		return NULL;
	if (site->site != event->site || site->name != event->name ||
	    site->category != event->category || site->phase != event->phase ||
	    site->nargs != event->nargs)
		keep(site, event);
	return site->fits ? site : NULL;
}

struct rill_json_site *rill_json_sites(uint32_t count)
{
	return calloc(count, sizeof(struct rill_json_site));
}

static char *put_piece(char *to, const struct rill_json_site *site, unsigned index)
{
	const unsigned from = index ? site->end[index - 1] : 0;

	return rill_text_steps(to, site->text + from, site->end[index] - from);
}

size_t rill_json_line_max(struct rill_json *json, const struct rill_event *event)
{
	const struct rill_json_site *site = find(json, event);
	size_t size = FIXED_MAX + (site ? site->end[event->nargs + 1] : pieces_max(event));

	for (unsigned i = 0; i < event->nargs; i++)
		size += rill_json_value_max(&event->args[i]);
	if (event->scope)
		size += strlen(event->scope) * RILL_TEXT_ESCAPE_MAX;
	return size;
}

/* ---- members between name and args --------------------------------------------------------- */

static char *put_hex_member(char *to, const char *key, uint64_t value)
{
	to = rill_text_bytes(to, key, strlen(key));
	to = rill_text_hex(to, value);
	*to++ = '"';
	return to;
}

static char *put_id(char *to, const struct rill_event *event)
{
	if (event->scope) {
		to = RILL_TEXT_LITERAL(to, ",\"scope\":");
		to = rill_text_quoted(to, event->scope);
	}
	if (event->flags & (RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID)) {
		const bool local = event->flags & RILL_FLAG_HAS_LOCAL_ID;

		to = RILL_TEXT_LITERAL(to, ",\"id2\":{");
		to = put_hex_member(to, local ? "\"local\":\"" : "\"global\":\"", event->id);
		*to++ = '}';
		return to;
	}
	return put_hex_member(to, ",\"id\":\"", event->id);
}

static char *put_flow(char *to, const struct rill_event *event)
{
	to = put_hex_member(to, ",\"bind_id\":\"", event->bind_id);
	if (event->flags & RILL_FLAG_FLOW_IN)
		to = RILL_TEXT_LITERAL(to, ",\"flow_in\":true");
	if (event->flags & RILL_FLAG_FLOW_OUT)
		to = RILL_TEXT_LITERAL(to, ",\"flow_out\":true");
	return to;
}

static char *put_instant_scope(char *to, const struct rill_event *event, char phase)
{
	static const char letters[] = "gptt";	/* by bits 3 and 4 of the flags; 3 is not defined */
	const unsigned scope = (event->flags & RILL_FLAG_SCOPE_MASK) / RILL_FLAG_SCOPE_PROCESS;

	to = RILL_TEXT_LITERAL(to, ",\"s\":\"");
	*to++ = phase == event->phase ? letters[scope] : 't';
	*to++ = '"';
	return to;
}

static char *put_members(char *to, const struct rill_event *event, char phase)
{
	enum {
		ID = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID,
		FLOW = RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT,
		ANY = ID | FLOW | RILL_FLAG_BIND_TO_ENCLOSING | RILL_FLAG_ASYNC_TTS
	};

	if (phase == 'I' || phase == 'i')
		to = put_instant_scope(to, event, phase);
	if (!(event->flags & ANY) && !(event->state & RILL_EVENT_LATE))
		return to;
	/* An end repeats the flags of its scope: a second end of the arrow would be a lie. */
	if (event->flags & FLOW && !(phase == 'E' && event->state & RILL_EVENT_SCOPE))
		to = put_flow(to, event);
	if (event->flags & ID)
		to = put_id(to, event);
	if (event->flags & RILL_FLAG_BIND_TO_ENCLOSING)
		to = RILL_TEXT_LITERAL(to, ",\"bp\":\"e\"");
	if (event->flags & RILL_FLAG_ASYNC_TTS)
		to = RILL_TEXT_LITERAL(to, ",\"use_async_tts\":1");
	if (event->state & RILL_EVENT_LATE)
		to = RILL_TEXT_LITERAL(to, ",\"late\":true");
	return to;
}

/* ---- the line ------------------------------------------------------------------------------ */

char *rill_json_put_front(struct rill_json *json, uint32_t pid, uint32_t tid, char *to)
{
	char *at = json->front;

	if (!json->front_size || pid != json->front_pid || tid != json->front_tid) {
		at = RILL_TEXT_LITERAL(at, ",{\"pid\":");
		at = rill_text_u64(at, pid);
		at = RILL_TEXT_LITERAL(at, ",\"tid\":");
		at = tid == UINT32_MAX ? RILL_TEXT_LITERAL(at, "-1") : rill_text_u64(at, tid);
		at = RILL_TEXT_LITERAL(at, ",\"ts\":");
		json->front_pid = pid;
		json->front_tid = tid;
		json->front_size = (uint32_t)(at - json->front);
	}
	return rill_text_steps(to, json->front, json->front_size);
}

static char *put_args(char *to, const struct rill_event *event, const struct rill_json_site *site)
{
	for (unsigned i = 0; i < event->nargs; i++) {
		to = site ? put_piece(to, site, i + 1) : put_key(to, event, i, !i);
		to = rill_json_put_value(to, &event->args[i]);
	}
	return site ? put_piece(to, site, event->nargs + 1u) : put_close(to, event, event->nargs);
}

static char *put_numbers(struct rill_json *json, char *to, const struct rill_event *event)
{
	bool any = false;

	for (unsigned i = 0; i < event->nargs; i++) {
		char *end = rill_json_put_number(put_key(to, event, i, !any), &event->args[i]);

		if (end) {
			to = end;
			any = true;
		} else {
			json->series_refused++;
		}
	}
	return put_close(to, event, any);
}

/* With the letter the form asks for; one that differs from the event's own is always one plain
 * byte. */
static char *put_any_head(char *to, const struct rill_event *event,
			  const struct rill_json_site *site, char phase)
{
	char *const end = site ? put_piece(to, site, 0) : put_head(to, event);

	if (phase != event->phase)
		to[PHASE_AT] = phase;
	return end;
}

char *rill_json_line(struct rill_json *json, const struct rill_event *event,
		     const struct rill_json_form *form, char *to, struct rill_json_parts *parts)
{
	const struct rill_json_site *site = find(json, event);
	const char *const line = to;

	to = rill_json_put_front(json, event->pid, event->tid, to);
	if (form->ts) {
		to = rill_json_put_time(to, *form->ts);
	} else {
		to = rill_json_put_event_time(json, event, to);
		if (event->state & RILL_EVENT_HAS_THREAD_TIME) {
			to = RILL_TEXT_LITERAL(to, ",\"tts\":");
			to = rill_json_put_ns(to, event->thread_time_ns);
		}
	}
	if (parts)
		parts->phase = (size_t)(to - line) + PHASE_AT;
	to = put_any_head(to, event, site, form->phase);
	if (parts) {
		parts->dur = (size_t)(to - line);
	} else if (form->phase == 'X') {
		to = RILL_TEXT_LITERAL(to, ",\"dur\":");
		to = form->dur ? rill_json_put_time(to, *form->dur) : RILL_TEXT_LITERAL(to, "0");
	}
	to = put_members(to, event, form->phase);
	return form->numbers_only ? put_numbers(json, to, event) : put_args(to, event, site);
}
