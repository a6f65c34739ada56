/* SPDX-License-Identifier: MIT
 * codecs.c - the compressions that this build of the tool has.
 */
#include "codecs.h"

#include "config.h"

#include <string.h>

static const struct {
	const char *name, *symbol;
} known[RILL_CODEC_METHODS] = {
	[RILL_CODEC_NONE] = { "none", "" },
	[RILL_CODEC_LZ4] = { "lz4", "CONFIG_RILL_TOOL_LZ4" },
	[RILL_CODEC_ZSTD] = { "zstd", "CONFIG_RILL_TOOL_ZSTD" },
	[3] = { "a later method", "" },
};

const struct rill_codec *const rill_codecs[RILL_CODEC_METHODS] = {
	[RILL_CODEC_LZ4] = RILL_ON(CONFIG_RILL_TOOL_LZ4) ? &rill_codec_lz4 : NULL,
	[RILL_CODEC_ZSTD] = RILL_ON(CONFIG_RILL_TOOL_ZSTD) ? &rill_codec_zstd : NULL,
};

const char *rill_codec_symbol(unsigned method)
{
	return known[method].symbol;
}

const char *rill_codec_name(unsigned method)
{
	return known[method].name;
}

int rill_codec_option(const struct rill_verb *verb, const char *value,
		      enum rill_codec_method *method)
{
	for (*method = RILL_CODEC_NONE; *method <= RILL_CODEC_ZSTD; ++*method) {
		if (strcmp(known[*method].name, value))
			continue;
		if (*method == RILL_CODEC_NONE || rill_codecs[*method])
			return 0;
		return rill_usage(verb, "--compress %s: this build of rill was made without %s",
				  value, known[*method].symbol);
	}
	return rill_usage(verb, "--compress %s: lz4, zstd or none are possible", value);
}
