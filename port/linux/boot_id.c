/* SPDX-License-Identifier: MIT
 * boot_id.c - which run of the machine this is.
 */
#include "port/linux/linux.h"

#include <string.h>

/* Traces with the same one share CLOCK_MONOTONIC. Left empty where /proc is not mounted. */
void rill_port_boot_id(char id[RILL_PORT_BOOT_ID_BYTES])
{
	if (rill_linux_read_file("/proc/sys/kernel/random/boot_id", id, RILL_PORT_BOOT_ID_BYTES) < 0)
		id[0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}
