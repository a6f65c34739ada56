/* SPDX-License-Identifier: MIT
 * last_thread.c - has the program ended, and only rill's threads keep the process alive?
 */
#include "port/linux/linux.h"

#include <string.h>
#include <sys/stat.h>

/* A first thread that has ended before others stays as a zombie until they end too. */
static bool first_thread_ended(void)
{
	char text[512];
	const char *behind_name;

	if (rill_linux_read_file("/proc/self/stat", text, sizeof text) <= 0)
		return false;
	behind_name = strrchr(text, ')');
	return behind_name && behind_name[1] == ' ' && behind_name[2] == 'Z';
}

bool rill_port_only_ours_left(void)
{
	struct stat tasks;

	/* "." and ".." and one folder per thread, the zombie among them. */
	return first_thread_ended() && stat("/proc/self/task", &tasks) == 0 &&
	       (long)tasks.st_nlink - 2 == 1 + rill_linux_threads_running();
}
