/* SPDX-License-Identifier: MIT
 * json_blob.c - an argument that is bytes as a JSON value (CONFIG_RILL_ARG_BLOBS).
 */
#include "format/json_line.h"

char *rill_json_put_blob(char *to, const struct rill_value *value)
{
	to = RILL_TEXT_LITERAL(to, "\"hex:");
	for (uint32_t i = 0; i < value->size; i++) {
		*to++ = "0123456789abcdef"[value->blob[i] >> 4];
		*to++ = "0123456789abcdef"[value->blob[i] & 15];
	}
	if (value->cut)
		to = RILL_TEXT_LITERAL(to, RILL_TEXT_ELLIPSIS);
	*to++ = '"';
	return to;
}
