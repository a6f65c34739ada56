/* SPDX-License-Identifier: MIT
 * json_value.c - one argument of an event as a JSON value.
 */
#include "format/json_line.h"

size_t rill_json_value_max(const struct rill_value *value)
{
	if (value->type < RILL_TYPE_STRING)
		return RILL_TEXT_DOUBLE_MAX + 2;
	return (size_t)value->size * RILL_TEXT_ESCAPE_MAX +
	       sizeof("\"hex:" RILL_TEXT_ELLIPSIS "\"");
}

static char *put_string(char *to, const struct rill_value *value)
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

static char *put_blob(char *to, const struct rill_value *value)
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

/* A cut text may by chance still be JSON, with another meaning: 1234 cut to 12. */
static char *put_json(char *to, const struct rill_value *value)
{
	char *end = value->cut || value->null ? NULL : rill_text_json(to, value->text, value->size);

	return end ? end : put_string(to, value);
}

static char *put_pointer(char *to, uint64_t address)
{
	*to++ = '"';
	to = rill_text_hex(to, address);
	*to++ = '"';
	return to;
}

char *rill_json_put_value(char *to, const struct rill_value *value)
{
	switch (value->type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_I16:
	case RILL_TYPE_I32:
	case RILL_TYPE_I64:
		return rill_text_i64(to, value->i);
	case RILL_TYPE_U8:
	case RILL_TYPE_U16:
	case RILL_TYPE_U32:
	case RILL_TYPE_U64:
		return rill_text_u64(to, value->u);
	case RILL_TYPE_BOOL:
		return value->u ? RILL_TEXT_LITERAL(to, "true") : RILL_TEXT_LITERAL(to, "false");
	case RILL_TYPE_F32:
		return rill_text_float(to, (float)value->d);
	case RILL_TYPE_F64:
		return rill_text_double(to, value->d);
	case RILL_TYPE_POINTER:
		return put_pointer(to, value->u);
	case RILL_TYPE_STRING:
	case RILL_TYPE_COPY:
		return put_string(to, value);
	case RILL_TYPE_BLOB:
		return put_blob(to, value);
	case RILL_TYPE_JSON:
		return put_json(to, value);
	default:	/* a kind of a newer rill: the name is still worth showing */
		return RILL_TEXT_LITERAL(to, "null");
	}
}

char *rill_json_put_number(char *to, const struct rill_value *value)
{
	char *end;

	if (value->type == RILL_TYPE_BOOL) {
		*to = value->u ? '1' : '0';
		return to + 1;
	}
	if (value->type == RILL_TYPE_POINTER ||
	    (value->type >= RILL_TYPE_STRING && value->type != RILL_TYPE_JSON))
		return NULL;
	/* What is no number begins with a quote, a bracket or a letter. */
	end = rill_json_put_value(to, value);
	return *to == '-' || (*to >= '0' && *to <= '9') ? end : NULL;
}
