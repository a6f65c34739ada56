/* SPDX-License-Identifier: MIT
 * elf_image.h - a program's file as it will lie in memory: bytes by address, for any processor.
 *
 * Nothing in the file is trusted: every address is looked up in the loadable segments, every read
 * is checked against the file's size, and a text without an end is cut.
 */
#ifndef RILL_TOOL_ELF_IMAGE_H
#define RILL_TOOL_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RILL_ELF_SEGMENTS_MAX = 1 << 20, RILL_ELF_TEXT_MAX = 4096, RILL_ELF_WINDOWS = 8 };

struct rill_elf_section {
	uint64_t address, size;
	bool found, has_bytes;
};

struct rill_elf {
	int fd;
	void *elf; /* libelf's */
	uint64_t file_size;
	bool big_endian, object; /* object: not linked yet (.o) */
	bool core;               /* no program, but what one had in memory when it died */
	bool sections;           /* there is a section table */
	bool wide;               /* pointers of 64 bits */
	struct rill_elf_segment {
		uint64_t address, offset, size;
	} *segments;
	unsigned segment_count;
	struct rill_elf_segment notes; /* the first segment of notes; of size 0: there is none */
	uint64_t cut;                  /* bytes of segments that the file should have, and that are behind its end */
	struct rill_elf_window { /* parts of the file, the least recently used one is replaced */
		char *bytes;
		uint64_t at, used;
		size_t size;
	} windows[RILL_ELF_WINDOWS];
	uint64_t clock;
};

enum rill_elf_error {
	RILL_ELF_OK,
	RILL_ELF_UNREADABLE, /* errno says why */
	RILL_ELF_NO_ELF,     /* a script, a picture, ... */
	RILL_ELF_BROKEN      /* begins like an ELF file, but is not whole */
};

enum rill_elf_error rill_elf_open(struct rill_elf *elf, const char *path);
void rill_elf_close(struct rill_elf *elf);

struct rill_elf_section rill_elf_find(struct rill_elf *elf, const char *section);

/* The bytes of a section, loaded or not, unpacked if they are compressed; to be freed. NULL: there is none, or more than size_max. */
char *rill_elf_section_copy(struct rill_elf *elf, const char *section, size_t size_max, size_t *size);

/* Is one of the libraries that the program asks for named like this ("librill.so")? */
bool rill_elf_needs(struct rill_elf *elf, const char *library);

/* Copies size bytes at address; false if they are not all in the file. */
bool rill_elf_bytes(struct rill_elf *elf, uint64_t address, void *to, size_t size);

/* Copies what the file has of [address, address + size), and leaves the rest of `to` as it is. Returns the number of bytes copied. */
uint64_t rill_elf_copy(struct rill_elf *elf, uint64_t address, uint8_t *to, uint64_t size);

/* A note in a file of notes. */
struct rill_elf_note {
	uint32_t type;
	uint64_t at; /* of its contents, in the file */
	uint64_t size;
	uint64_t next; /* for rill_elf_note() */
};
/* The note behind this one; the first behind one of zeros. False: there is no more. */
bool rill_elf_note(struct rill_elf *elf, struct rill_elf_note *note);

/* Reads bytes of the file at offset; returns how many there were. */
size_t rill_elf_read(const struct rill_elf *elf, uint64_t offset, void *to, size_t size);

/* Where from offset on the next bytes are that somebody wrote: what lies before them is a hole of zeros. */
uint64_t rill_elf_written(const struct rill_elf *elf, uint64_t offset);

/* size bytes of the file at offset, of at most RILL_ELF_TEXT_MAX; they stay valid until the next call of any of these. NULL: not
 * all there. */
const char *rill_elf_file_bytes(struct rill_elf *elf, uint64_t offset, size_t size);

/* A text at address, cut to RILL_ELF_TEXT_MAX - 1 bytes; false if it is not in the file. */
bool rill_elf_text(struct rill_elf *elf, uint64_t address, char to[RILL_ELF_TEXT_MAX]);

/* Numbers in the file's byte order. */
uint64_t rill_elf_word(const struct rill_elf *elf, const void *at); /* of 4 or 8 bytes, as pointers are */
uint32_t rill_elf_u32(const struct rill_elf *elf, const void *at);
uint16_t rill_elf_u16(const struct rill_elf *elf, const void *at);

#endif
