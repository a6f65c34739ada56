/* SPDX-License-Identifier: MIT
 * thread_no_proc.c - stands in where the configuration asks /proc for nothing (CONFIG_RILL_PROC): threads have the names that the
 * program gave them by rill_thread_name().
 */
#include "port/port.h"

uint64_t rill_port_thread_start_time(uint32_t pid, uint32_t tid)
{
	(void)pid;
	(void)tid;
	return 0;
}

void rill_port_thread_comm(uint32_t pid, uint32_t tid, char *name, size_t size)
{
	(void)pid;
	(void)tid;
	(void)size;
	name[0] = '\0';
}
