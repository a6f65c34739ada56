/* SPDX-License-Identifier: MIT
 * note.c - finding one ELF note in a loaded object.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"

#include <string.h>

static uint64_t aligned(uint64_t size, uint64_t alignment)
{
	return (size + alignment - 1) & ~(alignment - 1);
}

static const uint8_t *find(const uint8_t *notes, uint64_t left, uint64_t alignment, const char *owner, uint32_t type, size_t *size)
{
	const size_t owner_size = strlen(owner) + 1;

	while (left >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)(const void *)notes;
		/* 64 bits: sizes near 2^32 must not come out small again. */
		uint64_t descriptor = aligned(sizeof *head + (uint64_t)head->n_namesz, alignment);
		uint64_t next = aligned(descriptor + head->n_descsz, alignment);

		/* The last note of a segment need not be padded. */
		if (descriptor + head->n_descsz > left)
			return NULL;
		if (head->n_type == type && head->n_namesz == owner_size && !memcmp(notes + sizeof *head, owner, owner_size)) {
			*size = head->n_descsz;
			return notes + descriptor;
		}
		if (next >= left)
			return NULL;
		notes += next;
		left -= next;
	}
	return NULL;
}

const uint8_t *rill_linux_note(const struct dl_phdr_info *object, const char *owner, uint32_t type, size_t *size)
{
	const uint8_t *found = NULL;

	for (unsigned i = 0; i < object->dlpi_phnum && !found; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type == PT_NOTE)
			found = find((const uint8_t *)(uintptr_t)(object->dlpi_addr + p->p_vaddr), p->p_memsz,
				     p->p_align == 8 ? 8 : 4, owner, type, size);
	}
	return found;
}
