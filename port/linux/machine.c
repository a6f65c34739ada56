/* SPDX-License-Identifier: MIT
 * machine.c - what this machine and this program are, for the head of a trace.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"
#include "port/port.h"

#include <fcntl.h>
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

/* Traces with the same one share CLOCK_MONOTONIC. Left empty where /proc is not mounted. */
static void read_boot_id(struct rill_port_machine *m)
{
	const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const ssize_t size = fd < 0 ? 0 : read(fd, m->boot_id, sizeof m->boot_id - 1);

	if (fd >= 0)
		close(fd);
	m->boot_id[size > 0 ? size : 0] = '\0';
	m->boot_id[strcspn(m->boot_id, "\n")] = '\0';
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
	read_boot_id(m);
	dl_iterate_phdr(of_program, m);
}
