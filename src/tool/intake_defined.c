/* SPDX-License-Identifier: MIT
 * intake_defined.c - definitions that wait.
 */
#include "intake_defined.h"
#include "tool.h"

#include <stdlib.h>

enum { EARLY_MAX = 8192, EARLY_BYTES_MAX = 8 << 20 };

struct rill_defined *rill_defined_add(struct rill_defined_list *list, enum rill_defined_kind kind,
				      struct rill_packet_stream *stream)
{
	struct rill_defined *d;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->items = rill_grow(list->items, list->room, sizeof *list->items);
	}
	d = &list->items[list->count++];
	*d = (struct rill_defined){ .kind = kind, .stream = stream };
	return d;
}

static void tell(const struct rill_defined *d, const struct rill_packet_reader_ops *ops, void *ctx)
{
	switch (d->kind) {
	case RILL_DEFINED_THREAD:
		if (ops->thread)
			ops->thread(ctx, d->stream, &d->thread);
		break;
	case RILL_DEFINED_METADATA:
		if (ops->metadata)
			ops->metadata(ctx, d->stream, d->name, d->args);
		break;
	case RILL_DEFINED_SNAPSHOT:
		if (ops->snapshot)
			ops->snapshot(ctx, d->stream, &d->snapshot);
		break;
	case RILL_DEFINED_COUNTS:
		if (ops->counts)
			ops->counts(ctx, d->stream, &d->counts);
		break;
	case RILL_DEFINED_TOTALS:
		if (ops->totals)
			ops->totals(ctx, d->stream, &d->stats);
		break;
	}
}

void rill_defined_tell(struct rill_defined_list *list, const struct rill_packet_reader_ops *ops,
		       void *ctx)
{
	for (size_t i = 0; i < list->count; i++) {
		struct rill_defined *const d = &list->items[i];

		tell(d, ops, ctx);
		free(d->name);
		free(d->args);
	}
	list->count = list->bytes = 0;
}

bool rill_defined_is_early(const struct rill_defined_list *list)
{
	/* All of one packet are of one stream. That of one that never says whose it is cannot wait
	 * for ever. */
	return list->count && list->count < EARLY_MAX && list->bytes < EARLY_BYTES_MAX &&
	       !list->items[list->count - 1].stream->has_origin;
}

void rill_defined_free(struct rill_defined_list *list)
{
	static const struct rill_packet_reader_ops nobody;

	rill_defined_tell(list, &nobody, NULL);
	free(list->items);
	list->items = NULL;
	list->room = 0;
}
