/* SPDX-License-Identifier: MIT
 * named.h - which threads have been given their name in the current file, and which of their names.
 */
#ifndef RILL_SINK_NAMED_H
#define RILL_SINK_NAMED_H

#include <rill/subscriber.h>
#include <stdbool.h>

struct rill_named_slot {
	uint32_t serial, generation;
	bool used;
};

/* Zeroed: nobody has been named. Memory is bounded: after some ten thousand threads the list
 * begins anew, and names are given again, which readers do not mind. */
struct rill_named {
	struct rill_named_slot *slots;
	uint32_t size, used;		/* size is 0 or a power of two */
};

/* True if this very name was given. */
bool rill_named_has(const struct rill_named *named, const struct rill_thread *thread);
void rill_named_add(struct rill_named *named, const struct rill_thread *thread);
void rill_named_clear(struct rill_named *named);
void rill_named_free(struct rill_named *named);

#endif
