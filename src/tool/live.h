/* SPDX-License-Identifier: MIT
 * live.h - what pull and tail share: the options that say where a live stream comes from, and where its names are.
 */
#ifndef RILL_TOOL_LIVE_H
#define RILL_TOOL_LIVE_H

#include "site_names.h"
#include "transfer.h"

#define RILL_LIVE_OPTIONS                               \
	{ 'b', "baud", "BAUD" }, { 'w', "wait", NULL }, \
	{                                               \
		'l', "listen", NULL                     \
	},                                              \
		RILL_EXE_OPTION

#define RILL_LIVE_HELP                                                                                  \
	"  -b, --baud BAUD      speed of a serial line: 115200 unless said; up to 4000000\n"            \
	"  -w, --wait           wait until SOURCE is there, and again when it has gone, until Ctrl-C\n" \
	"  -l, --listen         wait at tcp:HOST:PORT or unix:PATH for the traced program to connect\n" RILL_EXE_HELP

/* Takes one of them. 0, or RILL_EXIT_USAGE after a message. */
int rill_live_option(const struct rill_verb *verb, struct rill_transfer *transfer, int id,
		     const char *value);

#endif
