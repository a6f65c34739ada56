/* SPDX-License-Identifier: MIT
 * to_ctf_text.c - the file "metadata": what the bytes of a CTF trace mean, in the language that
 * format has for it.
 */
#include "config.h"
#include "format/text.h"
#include "to_ctf.h"

#include <inttypes.h>
#include <string.h>

/* ---- texts and names ------------------------------------------------------------------------ */

/* "text" with its quotes, as C has it. What is no UTF-8 becomes U+FFFD. */
static void put_quoted(FILE *out, const char *text)
{
	const uint8_t *at = (const uint8_t *)text, *const end =
							   at + strnlen(text, RILL_CTF_TEXT_MAX);
	unsigned length, skip;

	putc('"', out);
	while (at < end) {
		length = rill_text_utf8(at, (size_t)(end - at), &skip);
		if (!length)
			fputs(RILL_TEXT_REPLACEMENT, out);
		else if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < ' ' || *at == 0x7f)
			fprintf(out, "\\%03o", *at);
		else
			fwrite(at, 1, length, out);
		at += length ? length : skip;
	}
	putc('"', out);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* With the _ that readers take away, these would be words of the language. */
static bool is_reserved(const char *name)
{
	return !strcmp(name, "Bool") || !strcmp(name, "Complex") || !strcmp(name, "Imaginary");
}

enum { FIELD_NAME_MAX = 1000 };

/* An argument may have any name, a field's is a word: each other byte is written as _x and two
 * digits, and so is a _ that would look like one of these. twice: so many arguments before it have
 * the same name. */
static void put_field_name(FILE *out, const char *name, unsigned twice)
{
	const bool reserved = is_reserved(name);

	putc('_', out);
	if (!*name)
		fputs("_x00", out);
	for (unsigned i = 0; name[i] && i < FIELD_NAME_MAX; i++) {
		const bool looks_coded = name[i] == '_' && name[i + 1] == 'x' &&
					 is_hex(name[i + 2]) && is_hex(name[i + 3]);

		if (!is_word(name[i]) || looks_coded || (reserved && i == 0))
			fprintf(out, "_x%02x", (unsigned char)name[i]);
		else
			putc(name[i], out);
	}
	while (twice--)
		fputs("_x00", out);
}

static bool is_same_name(const char *a, const char *b)
{
	return !strncmp(a, b, FIELD_NAME_MAX);
}

static unsigned same_before(const struct rill_ctf_class *c, unsigned index)
{
	unsigned count = 0;

	for (unsigned i = 0; i < index; i++)
		count += is_same_name(c->arg_names[i], c->arg_names[index]);
	return count;
}

/* file:path#line, with what has a meaning in such a name as %XX. */
static void put_place(FILE *out, const struct rill_ctf_class *c)
{
	fputs("	model.emf.uri = \"file:", out);
	for (const char *at = c->file; *at; at++)
		if (is_word(*at) || strchr("/.-~+", *at))
			putc(*at, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*at);
	fprintf(out, "#%" PRIu32 "\";\n", c->line);
}

/* ---- the whole trace ------------------------------------------------------------------------ */

static const char types_text[] =
	"\n"
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 8; align = 8; signed = true; } := i8;\n"
	"typealias integer { size = 16; align = 8; signed = true; } := i16;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
	"typealias integer { size = 64; align = 8; signed = true; } := i64;\n"
	"typealias integer { size = 8; align = 8; signed = false; base = 16; } := x8;\n"
	"typealias integer { size = 32; align = 8; signed = false; base = 16; } := x32;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; } := x64;\n"
	"typealias floating_point { exp_dig = 8; mant_dig = 24; align = 8; } := f32;\n"
	"typealias floating_point { exp_dig = 11; mant_dig = 53; align = 8; } := f64;\n"
	"typealias string { encoding = UTF8; } := text;\n"
	"\n";

static const char stream_text[] =
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := stamp;\n"
	"\n"
	"stream {\n"
	"	id = 0;\n"
	"	packet.context := struct {\n"
	"		stamp timestamp_begin;\n"
	"		stamp timestamp_end;\n"
	"		u64 content_size;\n"
	"		u64 packet_size;\n"
	"		u64 packet_seq_num;\n"
	"		u64 events_discarded;\n"
	"	};\n"
	"	event.header := struct {\n"
	"		u32 id;\n"
	"		stamp timestamp;\n"
	"	};\n"
	"	event.context := struct {\n"
	"		i32 _vpid;\n"
	"		i32 _vtid;\n"
	"		text _procname;\n"
	"		enum : u8 {\n"
	"			\"begin\" = 66, \"end\" = 69, \"complete\" = 88, \"instant\" = 73, \"mark\" = 82,\n"
	"			\"instant, old\" = 105, \"counter\" = 67, \"metadata\" = 77, \"sample\" = 80,\n"
	"			\"async begin\" = 98, \"async instant\" = 110, \"async end\" = 101,\n"
	"			\"async start\" = 83, \"async step\" = 84, \"async past\" = 112, \"async finish\" = 70,\n"
	"			\"flow start\" = 115, \"flow step\" = 116, \"flow end\" = 102,\n"
	"			\"object new\" = 78, \"object snapshot\" = 79, \"object delete\" = 68,\n"
	"			\"memory dump, process\" = 118, \"memory dump, global\" = 86, \"clock sync\" = 99,\n"
	"			\"context enter\" = 40, \"context leave\" = 41, \"link ids\" = 61,\n"
	"		} _phase;\n"
	"		text _category;\n"
	"	};\n"
	"};\n";

static void put_uuid(FILE *out, const uint8_t uuid[16])
{
	for (unsigned i = 0; i < 16; i++)
		fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

static void put_trace(FILE *out, const struct rill_ctf_facts_of_trace *f)
{
	fputs("trace {\n	major = 1;\n	minor = 8;\n	uuid = \"", out);
	put_uuid(out, f->uuid);
	fputs("\";\n"
	      "	byte_order = le;\n"
	      "	packet.header := struct {\n"
	      "		u32 magic;\n"
	      "		u8 uuid[16];\n"
	      "		u32 stream_id;\n"
	      "		u64 stream_instance_id;\n"
	      "	};\n"
	      "};\n\n",
	      out);
}

static void put_env(FILE *out, const struct rill_ctf_facts_of_trace *f)
{
	fputs("env {\n	tracer_name = \"rill\";\n	converter_version = \"" RILL_VERSION
	      "\";\n",
	      out);
	if (f->has_origin) {
		fputs("	tracer_version = ", out);
		put_quoted(out, f->version);
		fputs(";\n	session = ", out);
		put_quoted(out, f->session);
		fprintf(out,
			";\n	vpid = %" PRIu32 ";\n	stream_identity = \"%016" PRIx64 "\";\n",
			f->pid, f->identity);
	}
	fputs("};\n\n", out);
}

static void put_clock(FILE *out, const struct rill_ctf_facts_of_trace *f)
{
	fputs("clock {\n"
	      "	name = monotonic;\n"
	      "	description = \"CLOCK_MONOTONIC of the traced machine\";\n"
	      "	freq = 1000000000;\n"
	      "	precision = 1;\n",
	      out);
	if (f->has_clock)
		fprintf(out,
			"	offset_s = %" PRIu64 ";\n	offset = %" PRIu64
			";\n	absolute = TRUE;\n",
			f->offset_ns / 1000000000, f->offset_ns % 1000000000);
	else
		fputs("	offset_s = 0;\n	offset = 0;\n	absolute = FALSE;\n", out);
	fputs("};\n\n", out);
}

void rill_ctf_put_head(FILE *out, const struct rill_ctf_facts_of_trace *f)
{
	fputs(RILL_CTF_SIGNATURE, out);
	fputs(types_text, out);
	put_trace(out, f);
	put_env(out, f);
	put_clock(out, f);
	fputs(stream_text, out);
}

/* ---- a kind of events ----------------------------------------------------------------------- */

static const char *const fact_text[RILL_CTF_FACTS] = {
	[RILL_CTF_ID] = "x64 _id",
	[RILL_CTF_LOCAL_ID] = "x64 _local_id",
	[RILL_CTF_GLOBAL_ID] = "x64 _global_id",
	[RILL_CTF_ID_SCOPE] = "text _id_scope",
	[RILL_CTF_BIND_ID] = "x64 _bind_id",
	[RILL_CTF_FLOW] =
		"enum : u8 { \"none\" = 0, \"in\" = 1, \"out\" = 2, \"in and out\" = 3, } _flow",
	[RILL_CTF_ENCLOSING] = "u8 _bind_to_enclosing",
	[RILL_CTF_SCOPE] = "enum : u8 { \"global\" = 0, \"process\" = 1, \"thread\" = 2, } _scope",
	[RILL_CTF_BEGIN] = "u64 _begin_ns",
	[RILL_CTF_OWN_TIME] = "i64 _own_time_us",
	[RILL_CTF_THREAD_TIME] = "u64 _thread_time_ns",
	[RILL_CTF_EMITTER] = "i32 _emitter",
	[RILL_CTF_NESTED] = "u8 _scoped",
	[RILL_CTF_DYNAMIC] = "u8 _dynamic",
	[RILL_CTF_LATE] = "u8 _late",
	[RILL_CTF_CLAMPED] = "u8 _clamped",
	[RILL_CTF_BEGIN_LOST] = "u8 _begin_lost",
	[RILL_CTF_LEVEL] = "u8 _level",
	[RILL_CTF_NULLS] = "x64 _nulls",
	[RILL_CTF_CUTS] = "x64 _cuts",
	[RILL_CTF_RECORDED] = "u64 _recorded_ns",
	[RILL_CTF_FLAGS] = "x32 _flags",
};

#define TYPES_KNOWN (RILL_TYPE_JSON + 1)

static const char *const value_text[TYPES_KNOWN] = {
	[RILL_TYPE_I8] = "i8",
	[RILL_TYPE_I16] = "i16",
	[RILL_TYPE_I32] = "i32",
	[RILL_TYPE_I64] = "i64",
	[RILL_TYPE_U8] = "u8",
	[RILL_TYPE_U16] = "u16",
	[RILL_TYPE_U32] = "u32",
	[RILL_TYPE_U64] = "u64",
	[RILL_TYPE_BOOL] = "enum : u8 { \"false\" = 0, \"true\" = 1, }",
	[RILL_TYPE_F32] = "f32",
	[RILL_TYPE_F64] = "f64",
	[RILL_TYPE_POINTER] = "x64",
	[RILL_TYPE_STRING] = "text",
	[RILL_TYPE_COPY] = "text",
	[RILL_TYPE_BLOB] = "struct { u32 _size; x8 _bytes[_size]; }",
	[RILL_TYPE_JSON] = "struct { text _json; }",
};

static void put_args(FILE *out, const struct rill_ctf_class *c)
{
	for (unsigned i = 0; i < c->nargs; i++) {
		const char *const type = c->types[i] < TYPES_KNOWN ? value_text[c->types[i]] : NULL;

		fprintf(out, "		%s ", type ? type : "u64");
		put_field_name(out, c->arg_names[i], same_before(c, i));
		fputs(";\n", out);
	}
}

void rill_ctf_put_class(FILE *out, const struct rill_ctf_class *c)
{
	fputs("\nevent {\n	name = ", out);
	put_quoted(out, c->name);
	fprintf(out, ";\n	id = %" PRIu32 ";\n	stream_id = 0;\n", c->id);
	if (c->file)
		put_place(out, c);
	if (c->facts)
		fputs("	context := struct {\n", out);
	for (unsigned i = 0; i < RILL_CTF_FACTS; i++)
		if (c->facts >> i & 1)
			fprintf(out, "		%s;\n", fact_text[i]);
	if (c->facts)
		fputs("	};\n", out);
	fputs("	fields := struct {\n", out);
	if (c->other)
		fputs("		text _name;\n		text _file;\n		u32 _line;\n"
		      "		struct { text _json; } _args;\n",
		      out);
	put_args(out, c);
	fputs("	};\n};\n", out);
}
