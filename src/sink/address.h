/* SPDX-License-Identifier: MIT
 * address.h - the name of an outlet: a file's pattern, or KIND:PLACE?OPTION&OPTION=VALUE.
 *
 *     trace.${pid}.json             a file
 *     serial:/dev/ttyS1?baud=115200&console&flow&unit=1us
 *     tcp-listen:7000               tcp-listen:0.0.0.0:7000?exposed
 *     tcp:192.168.1.2:7000          unix:/run/reader    unix-listen:/run/trace
 *     memory:256?dump=/tmp/last.rill
 *     fd:3                          -  (standard output)
 *
 * A file whose name looks like one of these is written as ./serial:x.
 */
#ifndef RILL_SINK_ADDRESS_H
#define RILL_SINK_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum rill_address_kind {
	RILL_ADDRESS_FILE,
	RILL_ADDRESS_SERIAL,
	RILL_ADDRESS_TCP,
	RILL_ADDRESS_TCP_LISTEN,
	RILL_ADDRESS_UNIX,
	RILL_ADDRESS_UNIX_LISTEN,
	RILL_ADDRESS_MEMORY,
	RILL_ADDRESS_FD
};

struct rill_address {
	enum rill_address_kind kind;
	char *place;		/* what stands behind the kind; FILE: all of it */
	char *dump;		/* memory: the pattern of a file, or NULL; part of place */
	uint32_t baud;		/* serial; 0: as the line is set */
	uint32_t unit_ns;	/* serial: times may be rounded to so much; 0: nothing said */
	uint32_t number;	/* memory: KiB; fd: the descriptor */
	bool console, flow;	/* serial */
	bool exposed;		/* tcp-listen */
};

/* 0, or -errno with the sentence. To be freed either way. */
int rill_address_parse(const char *text, struct rill_address *address);
void rill_address_free(struct rill_address *address);

#endif
