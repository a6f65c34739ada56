/* SPDX-License-Identifier: MIT
 * core.c - the rings of a process out of its core file.
 *
 * A process may have several images in its memory: those of its parents, whose memory it has from fork(). Its own is the one with its
 * pid; where the file does not say the pid, the newest.
 */
#include "core.h"
#include "elf_image.h"
#include "image.h"
#include "tool.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is missing is taken for zeros, up to so much: a few bytes shall not ask for all the memory there is. */
enum { PAGE = 4096, PIECE = 64 * PAGE, MISSING_MAX = 128 << 20 };

struct core {
	struct rill_elf elf;
	const char *path;
	uint32_t pid;	/* 0: the file does not say */
	char ring_file[RILL_ELF_TEXT_MAX];	/* that the process had mapped; "": none that looks like one */
	bool found;
	uint64_t address;	/* of the image that was found */
	struct rill_image_head head;
	const char *damage;	/* of what only looked like one; NULL: nothing did */
};

/* ---- notes ------------------------------------------------------------------------------------- */

/* struct elf_prpsinfo: pointers, and numbers of users, are not of the same size everywhere. */
static void take_process(struct core *c, const struct rill_elf_note *n)
{
	const unsigned at = n->size == 136 ? 24 : n->size == 128 ? 16 : 12;
	const char *bytes = n->size == 136 || n->size == 128 || n->size == 124 ? rill_elf_file_bytes(&c->elf, n->at + at, 4) : NULL;

	if (bytes)
		c->pid = rill_elf_u32(&c->elf, bytes);
}

/* {count, size of a page}, count times {from, to, offset}, then count names. */
static void take_files(struct core *c, const struct rill_elf_note *n)
{
	static const char end[] = ".ring";
	const unsigned word = c->elf.wide ? 8 : 4;
	const char *bytes = n->size >= 2 * word ? rill_elf_file_bytes(&c->elf, n->at, word) : NULL;
	const uint64_t count = bytes ? rill_elf_word(&c->elf, bytes) : 0;
	uint64_t at = 2 * word, size;

	if (count > n->size / (3 * word))
		return;
	for (at += 3 * word * count; at < n->size && !c->ring_file[0]; at += size) {
		const size_t room = n->size - at < RILL_ELF_TEXT_MAX ? (size_t)(n->size - at) : RILL_ELF_TEXT_MAX;
		const char *const nul = (bytes = rill_elf_file_bytes(&c->elf, n->at + at, room)) ? memchr(bytes, 0, room) : NULL;

		if (!nul)
			return;
		size = (uint64_t)(nul - bytes) + 1;
		if (size > sizeof end && !strcmp(nul - (sizeof end - 1), end))
			memcpy(c->ring_file, bytes, (size_t)size);
	}
}

static void take_notes(struct core *c)
{
	struct rill_elf_note note = { 0 };

	while (rill_elf_note(&c->elf, &note)) {
		if (note.type == NT_PRPSINFO)
			take_process(c, &note);
		else if (note.type == NT_FILE)
			take_files(c, &note);
	}
}

/* ---- memory ------------------------------------------------------------------------------------ */

static bool is_better(const struct core *c, const struct rill_image_head *h)
{
	if (!c->found || (h->pid == c->pid) != (c->head.pid == c->pid))
		return !c->found || h->pid == c->pid;
	return h->realtime_ns > c->head.realtime_ns;
}

static void look_at(struct core *c, uint64_t address)
{
	uint8_t bytes[sizeof c->head] = { 0 };
	struct rill_image_head head;
	const char *why;
	bool swap;

	rill_elf_copy(&c->elf, address, bytes, sizeof bytes);
	if (!rill_image_head(bytes, sizeof bytes, &head, &swap, &why)) {
		c->damage = why;
	} else if (is_better(c, &head)) {
		c->found = true;
		c->address = address;
		c->head = head;
	}
}

/* The bytes of a segment from `at` on, of which what lies in a hole is left out. Returns where to go on. */
static uint64_t search_piece(struct core *c, const struct rill_elf_segment *s, uint64_t at, char *piece)
{
	static const char magic[] = RILL_IMAGE_MAGIC;
	const uint64_t hole = (rill_elf_written(&c->elf, s->offset + at) - s->offset - at) / PAGE * PAGE;
	const size_t wanted = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
	size_t got;

	if (hole)
		return hole < s->size - at ? at + hole : s->size;
	got = rill_elf_read(&c->elf, s->offset + at, piece, wanted);
	for (size_t page = 0; page + sizeof magic - 1 <= got; page += PAGE)
		if (!memcmp(piece + page, magic, sizeof magic - 1))
			look_at(c, s->address + at + page);
	return at + wanted;
}

/* Segments do not overlap: those that say they do are not read again and again. */
static void search(struct core *c)
{
	char *const piece = rill_alloc(PIECE, 1);
	uint64_t left = c->elf.file_size;

	for (unsigned i = 0; i < c->elf.segment_count && left; i++) {
		const struct rill_elf_segment *const s = &c->elf.segments[i];

		for (uint64_t at = -s->address % PAGE, next; at < s->size && left; at = next) {
			next = search_piece(c, s, at, piece);
			left -= next - at < left ? next - at : left;
		}
	}
	free(piece);
}

static uint64_t image_bytes(const struct rill_image_head *h)
{
	uint64_t size = 0, end;

	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		const struct rill_image_part *const p = &h->part[kind];

		if (p->crc && __builtin_add_overflow(p->at, p->bytes, &end))
			return UINT64_MAX;
		if (p->crc && end > size)
			size = end;
	}
	return size;
}

static bool assemble(struct core *c, struct rill_core_image *image)
{
	const uint64_t size = image_bytes(&c->head);

	if ((size > c->elf.file_size && size > MISSING_MAX) || size >= SIZE_MAX) {
		rill_say("%s: the rings in its memory say that they have %llu bytes, which cannot be in so small a file: it was cut%s, or is "
			 "damaged", c->path, (unsigned long long)size, c->elf.cut ? " (let it be larger: ulimit -c unlimited)" : "");
		return false;
	}
	image->size = (size_t)size;
	image->bytes = rill_alloc((size_t)size + 1, 1);
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		const struct rill_image_part *const p = &c->head.part[kind];
		/* The first begins with the head, which was found. */
		const uint64_t from = p->at ? p->address : c->address;
		const uint64_t copied = p->crc ? rill_elf_copy(&c->elf, from, image->bytes + p->at, p->bytes) : p->bytes;

		image->missing += copied < p->bytes ? p->bytes - copied : 0;
	}
	if (image->missing > size)	/* a head that lies: its parts overlap */
		image->missing = size;
	if (c->pid && c->pid != c->head.pid)
		rill_say("%s is of process %u, and the rings in its memory are those of process %u: of a parent, or it has another number "
			 "inside a container", c->path, c->pid, c->head.pid);
	return true;
}

/* ---- the file ---------------------------------------------------------------------------------- */

static void say_none(const struct core *c)
{
	if (c->damage)
		rill_say("%s: what looks like rings in its memory %s", c->path, c->damage);
	else if (c->ring_file[0])
		rill_say("%s has no rings in its memory: its program had them in a file, %s: rill extract that", c->path, c->ring_file);
	else if (c->elf.cut)
		rill_say("%s has no rings in its memory, of which %llu bytes were cut off: let core files be larger (ulimit -c unlimited)",
			 c->path, (unsigned long long)c->elf.cut);
	else
		rill_say("%s has no rings in its memory: its program had no session of rill, or that memory was left out of the file (see "
			 "/proc/PID/coredump_filter of the program: bit 0 is wanted, or bit 3 for rings in a file)", c->path);
}

static bool open_core(struct core *c)
{
	const enum rill_elf_error error = rill_elf_open(&c->elf, c->path);

	if (error == RILL_ELF_OK && (c->elf.segment_count || c->elf.cut))
		return true;
	if (error == RILL_ELF_UNREADABLE)
		rill_say("cannot read %s: %s", c->path,
			 errno == EINVAL ? "a core file is not read from a pipe: save it first" : strerror(errno));
	else
		rill_say("%s begins as a core file, but its headers are cut or damaged", c->path);
	return false;
}

bool rill_core_begins(const uint8_t *bytes, size_t size)
{
	if (size < RILL_CORE_BEGIN || memcmp(bytes, ELFMAG, SELFMAG))
		return false;
	return bytes[EI_DATA] == ELFDATA2MSB ? !bytes[16] && bytes[17] == ET_CORE : bytes[16] == ET_CORE && !bytes[17];
}

bool rill_core_read(const char *path, struct rill_core_image *image)
{
	struct core *const c = rill_alloc(1, sizeof *c);
	bool good;

	*image = (struct rill_core_image){ NULL, 0, 0 };
	c->path = path;
	good = open_core(c);
	if (good) {
		take_notes(c);
		search(c);
		if (!c->found)
			say_none(c);
		good = c->found && assemble(c, image);
	}
	rill_elf_close(&c->elf);
	free(c);
	return good;
}
