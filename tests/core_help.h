/* SPDX-License-Identifier: MIT
 * core_help.h - a small core file made by hand, of any word size and order of bytes.
 */
#ifndef RILL_TESTS_CORE_HELP_H
#define RILL_TESTS_CORE_HELP_H

#include "image_help.h"

#include <elf.h>

enum {
	CORE_SEGMENTS_MAX = 8, CORE_NOTES_AT = 1024, CORE_NOTES_MAX = 1024, CORE_DATA_AT = CORE_NOTES_AT + CORE_NOTES_MAX,
	CORE_BYTES_MAX = CORE_DATA_AT + CORE_SEGMENTS_MAX * 2 * MADE_BYTES
};

struct made_core {
	uint8_t bytes[CORE_BYTES_MAX];
	size_t size, notes;
	unsigned segments;	/* that of the notes included */
	bool wide, big;
};

static inline void core_put(const struct made_core *c, uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[c->big ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* A word of the processor: 4 bytes on a narrow one, where it stands at another place. */
static inline void core_word(const struct made_core *c, uint8_t *at, unsigned wide_at, unsigned narrow_at, uint64_t value)
{
	core_put(c, at + (c->wide ? wide_at : narrow_at), value, c->wide ? 8 : 4);
}

static inline void core_header(struct made_core *c, uint32_t type, uint64_t address, size_t at, size_t size)
{
	const unsigned header = c->wide ? 64 : 52, each = c->wide ? 56 : 32;
	uint8_t *const p = c->bytes + header + c->segments++ * each;

	core_put(c, p, type, 4);
	core_word(c, p, 8, 4, at);
	core_word(c, p, 16, 8, address);
	core_word(c, p, 32, 16, size);
	core_word(c, p, 40, 20, size);
	core_put(c, c->bytes + (c->wide ? 56 : 44), c->segments, 2);
}

static inline void core_begin(struct made_core *c, bool wide, bool big)
{
	*c = (struct made_core){ .wide = wide, .big = big, .size = CORE_DATA_AT };
	memcpy(c->bytes, ELFMAG, SELFMAG);
	c->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	c->bytes[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	c->bytes[EI_VERSION] = EV_CURRENT;
	core_put(c, c->bytes + 16, ET_CORE, 2);
	core_put(c, c->bytes + 20, EV_CURRENT, 4);
	core_word(c, c->bytes, 32, 28, wide ? 64 : 52);
	core_put(c, c->bytes + (wide ? 52 : 40), wide ? 64 : 52, 2);
	core_put(c, c->bytes + (wide ? 54 : 42), wide ? 56 : 32, 2);
	core_header(c, PT_NOTE, 0, CORE_NOTES_AT, CORE_NOTES_MAX);
}

/* Memory of the process. */
static inline void core_memory(struct made_core *c, uint64_t address, const void *bytes, size_t size)
{
	core_header(c, PT_LOAD, address, c->size, size);
	memcpy(c->bytes + c->size, bytes, size);
	c->size += size;
}

/* Behind those before it: what is free is zero. */
static inline uint8_t *core_note(struct made_core *c, uint32_t type, size_t size)
{
	uint8_t *const n = c->bytes + CORE_NOTES_AT + c->notes;

	core_put(c, n, 5, 4);
	core_put(c, n + 4, size, 4);
	core_put(c, n + 8, type, 4);
	memcpy(n + 12, "CORE", 5);
	c->notes += 20 + ((size + 3) & ~(size_t)3);
	return n + 20;
}

static inline void core_pid(struct made_core *c, uint32_t pid)
{
	uint8_t *const n = core_note(c, NT_PRPSINFO, c->wide ? 136 : 124);

	core_put(c, n + (c->wide ? 24 : 12), pid, 4);
}

/* It had these two files mapped. */
static inline void core_files(struct made_core *c, const char *first, const char *second)
{
	const unsigned word = c->wide ? 8 : 4;
	uint8_t *n = core_note(c, NT_FILE, 8 * word + strlen(first) + strlen(second) + 2);

	core_put(c, n, 2, word);
	core_put(c, n + word, 4096, word);
	n += 8 * word;
	memcpy(n, first, strlen(first) + 1);
	memcpy(n + strlen(first) + 1, second, strlen(second) + 1);
}

#endif
