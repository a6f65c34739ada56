/* SPDX-License-Identifier: MIT
 * codecs.h - the compressions that this build of the tool has, for reading and writing packets.
 */
#ifndef RILL_TOOL_CODECS_H
#define RILL_TOOL_CODECS_H

#include "format/codec.h"
#include "tool.h"

/* By method; NULL: left out of this build. */
extern const struct rill_codec *const rill_codecs[RILL_CODEC_METHODS];

/* The Kconfig symbol that puts the method in, and its name. */
const char *rill_codec_symbol(unsigned method);
const char *rill_codec_name(unsigned method);

/* What --compress says. 0, or RILL_EXIT_USAGE after a message. */
int rill_codec_option(const struct rill_verb *verb, const char *value,
		      enum rill_codec_method *method);

#define RILL_CODEC_HELP                                                                              \
	"      --compress HOW   rill: compress each packet by itself, lz4 or zstd (smaller, slower); none\n" \
	"                       makes compressed packets plain again; without it they stay as they are\n"

#endif
