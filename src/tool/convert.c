/* SPDX-License-Identifier: MIT
 * convert.c - `rill convert`: writes a trace anew, whole and strict, from one that was cut or
 * damaged.
 *
 * Every event that is whole in the input is in the output, one per line, checked and with its
 * numbers untouched; what is torn or damaged is left out and said. The object form keeps its
 * other members.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#include "format/text.h"
#include "reader.h"
#include "tool.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill convert IN -o OUT [--to FORMAT]\n"
	"\n"
	"Writes the trace IN to OUT, whole: closes a file that was cut anywhere, drops the torn event at\n"
	"its end and says how many bytes that were, and passes over damaged stretches in the middle. Reads\n"
	"Chrome JSON in the array form, the object form, or one event per line, by rill or others.\n"
	"\n"
	"  -o, --output OUT     the file to write; - is standard output; never IN itself\n"
	"      --to FORMAT      json (the only one in this version)\n"
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"IN may be - for standard input. Exit code: 0 done, 1 failed, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill convert cut.json -o whole.json\n"
	"  zcat t.json.gz | rill convert - -o t.json\n";

enum { TO = 256 };

static const struct rill_option options[] = {
	{ 'o', "output", "OUT" },
	{ TO, "to", "FORMAT" },
	{ 'q', "quiet", NULL },
	{ 0, NULL, NULL },
};

struct convert {
	const char *in, *out;
	bool quiet;
	bool made; /* the output is a file, and its old content is gone */
	FILE *file;
	char *line; /* room for one event, three times its size: the worst that replacing broken UTF-8 needs */
	size_t line_room;
	bool any;
	struct rill_reader_result result;
	char *members; /* of the object form, each with a comma in front */
	size_t member_bytes, member_room;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct convert *c = ctx;

	switch (id) {
	case 'o': c->out = value; return 0;
	case 'q': c->quiet = true; return 0;
	default:
		if (!strcmp(value, "json"))
			return 0;
		return rill_usage(&rill_verb_convert,
				  "--to %s: this version of rill writes json only", value);
	}
}

/* Known only now which form it is: the reader has seen the beginning of the input. */
static void put_head(struct convert *c)
{
	fputs(c->result.object_form ? "{\"traceEvents\":[" : "[", c->file);
	c->any = true;
}

static bool put_event(void *ctx, const char *text, size_t size)
{
	struct convert *c = ctx;
	char *end;

	if (c->line_room < 3 * size) {
		c->line_room = 3 * size + 4096;
		c->line = rill_grow(c->line, c->line_room, 1);
	}
	end = rill_text_json(c->line, text, size);
	if (!end)
		return false;
	if (c->any)
		fputc(',', c->file);
	else
		put_head(c);
	fputc('\n', c->file);
	fwrite(c->line, 1, (size_t)(end - c->line), c->file);
	return true;
}

/* Members are kept and written behind the events, since the head of the output is written first. */
static bool keep_member(void *ctx, const char *text, size_t size)
{
	struct convert *c = ctx;
	char *object = rill_alloc(size + 3, 1), *checked = rill_alloc(3 * size + 6, 1), *end;

	/* A member is no JSON text by itself: check it as an object of one. */
	object[0] = '{';
	memcpy(object + 1, text, size);
	object[size + 1] = '}';
	end = rill_text_json(checked, object, size + 2);
	if (end) {
		const size_t length = (size_t)(end - checked) - 2;

		if (c->member_room < c->member_bytes + length + 2) {
			c->member_room = 2 * (c->member_bytes + length + 2);
			c->members = rill_grow(c->members, c->member_room, 1);
		}
		c->members[c->member_bytes++] = ',';
		c->members[c->member_bytes++] = '\n';
		memcpy(c->members + c->member_bytes, checked + 1, length);
		c->member_bytes += length;
	}
	free(checked);
	free(object);
	return end != NULL;
}

/* Opens the output without touching it before it is certain that it is not the input. */
static int open_output(struct convert *c, int in)
{
	struct stat from, to;
	int fd;

	if (!strcmp(c->out, "-")) {
		c->file = stdout;
		return 0;
	}
	fd = open(c->out, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		rill_say("cannot write %s: %s", c->out, strerror(errno));
		return RILL_EXIT_FAILED;
	}
	if (fstat(fd, &to) == 0 && fstat(in, &from) == 0 && to.st_dev == from.st_dev &&
	    to.st_ino == from.st_ino) {
		close(fd);
		rill_say(
			"%s is the input: give -o another name, and move it over the input when it is right",
			c->out);
		return RILL_EXIT_USAGE;
	}
	c->made = S_ISREG(to.st_mode);
	c->file = !c->made || ftruncate(fd, 0) == 0 ? fdopen(fd, "w") : NULL;
	if (!c->file) {
		rill_say("cannot write %s: %s", c->out, strerror(errno));
		close(fd);
		return RILL_EXIT_FAILED;
	}
	return 0;
}

static int close_output(struct convert *c)
{
	bool bad;
	int error;

	errno = 0;
	bad = fflush(c->file) != 0 || ferror(c->file);
	error = errno;
	if (c->file != stdout && fclose(c->file) != 0 && !bad) {
		bad = true;
		error = errno;
	}
	if (bad)
		rill_say("cannot write all of %s: %s", c->out,
			 error ? strerror(error) : "output error");
	return bad ? RILL_EXIT_FAILED : RILL_EXIT_OK;
}

static void say_result(const struct convert *c, const struct rill_reader_result *r)
{
	if (r->torn_bytes)
		rill_say("%s was cut: %llu bytes of a torn event at its end are dropped", c->in,
			 (unsigned long long)r->torn_bytes);
	if (r->damaged)
		rill_say(
			"%s is damaged: %llu stretches of together %llu bytes passed over, the first at offset %llu",
			c->in, (unsigned long long)r->damaged, (unsigned long long)r->damaged_bytes,
			(unsigned long long)r->damaged_at);
	if (r->members_dropped)
		rill_say(
			"%s: %llu members beside the events dropped (cut, damaged or beyond 64 MiB)",
			c->in, (unsigned long long)r->members_dropped);
	if (!c->quiet)
		rill_say("%s: %llu events%s", c->out, (unsigned long long)r->events,
			 r->closed && !r->torn_bytes && !r->damaged ? ", nothing to mend"
								    : ", mended");
}

static int convert(struct convert *c)
{
	static const struct rill_reader_ops ops = { .event = put_event, .member = keep_member };
	struct rill_progress progress;
	uint64_t size;
	int in = rill_reader_open(c->in, &size), code, closed;

	if (in < 0)
		return RILL_EXIT_FAILED;
	code = open_output(c, in);
	if (code)
		return code;
	rill_progress_begin(&progress, c->in, size);
	code = rill_reader_run(c->in, in, &ops, c, &progress, &c->result);
	rill_progress_end(&progress);
	if (!c->any)
		put_head(c);
	fputs("\n]", c->file);
	if (c->result.object_form) {
		if (c->member_bytes)
			fwrite(c->members, 1, c->member_bytes, c->file);
		fputc('}', c->file);
	}
	fputc('\n', c->file);
	closed = close_output(c);
	if (!code && !closed)
		say_result(c, &c->result);
	else if (c->made)
		unlink(c->out); /* nothing usable is in it */
	free(c->line);
	free(c->members);
	close(in);
	return code ? code : closed;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct convert c = { 0 };
	int code = rill_options(verb, &c, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(
			verb, "one input is wanted (rill convert IN -o OUT), %d were given", argc);
	if (!c.out)
		return rill_usage(verb,
				  "the output is missing: -o FILE, or -o - for standard output");
	c.in = argv[0];
	return convert(&c);
}

const struct rill_verb rill_verb_convert = {
	"convert",   "write a trace anew, whole: mends files that were cut",
	help_text,   options,
	take_option, run,
	0,
};
