/* SPDX-License-Identifier: MIT
 * message_short.c - messages as numbers, in place of message.c where the configuration leaves their texts out (CONFIG_RILL_MESSAGES).
 *
 * "error 22 at 143": the number of errno.h, and the line of rill's source that says what is wrong. `make messages` lists all
 * of them with their texts.
 */
#include "control/message_line.h"
#include "control/uncancelled.h"
#include "port/port.h"

#include <errno.h>
#include <rill/session.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 16 };	/* of one process; what is said again and again is not worth more */

static _Thread_local char sentence[32];

int rill_fail_at(int code, unsigned line)
{
	int saved = errno;

	snprintf(sentence, sizeof sentence, "error %d at %u", code, line);
	errno = saved;
	return -code;
}

const char *rill_error(void)
{
	return sentence;
}

void rill_warn_at(unsigned source_line)
{
	RILL_UNCANCELLED;
	static _Atomic uint32_t told;
	const char *quiet = rill_port_env("RILL_QUIET");
	char line[32];
	int saved = errno;

	if (!(quiet && *quiet && strcmp(quiet, "0")) && atomic_fetch_add(&told, 1) < LINES_MAX) {
		snprintf(line, sizeof line, "rill: message %u\n", source_line);
		rill_message_line(line, strlen(line));
	}
	errno = saved;
}
