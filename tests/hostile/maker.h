/* SPDX-License-Identifier: MIT
 * maker.h - what the parts of trace_maker share: traces of any size, written to standard output as
 * they are made.
 */
#ifndef RILL_TESTS_HOSTILE_MAKER_H
#define RILL_TESTS_HOSTILE_MAKER_H

#include <stdint.h>

struct maker {
	const char *name;
	const char *what;
	void (*run)(uint64_t count);
};

/* packets.c and json.c: each ends with an entry without a name. */
extern const struct maker packet_makers[], json_makers[];

#endif
