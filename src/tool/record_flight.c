/* SPDX-License-Identifier: MIT
 * record_flight.c - `rill record --flight`: the program keeps its newest events in a ring file, and what is in it when the program has
 * ended, however it has, becomes the trace.
 *
 * The ring files lie in a folder of the run's own, which goes with it. Snapshots while the program runs are its own; they stand beside
 * the trace, by their numbers.
 */
#include "dead.h"
#include "record.h"
#include "transfer.h"
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STREAM_BYTES = 65536 };	/* a thread's ring for streams, where nothing goes into it */

/* ---- before the start ----------------------------------------------------------------------------- */

/* A tmpfs, unless somebody wants another place: nothing of it has to reach a disk. */
static const char *place(void)
{
	const char *folder = getenv("TMPDIR");

	if (folder && folder[0] == '/')
		return folder;
	return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

bool rill_record_flight_folder(struct rill_record *r)
{
	r->ring_folder = rill_text("%s/rill-flight-XXXXXX", place());
	if (mkdtemp(r->ring_folder))
		return true;
	rill_say("cannot make %s: %s (set TMPDIR to a directory that you may write to)", r->ring_folder, strerror(errno));
	free(r->ring_folder);
	r->ring_folder = NULL;
	return false;
}

/* Where the extension begins; the end of the text: it has none. */
static const char *extension(const char *pattern)
{
	const char *slash = strrchr(pattern, '/'), *dot = strrchr(slash ? slash : pattern, '.');

	return dot && dot[1] && dot[1] != '$' ? dot : pattern + strlen(pattern);
}

char *rill_record_flight_snapshots(const struct rill_record *r)
{
	const char *dot = extension(r->pattern);
	const struct rill_output_format *format = rill_format_by_path(r->pattern);
	const bool own = format == &rill_format_json || format == &rill_format_rill || !*dot;

	if (strstr(r->pattern, "${rotation}") && own)
		return rill_text("%s", r->pattern);
	return rill_text("%.*s.${rotation}%s", (int)(dot - r->pattern), r->pattern, own ? dot : ".rill");
}

char *rill_record_flight_options(const struct rill_record *r)
{
	char signal[48] = "";

	if (r->snapshot_signal)
		snprintf(signal, sizeof signal, ",snapshot_signal=%llu", (unsigned long long)r->snapshot_signal);
	return rill_text("flight_bytes=%llu,ring_keep%s", (unsigned long long)r->flight, signal);
}

uint64_t rill_record_flight_buffer(const struct rill_record *r)
{
	return r->buffer || r->triggers ? r->buffer : STREAM_BYTES;
}

/* ---- behind the end ------------------------------------------------------------------------------- */

static char *replaced(char *text, const char *word, const char *by)
{
	const char *at = strstr(text, word);
	char *with;

	if (!at)
		return text;
	with = rill_text("%.*s%s%s", (int)(at - text), text, by, at + strlen(word));
	free(text);
	return replaced(with, word, by);
}

/* The trace of this process. Of one that the program has started, where the pattern does not tell them apart, its pid does. */
static char *trace_of(const struct rill_record *r, const struct rill_image_head *head, bool own)
{
	char *pid = rill_text("%u", head->pid), *path;
	const char *dot = extension(r->pattern);

	if (own || strstr(r->pattern, "${pid}"))
		path = rill_text("%s", r->pattern);
	else
		path = rill_text("%.*s.%s%s", (int)(dot - r->pattern), r->pattern, pid, dot);
	path = replaced(replaced(replaced(path, "${rotation}", "end"), "${pid}", pid), "${name}", head->program);
	free(pid);
	return path;
}

/* Returns its events; UINT64_MAX after a message. */
static uint64_t extract(const struct rill_record *r, const struct rill_ring_file *file, bool own)
{
	char *out = trace_of(r, &file->head, own);
	struct rill_transfer t = { .verb = &rill_verb_record, .in = file->path, .out = out, .slices = r->slices, .quiet = r->quiet,
				   .input_options.rings = true };
	struct stat st;
	uint64_t events = UINT64_MAX;

	if (rill_transfer_format(t.verb, &t, NULL) == 0 && rill_transfer_open(&t) == 0 && rill_transfer_run(&t) == 0) {
		events = t.at_end.events;
		if (!r->quiet)
			rill_say("process %u: its last %llu events, %s (%s): run 'rill report %s'", file->head.pid, (unsigned long long)events,
				 rill_record_near_path(out), rill_bytes_word(stat(out, &st) == 0 ? (uint64_t)st.st_size : 0).text,
				 rill_record_near_path(out));
	}
	free(out);
	return events;
}

static void say_snapshots(const struct rill_record *r, const struct rill_outcome *o)
{
	for (size_t i = 0; i < o->process_count && !r->quiet; i++)
		if (o->processes[i].file && *o->processes[i].file)
			rill_say("process %llu: its last snapshot is %s", (unsigned long long)o->processes[i].pid,
				 rill_record_near_path(o->processes[i].file));
}

void rill_record_flight_end(const struct rill_record *r, const struct rill_outcome *o, uint64_t pid)
{
	struct rill_ring_files files = { NULL, 0 };
	bool failed = false;
	uint64_t sum = 0, events;

	if (rill_ring_files_find(r->ring_folder, &files)) {
		for (size_t i = 0; i < files.count; i++) {
			events = files.v[i].whole ? extract(r, &files.v[i], files.v[i].head.pid == pid) : 0;
			failed |= events == UINT64_MAX;
			sum += events;
			unlink(files.v[i].path);
		}
		rill_ring_files_free(&files);
	}
	if (rmdir(r->ring_folder) < 0)
		rill_say("%s is left: %s", r->ring_folder, strerror(errno));
	say_snapshots(r, o);
	if (!sum && !failed)
		rill_record_say_why_nothing(r, o);
}
