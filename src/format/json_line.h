/* SPDX-License-Identifier: MIT
 * json_line.h - the parts of a line, shared by the files json*.c and by nobody else.
 *
 *     json.c           which form an event takes
 *     json_line.c      a line from front to arguments
 *     json_value.c     one argument
 *     json_time.c      times
 *     json_slices.c    which scopes are open; scopes as one X
 *     json_meta.c      lines that are no events: names, metadata, losses
 */
#ifndef RILL_FORMAT_JSON_LINE_H
#define RILL_FORMAT_JSON_LINE_H

#include "format/json.h"
#include "format/text.h"

/* A time, or a length of time, of any sign: us + ns/1000 microseconds, ns below 1000. */
struct rill_json_time {
	int64_t us;
	uint16_t ns;
	bool whole;	/* the caller's own: no decimals */
};

struct rill_json_time rill_json_time_of_ns(const struct rill_json *json, uint64_t ns);
struct rill_json_time rill_json_time_of_event(const struct rill_json *json,
					      const struct rill_event *event);
/* From begin to end; 0 rather than negative, which no reader takes. */
struct rill_json_time rill_json_time_between(struct rill_json_time begin,
					     struct rill_json_time end);
/* At most 24 bytes: -9223372036854775808.999 */
char *rill_json_put_time(char *to, struct rill_json_time time);
/* A length in ns. */
char *rill_json_put_ns(char *to, uint64_t ns);
/* rill_json_put_time() for the time of an event, quicker: times that follow each other share
 * their upper digits. */
char *rill_json_put_event_time(struct rill_json *json, const struct rill_event *event, char *to);

size_t rill_json_value_max(const struct rill_value *value);
char *rill_json_put_value(char *to, const struct rill_value *value);
/* Of these kinds: json_text.c, json_blob.c. */
char *rill_json_put_text(char *to, const struct rill_value *value);
char *rill_json_put_json(char *to, const struct rill_value *value);
char *rill_json_put_blob(char *to, const struct rill_value *value);
/* As a number, for a counter; NULL if it is none. */
char *rill_json_put_number(char *to, const struct rill_value *value);

/* What differs from the event as it is. */
struct rill_json_form {
	char phase;
	bool numbers_only;			/* a counter */
	const struct rill_json_time *ts;	/* NULL: the event's own, and its thread time */
	const struct rill_json_time *dur;	/* phase X: NULL for 0 */
};

/* Where the parts of a line lie, for a slice that is completed later. */
struct rill_json_parts {
	size_t phase;	/* the letter */
	size_t dur;	/* where dur and tdur belong */
};

size_t rill_json_line_max(struct rill_json *json, const struct rill_event *event);
char *rill_json_line(struct rill_json *json, const struct rill_event *event,
		     const struct rill_json_form *form, char *to, struct rill_json_parts *parts);

/* `,{"pid":1,"tid":2,"ts":`; at most sizeof json->front bytes. */
char *rill_json_put_front(struct rill_json *json, uint32_t pid, uint32_t tid, char *to);

/* The kept texts of count call sites, all empty; NULL without memory. free() takes them back. */
struct rill_json_site *rill_json_sites(uint32_t count);

int rill_json_slices_init(struct rill_json *json);
/* True: the begin waits for its end, nothing is written. `scratch` is the caller's buffer with
 * room for the line. */
bool rill_json_slices_begin(struct rill_json *json, const struct rill_event *event, char *scratch);
/* Appends the slice that ends here, with *found set, and before it those inside whose end was
 * lost. */
char *rill_json_slices_end(struct rill_json *json, const struct rill_event *event, char *to,
			   bool *found);
/* The same where scopes are written as B and E: a begin is remembered, and in front of an end stand the ends of
 * scopes inside that were lost. */
void rill_json_nest_begin(struct rill_json *json, const struct rill_event *event);
char *rill_json_nest_end(struct rill_json *json, const struct rill_event *event, char *to);
/* Room for what rill_json_slices_end() or rill_json_nest_end() would write now. */
size_t rill_json_slices_end_max(const struct rill_json *json, const struct rill_event *event);

#endif
