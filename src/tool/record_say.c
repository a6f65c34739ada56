/* SPDX-License-Identifier: MIT
 * record_say.c - the closing lines of `rill record`: what was recorded, what was lost, and why if
 * there is nothing.
 */
#include "filter_hint.h"
#include "program.h"
#include "record.h"
#include "sites.h"
#include "tool.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *rill_record_near_path(const char *path)
{
	static char here[4096];
	const size_t length = *here || getcwd(here, sizeof here) ? strlen(here) : 0;

	if (length > 1 && !strncmp(path, here, length) && path[length] == '/')
		return path + length + 1;
	return path;
}

/* Scripts look for this line: events, losses, threads, file, size. */
static void say_process(const struct rill_record *r, const struct rill_traced *p, bool alone)
{
	const char *two = r->slices && p->ended ? ", begin and end of each slice counted" : "";
	const char *file = p->file ? rill_record_near_path(p->file) : "no file";
	const char *unsure =
		p->ended     ? ""
		: r->addressed ? " (ended without closing its trace: its reader knows how much has arrived)"
		: p->counted ? p->segments > 1 ? " (ended without closing its trace; counted in the files)"
		: " (ended without closing its trace; counted in the file)"
			     : " (ended without closing its trace, and its file cannot be read)";
	char *pid = alone ? rill_text("%s", "")
			  : rill_text("process %llu: ", (unsigned long long)p->pid);
	const size_t length = strlen(file);
	const bool binary = length > 5 && !strcmp(file + length - 5, ".rill");
	const char *look = binary ? ": 'rill convert' makes JSON of it for https://ui.perfetto.dev, or run 'rill report "
				  : ": open https://ui.perfetto.dev or chrome://tracing, or run 'rill report ";
	char *files = p->segments > 1
			      ? rill_text("%llu files, the last ", (unsigned long long)p->segments)
			      : rill_text("%s", "");

	/* What went over a line or a socket is counted by its reader. */
	if (r->addressed)
		rill_say("%s%llu events, %llu lost, %llu threads, to %s%s", pid,
			 (unsigned long long)p->events, (unsigned long long)p->lost,
			 (unsigned long long)p->threads, file, unsure);
	else
		rill_say("%s%llu events, %llu lost, %llu threads, %s%s (%s%s)%s%s%s%s", pid,
		 (unsigned long long)p->events, (unsigned long long)p->lost,
		 (unsigned long long)p->threads, files, file, rill_bytes_word(p->bytes).text, two,
		 unsure,
		 alone ? look : "",
		 alone ? file : "", alone ? "'" : "");
	free(pid);
	free(files);
}

static void add_cause(char **text, uint64_t count, const char *cause)
{
	char *longer;

	if (!count)
		return;
	longer = rill_text("%s%s%llu %s", *text, **text ? ", " : "", (unsigned long long)count,
			   cause);
	free(*text);
	*text = longer;
}

static struct rill_traced totals(const struct rill_outcome *o)
{
	struct rill_traced t = { 0 };

	for (size_t i = 0; i < o->process_count; i++) {
		const struct rill_traced *p = &o->processes[i];

		t.events += p->events;
		t.lost += p->lost;
		t.threads += p->threads;
		t.bytes += p->bytes;
		t.full += p->full;
		t.big += p->big;
		t.deep += p->deep;
		t.no_ring += p->no_ring;
		t.stopped += p->stopped;
		t.sink += p->sink;
		t.subscriber += p->subscriber;
		t.buffer = p->buffer > t.buffer ? p->buffer : t.buffer;
		t.need = p->need > t.need ? p->need : t.need;
	}
	return t;
}

/* The buffer that would have held what found rings full: a power of two, and more than there was.
 * A process that was killed could not tell: then room for all lost events, in case one thread
 * lost them all. */
static char *buffer_advice(const struct rill_record *r, const struct rill_traced *t)
{
	enum { EVENT_BYTES = 32 };
	const uint64_t most = UINT64_C(1) << 30,
		       need = t->need ? t->need : t->buffer + t->lost * EVENT_BYTES;
	uint64_t size = t->buffer ? 2 * t->buffer : 1 << 20;

	if (!t->full && t->sink && r->addressed)
		return rill_text("its reader was too slow, or not there: record less with -e, or start the reader first");
	if (!t->full && t->sink)
		return rill_text(
			"the output is too slow or full: write to a faster disk, or record less with -e");
	if (!t->full && t->buffer)
		return rill_text("record less with -e");
	while (size < need && size < most)
		size *= 2;
	if (need > most)
		return rill_text(
			"the rings would have had to hold %s for each thread, more than --buffer can give: "
			"record less with -e",
			rill_bytes_word(need).text);
	return rill_text(t->need ? "'--buffer %s' would have held them" : "try '--buffer %s'",
			 rill_size_word(size > most ? most : size).text);
}

static void say_losses(const struct rill_record *r, const struct rill_traced *t)
{
	char *causes = rill_text("%s", ""), *advice = buffer_advice(r, t);

	add_cause(&causes, t->full, "ring full");
	add_cause(&causes, t->big, "too big for a block");
	add_cause(&causes, t->deep, "in handlers nested too deep");
	add_cause(&causes, t->no_ring, "of threads beyond the limit");
	add_cause(&causes, t->stopped, "after the end");
	add_cause(&causes, t->sink, "sink too slow, full or failed");
	add_cause(&causes, t->subscriber, "subscriber too slow");
	rill_say("%llu events lost%s%s%s: %s", (unsigned long long)t->lost, *causes ? " (" : "",
		 causes, *causes ? ")" : "", advice);
	free(advice);
	free(causes);
}

/* Two processes that write one file destroy each other's trace. */
static void say_shared_file(const struct rill_outcome *o)
{
	for (size_t i = 1; i < o->process_count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct rill_traced *a = &o->processes[k], *b = &o->processes[i];

			if (!a->file || !b->file || strcmp(a->file, b->file))
				continue;
			rill_say(
				"processes %llu and %llu wrote to the same file %s, and only the last one's events are in it: "
				"put ${pid} into -o",
				(unsigned long long)a->pid, (unsigned long long)b->pid,
				rill_record_near_path(a->file));
			return;
		}
	}
}

uint64_t rill_record_say_outcome(const struct rill_record *r, const struct rill_outcome *o)
{
	const struct rill_traced t = totals(o);

	if (!r->quiet) {
		for (size_t i = 0; i < o->process_count; i++)
			say_process(r, &o->processes[i], o->process_count == 1);
		if (o->process_count > 1)
			rill_say(
				"%llu events, %llu lost, %llu threads of %zu processes%s%s%s%s",
				(unsigned long long)t.events, (unsigned long long)t.lost,
				(unsigned long long)t.threads, o->process_count,
				r->addressed ? "" : " (", r->addressed ? "" : rill_bytes_word(t.bytes).text,
				r->addressed ? "" : ")",
				r->addressed ? "" : ": open https://ui.perfetto.dev or "
				"chrome://tracing, or run 'rill report FILE'");
	}
	if (!r->addressed)
		say_shared_file(o);
	if (t.lost)
		say_losses(r, &t);
	if (!t.events && !t.lost)
		rill_record_say_why_nothing(r, o);
	return t.lost;
}

/* ---- nothing recorded
 * ----------------------------------------------------------------------------- */

/* No process of the run has started rill: what does the program's file say? */
static void say_no_runtime(const struct rill_record *r)
{
	char *interpreter = rill_program_interpreter(r->program);
	struct rill_site_list list = { 0 };
	struct rill_elf elf;
	const bool is_elf = rill_elf_open(&elf, r->program) == RILL_ELF_OK;

	if (is_elf)
		rill_sites_read(&elf, &list);
	if (interpreter)
		rill_say(
			"no events: %s is a script of %s, and no program that it ran has rill events (see 'rill list')",
			r->program, interpreter);
	else if (list.count)
		rill_say(
			"no events: %s has %zu of them, but rill did not start in it: its librill was built without "
			"RILL_ENV, or it ended before main, or cleared its environment",
			r->program, list.count);
	else if (is_elf && rill_elf_needs(&elf, "librill.so"))
		rill_say(
			"no events: %s uses librill.so, but rill did not start in it: that library was built without "
			"RILL_ENV, or the program ended before main, or cleared its environment",
			r->program);
	else
		rill_say(
			"no events: %s has no rill events: no macro of <rill/trace.h> is in it, or it was built with "
			"RILL_DISABLED (see 'rill list %s')",
			r->program, r->name);
	rill_sites_free(&list);
	rill_elf_close(&elf);
	free(interpreter);
}

static bool filter_matches(const struct rill_record *r, const struct rill_outcome *o)
{
	struct rill_filter *filter;
	bool any = false;

	if (rill_filter_parse(r->filter, RILL_MATCH_CHROMIUM, &filter) < 0)
		return true;
	for (size_t i = 0; i < o->group_count; i++)
		any |= strcmp(o->groups[i], RILL_METADATA_GROUP) &&
		       rill_filter_group(filter, o->groups[i]);
	rill_filter_free(filter);
	return any;
}

void rill_record_say_why_nothing(const struct rill_record *r, const struct rill_outcome *o)
{
	uint64_t sites = 0;

	for (size_t i = 0; i < o->error_count; i++)
		rill_say("in the program: %s", o->errors[i]);
	for (size_t i = 0; i < o->process_count; i++)
		sites += o->processes[i].sites;
	if (!o->process_count) {
		if (!o->error_count)
			say_no_runtime(r);
	} else if (!sites && !o->group_count) {
		rill_say(
			"no events: rill ran in %s, but there are no events in it: it was built with RILL_DISABLED, or "
			"the library that has them was not loaded",
			r->name);
	} else if (r->filter && o->group_count && !filter_matches(r, o)) {
		rill_filter_say_nothing(r->filter, (const char *const *)o->groups, o->group_count,
					r->name);
	} else if (r->events) {
		rill_say(
			"no events: none of the names '%s' was reached in this run ('rill list %s' shows all names)",
			r->events, r->name);
	} else {
		rill_say("no events: %s has %llu call sites, but this run reached none that %s",
			 r->name, (unsigned long long)sites,
			 r->filter
				 ? "the filter wants ('rill list' shows them all)"
				 : "is on by default (-e 'disabled-by-default-*' adds the others)");
	}
}
