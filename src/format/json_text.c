/* SPDX-License-Identifier: MIT
 * json_text.c - an argument that is a text, or JSON already, as a JSON value (CONFIG_RILL_ARG_TEXTS).
 */
#include "format/json_line.h"

char *rill_json_put_text(char *to, const struct rill_value *value)
{
	const char *text = value->null ? "NULL" : value->text;
	size_t size = value->null ? 4 : value->size;
	const bool cut = value->cut && !value->null;

	if (cut)
		size = rill_text_whole(text, size);
	*to++ = '"';
	to = rill_text_escaped(to, text, size);
	if (cut)
		to = RILL_TEXT_LITERAL(to, RILL_TEXT_ELLIPSIS);
	*to++ = '"';
	return to;
}

/* A cut text may by chance still be JSON, with another meaning: 1234 cut to 12. */
char *rill_json_put_json(char *to, const struct rill_value *value)
{
	char *end = value->cut || value->null ? NULL : rill_text_json(to, value->text, value->size);

	return end ? end : rill_json_put_text(to, value);
}
