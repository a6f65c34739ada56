/* SPDX-License-Identifier: MIT
 * machine.c - what this machine and this program are, for the head of a trace.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"
#include "port/port.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first object is the program itself: its GNU build id, as hexadecimal. */
static int of_program(struct dl_phdr_info *info, size_t info_size, void *machine)
{
	struct rill_port_machine *m = machine;
	const uint8_t *id;
	size_t size;

	(void)info_size;
	id = rill_linux_note(info, "GNU", NT_GNU_BUILD_ID, &size);
	for (size_t i = 0; id && i < size && 2 * i + 3 <= sizeof m->build_id; i++)
		snprintf(m->build_id + 2 * i, 3, "%02x", id[i]);
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
	rill_port_boot_id(m->boot_id);
	dl_iterate_phdr(of_program, m);
}
