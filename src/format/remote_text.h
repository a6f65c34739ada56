/* SPDX-License-Identifier: MIT
 * remote_text.h - the packets of the control socket: a line with a word, and lines with pairs behind it.
 *
 *     start                   start: what is asked for; `session`, `done`, `error`: what is answered
 *     filter=net,-net.rx      any value; control characters and % are %0A and the like
 *     option=slices           the same key may come again
 */
#ifndef RILL_FORMAT_REMOTE_TEXT_H
#define RILL_FORMAT_REMOTE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RILL_REMOTE_VERSION = 1,	/* of the words and what they mean */
	RILL_REMOTE_BYTES = 16384,
	RILL_REMOTE_PAIRS = 64
};

struct rill_remote_packet {
	size_t used;
	bool cut;	/* something did not fit */
	char text[RILL_REMOTE_BYTES];
};

void rill_remote_begin(struct rill_remote_packet *packet, const char *word);
/* What does not fit is left out, or cut at its end; the packet is still well-formed. */
void rill_remote_put(struct rill_remote_packet *packet, const char *key, const char *value);
void rill_remote_put_number(struct rill_remote_packet *packet, const char *key, uint64_t value);

struct rill_remote_words {
	const char *word;
	unsigned count;
	struct {
		const char *key, *value;
	} pair[RILL_REMOTE_PAIRS];
};

/* Takes a packet apart, in its place; bytes[size] is there, too. NULL, or what is wrong with it. */
const char *rill_remote_parse(char *bytes, size_t size, struct rill_remote_words *words);
/* The first of that key, or NULL. */
const char *rill_remote_value(const struct rill_remote_words *words, const char *key);
/* A number of at most 64 bits; 0 where there is none. */
uint64_t rill_remote_number(const struct rill_remote_words *words, const char *key);

#endif
