/* SPDX-License-Identifier: MIT
 * thread_proc.c - what /proc says of a thread: when it began, and its name.
 */
#include "port/linux/linux.h"

#include <stdlib.h>
#include <string.h>

static char *add_text(char *end, const char *text)
{
	while (*text)
		*end++ = *text++;
	*end = '\0';
	return end;
}

static char *add_number(char *end, uint32_t number)
{
	char digits[11], *d = digits + sizeof(digits) - 1;

	*d = '\0';
	do
		*--d = (char)('0' + number % 10);
	while (number /= 10);
	return add_text(end, d);
}

/* A thread attaches in whatever context its first event comes from, signal handlers too: no
 * printf here. */
static ssize_t read_task_file(uint32_t pid, uint32_t tid, const char *file, char *text, size_t size)
{
	char path[64], *end = path;

	end = add_text(end, "/proc/");
	end = add_number(end, pid);
	end = add_text(end, "/task/");
	end = add_number(end, tid);
	end = add_text(end, "/");
	add_text(end, file);
	return rill_linux_read_file(path, text, size);
}

/* Field 22 of stat. The name in field 2 may hold blanks and parentheses, so fields are counted
 * from the last one. */
uint64_t rill_port_thread_start_time(uint32_t pid, uint32_t tid)
{
	char text[1024];
	const char *field;

	if (read_task_file(pid, tid, "stat", text, sizeof(text)) <= 0)
		return 0;
	field = strrchr(text, ')');
	for (int number = 2; field && number < 22; number++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field + 1, NULL, 10) : 0;
}

void rill_port_thread_comm(uint32_t pid, uint32_t tid, char *name, size_t size)
{
	char text[64];
	ssize_t length = read_task_file(pid, tid, "comm", text, sizeof(text));

	/* The kernel ends it with a newline; one before that is part of the name. */
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	for (size_t i = 0; i < size; i++) {
		name[i] = i + 1 < size ? text[i] : '\0';
		if (!name[i])
			break;
	}
}
