/* SPDX-License-Identifier: MIT
 * one_runtime.c - finding other copies of librill in this process.
 *
 * Each copy (linked statically into a program or a shared object, or the shared library) carries an ELF note that
 * leads to a marker. Whoever comes first marks himself; the others find him by walking the notes of all
 * loaded objects. Nothing is exported for it, so it also works between hidden copies.
 */
#define _GNU_SOURCE
#include "port/port.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

struct marker {
	_Atomic uint32_t active;
};
static struct marker mine __attribute__((used));

/* name "rill", type 1, descriptor: distance from the descriptor to the marker. */
__asm__(".pushsection .note.rill,\"a\",%note\n"
	".balign 4\n"
	".4byte 5, 4, 1\n"
	".asciz \"rill\"\n"
	".balign 4\n"
	"1: .4byte rill_runtime_marker - 1b\n"
	".popsection\n");
extern struct marker rill_runtime_marker __attribute__((alias("mine"), visibility("hidden")));

struct search {
	const char *where;	/* the object with another copy that is active */
};

static const struct marker *marker_of(const uint8_t *note, size_t size)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)(const void *)note;
		size_t name = (head->n_namesz + 3u) & ~(size_t)3, value = (head->n_descsz + 3u) & ~(size_t)3;
		const uint8_t *descriptor = note + sizeof *head + name;
		int32_t distance;

		if (sizeof *head + name + value > size)
			return NULL;
		if (head->n_type == 1 && head->n_namesz == 5 && head->n_descsz == 4 &&
		    !memcmp(note + sizeof *head, "rill", 5)) {
			memcpy(&distance, descriptor, sizeof distance);
			return (const struct marker *)(const void *)(descriptor + distance);
		}
		note += sizeof *head + name + value;
		size -= sizeof *head + name + value;
	}
	return NULL;
}

static int look(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct search *s = ctx;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const struct marker *m = p->p_type != PT_NOTE ? NULL :
			marker_of((const uint8_t *)(uintptr_t)(info->dlpi_addr + p->p_vaddr), p->p_memsz);

		if (m && m != &mine && atomic_load(&m->active)) {
			s->where = info->dlpi_name[0] ? info->dlpi_name : "the program";
			return 1;
		}
	}
	return 0;
}

bool rill_port_claim_process(const char **other)
{
	struct search s = { NULL };

	if (atomic_load(&mine.active))
		return true;
	dl_iterate_phdr(look, &s);
	*other = s.where;
	if (!s.where)
		atomic_store(&mine.active, 1);
	return !s.where;
}
