/* SPDX-License-Identifier: MIT
 * flat.c - copies an event with its names, values and texts into one piece of memory.
 */
#include "sink/flat.h"

#include "config.h"

#include <stdbool.h>
#include <string.h>

_Static_assert(_Alignof(struct rill_flat) <= RILL_FLAT_ALIGN,
	       "records follow each other at this alignment");

static size_t aligned(size_t size)
{
	return (size + RILL_FLAT_ALIGN - 1) & ~(size_t)(RILL_FLAT_ALIGN - 1);
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static bool has_bytes(const struct rill_value *value)
{
	return RILL_TAILS && (value->type == RILL_TYPE_STRING || value->type == RILL_TYPE_COPY ||
			      value->type == RILL_TYPE_BLOB || value->type == RILL_TYPE_JSON);
}

size_t rill_flat_event_size(const struct rill_event *event)
{
	size_t size = sizeof(struct rill_flat) + event->nargs * sizeof(struct rill_value) +
		      text_size(event->name) + text_size(event->scope) + text_size(event->file);

	for (unsigned i = 0; i < event->nargs; i++) {
		const struct rill_value *value = &event->args[i];

		size += text_size(value->name);
		if (has_bytes(value))
			size += (size_t)value->size + 1;
	}
	return aligned(size);
}

static const char *copy_text(char **to, const char *text)
{
	size_t size = text_size(text);
	char *copy = *to;

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	*to += size;
	return copy;
}

/* Bytes and a NUL behind them; `text` and `blob` share their place in the union. */
static void copy_bytes(char **to, struct rill_value *value)
{
	char *copy = *to;

	if (value->size)
		memcpy(copy, value->text, value->size);
	copy[value->size] = '\0';
	value->text = copy;
	*to += (size_t)value->size + 1;
}

void rill_flat_event(const struct rill_event *event, void *to, size_t size)
{
	struct rill_flat *flat = to;
	struct rill_value *args = (struct rill_value *)(flat + 1);
	char *texts = (char *)(args + event->nargs);

	flat->size = (uint32_t)size;
	flat->is_gap = 0;
	flat->event = *event;
	flat->event.args = args;
	flat->event.name = copy_text(&texts, event->name);
	flat->event.scope = copy_text(&texts, event->scope);
	flat->event.file = copy_text(&texts, event->file);
	for (unsigned i = 0; i < event->nargs; i++) {
		args[i] = event->args[i];
		args[i].name = copy_text(&texts, event->args[i].name);
		if (has_bytes(&args[i]))
			copy_bytes(&texts, &args[i]);
	}
}

size_t rill_flat_gap_size(void)
{
	return aligned(sizeof(struct rill_flat));
}

void rill_flat_gap(const struct rill_gap *gap, void *to)
{
	struct rill_flat *flat = to;

	flat->size = (uint32_t)rill_flat_gap_size();
	flat->is_gap = 1;
	flat->gap = *gap;
}
