/* SPDX-License-Identifier: MIT
 * elf_image.c - a program's file as it will lie in memory: bytes by address, for any processor.
 *
 * libelf reads the tables of headers; the bytes themselves are read here, with pread: a mapped
 * file that somebody shortens meanwhile would kill the tool.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE          /* SEEK_DATA */
#include "elf_image.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Windows begin at multiples of STEP and overlap by the longest read, so that one window holds
 * any read whole. */
enum { STEP = 64 << 10, WINDOW = STEP + RILL_ELF_TEXT_MAX, DYNAMIC_MAX = 4096 };

size_t rill_elf_read(const struct rill_elf *e, uint64_t at, void *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = pread(e->fd, (char *)to + got, size - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

uint64_t rill_elf_written(const struct rill_elf *e, uint64_t offset)
{
	const off_t at = lseek(e->fd, (off_t)offset, SEEK_DATA);

	return at >= 0 ? (uint64_t)at : errno == ENXIO ? e->file_size : offset;
}

static void load(struct rill_elf *e, struct rill_elf_window *w, uint64_t at)
{
	if (!w->bytes)
		w->bytes = rill_alloc(WINDOW, 1);
	w->at = at;
	w->size = rill_elf_read(e, at, w->bytes, WINDOW);
}

const char *rill_elf_file_bytes(struct rill_elf *e, uint64_t offset, size_t size)
{
	const uint64_t at = offset / STEP * STEP;
	struct rill_elf_window *w = e->windows;

	if (size > RILL_ELF_TEXT_MAX || offset > e->file_size || size > e->file_size - offset)
		return NULL;
	for (unsigned i = 0; i < RILL_ELF_WINDOWS; i++) {
		struct rill_elf_window *other = &e->windows[i];

		if (other->bytes && other->at == at) {
			w = other;
			break;
		}
		if (other->used < w->used)
			w = other;
	}
	if (!w->bytes || w->at != at)
		load(e, w, at);
	w->used = ++e->clock;
	return offset - at + size <= w->size ? w->bytes + (offset - at) : NULL;
}

/* Where in the file the byte at address is, and how many follow it in its segment. */
static bool place(const struct rill_elf *e, uint64_t address, uint64_t *offset, uint64_t *left)
{
	for (unsigned i = 0; i < e->segment_count; i++) {
		const struct rill_elf_segment *s = &e->segments[i];

		if (address < s->address || address - s->address >= s->size)
			continue;
		*offset = s->offset + (address - s->address);
		*left = s->size - (address - s->address);
		return true;
	}
	return false;
}

bool rill_elf_bytes(struct rill_elf *e, uint64_t address, void *to, size_t size)
{
	uint64_t offset, left;
	const char *bytes;

	if (!place(e, address, &offset, &left) || size > left)
		return false;
	bytes = rill_elf_file_bytes(e, offset, size);
	if (bytes)
		memcpy(to, bytes, size);
	return bytes != NULL;
}

static bool is_zero(const char *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
}

/* Zeros are not written to `to`: most of a core file is memory that nobody used, and shall not take any here. */
static uint64_t copy_piece(struct rill_elf *e, uint64_t offset, uint8_t *to, uint64_t size)
{
	char *const piece = rill_alloc(WINDOW, 1);
	uint64_t done = 0;

	while (done < size) {
		const uint64_t hole = rill_elf_written(e, offset + done) - offset - done, left = size - done;
		const size_t wanted = left < WINDOW ? (size_t)left : WINDOW;
		size_t got;

		if (hole) {
			done += hole < left ? hole : left;
			continue;
		}
		got = rill_elf_read(e, offset + done, piece, wanted);
		for (size_t at = 0; at < got; at += RILL_ELF_TEXT_MAX) {
			const size_t part = got - at < RILL_ELF_TEXT_MAX ? got - at : RILL_ELF_TEXT_MAX;

			if (!is_zero(piece + at, part))
				memcpy(to + done + at, piece + at, part);
		}
		done += got;
		if (got < wanted)
			break;
	}
	free(piece);
	return done;
}

uint64_t rill_elf_copy(struct rill_elf *e, uint64_t address, uint8_t *to, uint64_t size)
{
	uint64_t copied = 0;

	for (unsigned i = 0; i < e->segment_count && copied < size; i++) {
		const struct rill_elf_segment *s = &e->segments[i];
		const uint64_t skip = s->address > address ? s->address - address : 0;
		const uint64_t into = s->address > address ? 0 : address - s->address;
		const uint64_t left = into < s->size ? s->size - into : 0, room = skip < size ? size - skip : 0;

		if (left && room)
			copied += copy_piece(e, s->offset + into, to + skip, left < room ? left : room);
	}
	return copied;
}

/* ---- notes ---------------------------------------------------------------------------------- */

bool rill_elf_note(struct rill_elf *e, struct rill_elf_note *n)
{
	const uint64_t from = n->next ? n->next : e->notes.offset, end = e->notes.offset + e->notes.size;
	const char *header;
	uint64_t name_size;

	if (from > end || end - from < 12 || !(header = rill_elf_file_bytes(e, from, 12)))
		return false;
	name_size = ((uint64_t)rill_elf_u32(e, header) + 3) & ~UINT64_C(3);
	n->size = rill_elf_u32(e, header + 4);
	n->type = rill_elf_u32(e, header + 8);
	n->at = from + 12 + name_size;
	n->next = n->at + ((n->size + 3) & ~UINT64_C(3));
	return n->at <= end && n->size <= end - n->at;
}

bool rill_elf_text(struct rill_elf *e, uint64_t address, char to[RILL_ELF_TEXT_MAX])
{
	uint64_t offset, left;
	const char *bytes;
	size_t size;

	if (!place(e, address, &offset, &left))
		return false;
	if (offset >= e->file_size)
		return false;
	if (left > e->file_size - offset)
		left = e->file_size - offset;
	size = left < RILL_ELF_TEXT_MAX - 1 ? (size_t)left : RILL_ELF_TEXT_MAX - 1;
	bytes = rill_elf_file_bytes(e, offset, size);
	if (!bytes)
		return false;
	memcpy(to, bytes, size);
	to[size] = 0;
	return true;
}

uint64_t rill_elf_word(const struct rill_elf *e, const void *at)
{
	const unsigned char *b = at;
	const uint32_t first = rill_elf_u32(e, b), second = e->wide ? rill_elf_u32(e, b + 4) : 0;

	if (!e->wide)
		return first;
	return e->big_endian ? (uint64_t)first << 32 | second : (uint64_t)second << 32 | first;
}

uint32_t rill_elf_u32(const struct rill_elf *e, const void *at)
{
	const unsigned char *b = at;

	if (e->big_endian)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

uint16_t rill_elf_u16(const struct rill_elf *e, const void *at)
{
	const unsigned char *b = at;

	return (uint16_t)(e->big_endian ? b[0] << 8 | b[1] : b[1] << 8 | b[0]);
}

/* The loadable segments and the notes, as far as they are in the file. */
static bool take_segments(struct rill_elf *e)
{
	unsigned room = 0;
	size_t count;

	if (elf_getphdrnum(e->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count && i < RILL_ELF_SEGMENTS_MAX; i++) {
		uint64_t left;
		GElf_Phdr p;

		if (!gelf_getphdr(e->elf, (int)i, &p))
			return false;
		if (p.p_type != PT_LOAD && (p.p_type != PT_NOTE || e->notes.size))
			continue;
		left = p.p_offset < e->file_size ? e->file_size - p.p_offset : 0;
		if (p.p_filesz > left) {
			e->cut += p.p_filesz - left;
			p.p_filesz = left;
		}
		if (!p.p_filesz || p.p_vaddr + p.p_filesz < p.p_vaddr)
			continue;
		if (p.p_type == PT_NOTE) {
			e->notes = (struct rill_elf_segment){ 0, p.p_offset, p.p_filesz };
			continue;
		}
		if (e->segment_count == room)
			e->segments = rill_grow(e->segments, room = room ? 2 * room : 16, sizeof *e->segments);
		e->segments[e->segment_count++] =
			(struct rill_elf_segment){ p.p_vaddr, p.p_offset, p.p_filesz };
	}
	return true;
}

enum rill_elf_error rill_elf_open(struct rill_elf *e, const char *path)
{
	GElf_Ehdr header;
	struct stat st;

	*e = (struct rill_elf){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	if (e->fd < 0)
		return RILL_ELF_UNREADABLE;
	if (fstat(e->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return RILL_ELF_UNREADABLE;
	}
	e->file_size = (uint64_t)st.st_size;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return RILL_ELF_BROKEN;
	e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
	if (!e->elf || elf_kind(e->elf) != ELF_K_ELF)
		return RILL_ELF_NO_ELF;
	if (!gelf_getehdr(e->elf, &header))
		return RILL_ELF_BROKEN;
	e->big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
	e->object = header.e_type == ET_REL;
	e->core = header.e_type == ET_CORE;
	e->wide = header.e_ident[EI_CLASS] == ELFCLASS64;
	e->sections = header.e_shoff != 0;
	return take_segments(e) ? RILL_ELF_OK : RILL_ELF_BROKEN;
}

void rill_elf_close(struct rill_elf *e)
{
	if (e->elf)
		elf_end(e->elf);
	for (unsigned i = 0; i < RILL_ELF_WINDOWS; i++)
		free(e->windows[i].bytes);
	free(e->segments);
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct rill_elf){ .fd = -1 };
}

static Elf_Scn *find_section(struct rill_elf *e, const char *name, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(e->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(e->elf, section))) {
		const char *text;

		if (!gelf_getshdr(section, header))
			continue;
		text = elf_strptr(e->elf, names, header->sh_name);
		if (text && !strcmp(text, name))
			return section;
	}
	return NULL;
}

struct rill_elf_section rill_elf_find(struct rill_elf *e, const char *name)
{
	struct rill_elf_section found = { 0 };
	GElf_Shdr header;

	if (find_section(e, name, &header)) {
		found.found = true;
		found.has_bytes = header.sh_type != SHT_NOBITS;
		found.address = header.sh_addr;
		found.size = header.sh_size;
	}
	return found;
}

char *rill_elf_section_copy(struct rill_elf *e, const char *name, size_t size_max, size_t *size)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(e, name, &header);
	Elf_Data *data;
	GElf_Chdr packed;
	char *copy;

	if (!section || header.sh_type == SHT_NOBITS || !header.sh_size || header.sh_size > e->file_size ||
	    header.sh_size > size_max)
		return NULL;
	if (header.sh_flags & SHF_COMPRESSED &&
	    (!gelf_getchdr(section, &packed) || packed.ch_size > size_max || elf_compress(section, 0, 0) < 0))
		return NULL;
	data = elf_rawdata(section, NULL);
	if (header.sh_flags & SHF_COMPRESSED)
		data = elf_getdata(section, NULL);
	if (!data || !data->d_buf || !data->d_size || data->d_size > size_max)
		return NULL;
	copy = rill_alloc(data->d_size, 1);
	memcpy(copy, data->d_buf, data->d_size);
	*size = data->d_size;
	return copy;
}

bool rill_elf_needs(struct rill_elf *e, const char *library)
{
	const size_t length = strlen(library);
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(e->elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && i < DYNAMIC_MAX; i++) {
			GElf_Dyn entry;
			const char *text;

			if (!gelf_getdyn(data, i, &entry) || entry.d_tag == DT_NULL)
				break;
			if (entry.d_tag != DT_NEEDED)
				continue;
			text = elf_strptr(e->elf, header.sh_link, entry.d_un.d_val);
			if (text && !strncmp(text, library, length))
				return true;
		}
	}
	return false;
}
