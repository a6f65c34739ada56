/* SPDX-License-Identifier: MIT
 * json_value.c - one argument of an event as a JSON value.
 */
#include "config.h"
#include "format/json_line.h"

size_t rill_json_value_max(const struct rill_value *value)
{
	if (value->type < RILL_TYPE_STRING)
		return RILL_TEXT_DOUBLE_MAX + 2;
	return (size_t)value->size * RILL_TEXT_ESCAPE_MAX +
	       sizeof("\"hex:" RILL_TEXT_ELLIPSIS "\"");
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
		if (RILL_ON(CONFIG_RILL_ARG_TEXTS))
			return rill_json_put_text(to, value);
		break;
	case RILL_TYPE_BLOB:
		if (RILL_ON(CONFIG_RILL_ARG_BLOBS))
			return rill_json_put_blob(to, value);
		break;
	case RILL_TYPE_JSON:
		if (RILL_ON(CONFIG_RILL_ARG_TEXTS))
			return rill_json_put_json(to, value);
		break;
	}
	/* A kind that this build leaves out, or of a newer rill: the name is still worth showing. */
	return RILL_TEXT_LITERAL(to, "null");
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
