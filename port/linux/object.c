/* SPDX-License-Identifier: MIT
 * object.c - by what the file of a loaded object can be found again.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"
#include "port/port.h"

#include <stdio.h>
#include <string.h>

struct wanted {
	uintptr_t address;
	char *name;
};

static bool holds(const struct dl_phdr_info *object, uintptr_t address)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && address - (object->dlpi_addr + p->p_vaddr) < p->p_memsz)
			return true;
	}
	return false;
}

static int describe(struct dl_phdr_info *object, size_t info_size, void *ctx)
{
	const struct wanted *w = ctx;
	const char *file = object->dlpi_name && object->dlpi_name[0] ? object->dlpi_name : rill_port_program_name();
	const char *slash = strrchr(file, '/');
	const uint8_t *id;
	size_t size;

	(void)info_size;
	if (!holds(object, w->address))
		return 0;
	id = rill_linux_note(object, "GNU", NT_GNU_BUILD_ID, &size);
	if (id && size >= RILL_PORT_OBJECT_ID_BYTES)
		for (unsigned i = 0; i < RILL_PORT_OBJECT_ID_BYTES; i++)
			snprintf(w->name + 2 * i, 3, "%02x", id[i]);
	else
		snprintf(w->name, RILL_PORT_OBJECT_MAX, "%s", slash ? slash + 1 : file);
	return 1;
}

void rill_port_object(const void *address, char name[RILL_PORT_OBJECT_MAX])
{
	struct wanted w = { (uintptr_t)address, name };

	name[0] = '\0';
	dl_iterate_phdr(describe, &w);
}
