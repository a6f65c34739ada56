/* SPDX-License-Identifier: MIT
 * trigger_text.c - from the text of triggers to what they look at.
 */
#include "control/trigger.h"

#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where text goes on behind a word; NULL: it does not begin so. */
static const char *behind(const char *text, const char *word)
{
	const size_t length = strlen(word);

	return strncmp(text, word, length) == 0 ? text + length : NULL;
}

/* Digits, with a sign in front where that is allowed. NULL: none, or too many. */
static const char *read_number(const char *text, bool sign, int64_t *number)
{
	const bool minus = sign && *text == '-';
	const char *at = text + minus;
	int64_t n = 0;

	if (*at < '0' || *at > '9')
		return NULL;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (n > (INT64_MAX - 9) / 10)
			return NULL;
		n = 10 * n + (*at - '0');
	}
	*number = minus ? -n : n;
	return at;
}

static const char *read_time(const char *text, int64_t *ns)
{
	static const struct {
		const char *word;
		int64_t ns;
	} units[] = { { "us:", 1000 }, { "ms:", 1000000 }, { "s:", 1000000000 } };
	const char *at = read_number(text, false, ns);

	for (size_t i = 0; at && i < sizeof units / sizeof *units; i++) {
		const char *end = behind(at, units[i].word);

		if (!end || *ns > INT64_MAX / units[i].ns)
			continue;
		*ns *= units[i].ns;
		return end - 1;
	}
	return NULL;
}

static int wrong(const struct rill_trigger_text *t, const char *why)
{
	return rill_fail(EINVAL, "trigger '%s': %s", t->text, why);
}

/* CATEGORY/NAME or NAME. */
static int set_event(struct rill_trigger_text *t, const char *event)
{
	const char *slash = strchr(event, '/'), *name = slash ? slash + 1 : event;
	char *category = strndup(event, slash ? (size_t)(slash - event) : 0);
	int error;

	if (!*name || (slash && !*category)) {
		free(category);
		return wrong(t, "which event? NAME or CATEGORY/NAME is wanted behind the colon; * stands for any");
	}
	error = category ? rill_filter_parse(category, RILL_MATCH_CHROMIUM, &t->filter) : rill_fail(ENOMEM, "no memory for a trigger");
	if (!error)
		error = rill_filter_set_events(t->filter, name);
	free(category);
	return error;
}

/* What stands in front of the colon; at: where it ends. */
static int read_condition(struct rill_trigger_text *t, const char **at)
{
	const char *rest, *end;

	*at = NULL;
	if ((rest = behind(t->text, "scope>"))) {
		t->kind = RILL_TRIGGER_SCOPE;
		*at = read_time(rest, &t->limit);
		return *at ? 0 : wrong(t, "a time with us, ms or s is wanted, and then an event, as in scope>500us:net/read");
	}
	if ((rest = behind(t->text, "count="))) {
		t->kind = RILL_TRIGGER_COUNT;
		*at = read_number(rest, false, &t->limit);
		return *at && t->limit ? 0 : wrong(t, "a number from 1 is wanted, and then an event, as in count=100:net/retry");
	}
	rest = behind(t->text, "counter");
	end = rest ? strchr(rest, '>') : NULL;
	if (!end || (*rest != '>' && *rest != '.'))
		return wrong(t, "there is no such kind: scope>500us:net/read, count=100:net/retry, counter>50:queue, counter.depth>50:queue and "
				"loss are possible");
	t->kind = RILL_TRIGGER_COUNTER;
	if (*rest == '.') {
		t->argument = strndup(rest + 1, (size_t)(end - rest - 1));
		if (!t->argument)
			return rill_fail(ENOMEM, "no memory for a trigger");
	}
	*at = read_number(end + 1, true, &t->limit);
	return *at ? 0 : wrong(t, "a whole number is wanted, and then an event, as in counter>50:queue");
}

static int parse_one(struct rill_trigger_text *t)
{
	const char *at;
	int error;

	if (strcmp(t->text, "loss") == 0) {
		t->kind = RILL_TRIGGER_LOSS;
		return rill_filter_parse("-*", RILL_MATCH_CHROMIUM, &t->filter);
	}
	error = read_condition(t, &at);
	if (error)
		return error;
	return *at == ':' ? set_event(t, at + 1) : wrong(t, "a colon and an event are wanted behind the number, as in count=100:net/retry");
}

void rill_trigger_text_free(struct rill_trigger_text *t)
{
	rill_filter_free(t->filter);
	free(t->argument);
	free(t->text);
}

int rill_triggers_parse(const char *text, struct rill_trigger_text triggers[RILL_TRIGGERS_MAX], size_t *count)
{
	const char *at = text;
	int error = 0;
	size_t n = 0;

	for (;;) {
		const size_t blanks = strspn(at, " "), length = strcspn(at + blanks, ",");

		if (n == RILL_TRIGGERS_MAX) {
			error = rill_fail(EINVAL, "more than %d triggers: one may look at several events with wildcards", RILL_TRIGGERS_MAX);
			break;
		}
		triggers[n] = (struct rill_trigger_text){ .text = strndup(at + blanks, length) };
		error = triggers[n].text ? parse_one(&triggers[n]) : rill_fail(ENOMEM, "no memory for a trigger");
		n++;
		at += blanks + length;
		if (error || !*at)
			break;
		at++;
	}
	*count = error ? 0 : n;
	while (error && n)
		rill_trigger_text_free(&triggers[--n]);
	return error;
}
