/* SPDX-License-Identifier: MIT
 * machine.c - what this machine and this program are, for the head of a trace.
 */
#define _GNU_SOURCE
#include "port/port.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The GNU build id in a segment of notes, as hexadecimal. */
static bool read_notes(const uint8_t *note, size_t size, char *text, size_t room)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)(const void *)note;
		size_t name = (head->n_namesz + 3u) & ~(size_t)3, value = (head->n_descsz + 3u) & ~(size_t)3;
		const uint8_t *bytes = note + sizeof *head + name;

		if (sizeof *head + name + value > size)
			return false;
		if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && !memcmp(note + sizeof *head, "GNU", 4)) {
			for (size_t i = 0; i < head->n_descsz && 2 * i + 3 <= room; i++)
				snprintf(text + 2 * i, 3, "%02x", bytes[i]);
			return true;
		}
		note += sizeof *head + name + value;
		size -= sizeof *head + name + value;
	}
	return false;
}

/* The first object is the program itself. */
static int of_program(struct dl_phdr_info *info, size_t size, void *machine)
{
	struct rill_port_machine *m = machine;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE &&
		    read_notes((const uint8_t *)(uintptr_t)(info->dlpi_addr + p->p_vaddr), p->p_memsz, m->build_id,
			       sizeof m->build_id))
			break;
	}
	return 1;
}

void rill_port_machine(struct rill_port_machine *m)
{
	struct utsname names;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	memset(m, 0, sizeof *m);
	snprintf(m->platform, sizeof m->platform, "%s", "linux");
	if (uname(&names) == 0) {
		snprintf(m->arch, sizeof m->arch, "%s", names.machine);
		snprintf(m->release, sizeof m->release, "%s", names.release);
	}
	m->processors = processors > 0 ? (uint32_t)processors : 1;
	dl_iterate_phdr(of_program, m);
}
