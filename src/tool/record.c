/* SPDX-License-Identifier: MIT
 * record.c - `rill record`: runs a program with tracing on, by environment variables, and tells
 * the outcome.
 */
#include "record.h"
#include "child.h"
#include "config.h"
#include "control/trigger.h"
#include "filter_hint.h"
#include "tool.h"
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill record [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"\n"
	"Runs PROGRAM and records the events of rill in it, and in the programs that it starts. No change to\n"
	"the program is needed, and no root.\n"
	"\n"
	"  -e, --filter FILTER      categories: 'net,disk*,-disk.slow'; several -e add up. Without it\n"
	"                           everything but disabled-by-default-*\n"
	"      --events NAMES       only events of these names: 'read*,-read_slow'\n"
	"  -o, --output FILE        where to: ${pid}, ${rotation} and ${name} are replaced\n"
	"                           (rill.${pid}.${rotation}.json); or a line or socket, as RILL_FILE in rill(7):\n"
	"                           serial:, tcp:, tcp-listen:, unix:, unix-listen:, memory:SIZE?dump=FILE\n"
	"  -b, --buffer SIZE        ring of each thread, 512 to 1G: 512k, 4M (the program's own, else 512k)\n"
	"      --slices             write each scope as one X event at its end, instead of B and E\n"
	"      --flush-ms N         hand what was recorded to the file every N ms (1000)\n"
	"      --flight SIZE        keep but the newest events, in so many bytes of each thread (4k to 1G), and write them when PROGRAM\n"
	"                           has ended, however it has: then FILE's ${rotation} is 'end'\n"
	"      --trigger TRIGGER    with --flight: write a snapshot meanwhile, see RILL_TRIGGER in rill(7): 'scope>50ms:http/request';\n"
	"                           several add up\n"
	"      --snapshot-signal N  with --flight: this signal asks for a snapshot, and 'rill snapshot PID' does\n"
	"      --strict             exit code 3 if any event was lost\n"
	"  -q, --quiet              no closing line when all went well\n"
	"\n"
	"Exit code: PROGRAM's (128 + N if signal N ended it), or 3 with --strict and losses, 1 when something\n"
	"is wrong before the start, 2 for wrong usage, 126 when PROGRAM cannot be executed.\n"
	"\n"
	"examples:\n"
	"  rill record -- ./server --port 80\n"
	"  rill record -e 'net,-net.rx' -o net.json --strict -- ./server\n"
	"  rill record --flight 256k -o last.json -- ./server\n"
	"  rill record -b 4M -o 'trace.${name}.${pid}.json' -- make test\n";

enum { EVENTS = 256, SLICES, FLUSH_MS, STRICT, FLIGHT, TRIGGER, SNAPSHOT_SIGNAL };

static const struct rill_option options[] = {
	{ 'e', "filter", "FILTER" }, { EVENTS, "events", "NAMES" }, { 'o', "output", "FILE" },
	{ 'b', "buffer", "SIZE" },   { SLICES, "slices", NULL },    { FLUSH_MS, "flush-ms", "N" },
	{ STRICT, "strict", NULL },  { 'q', "quiet", NULL },        { FLIGHT, "flight", "SIZE" },
	{ TRIGGER, "trigger", "TRIGGER" }, { SNAPSHOT_SIGNAL, "snapshot-signal", "N" }, { 0, NULL, NULL },
};

enum { BUFFER_MIN = 512, FLIGHT_MIN = 4096, BUFFER_MAX = 1 << 30, FLUSH_MAX_MS = 3600000, SIGNALS = 64 };

static int take_size(const char *name, const char *value, uint64_t least, uint64_t *bytes)
{
	const int error = rill_parse_size(value, bytes);

	if (error == -EINVAL)
		return rill_usage(&rill_verb_record,
				  "--%s '%s' is no size: a number and k, M or G is wanted, "
				  "such as 512k or 4M",
				  name, value);
	if (error || *bytes < least || *bytes > BUFFER_MAX)
		return rill_usage(&rill_verb_record,
				  "--%s %s is out of range: %s to 1G are possible", name, value, rill_size_word(least).text);
	return 0;
}

static int take_trigger(struct rill_record *r, const char *value)
{
	char *before = r->triggers;

	r->triggers = rill_text("%s%s%s", before ? before : "", before ? "," : "", value);
	free(before);
	return 0;
}

static int take_option(void *ctx, int id, const char *value)
{
	struct rill_record *r = ctx;

	switch (id) {
	case 'e': r->filter = rill_filter_join(r->filter, value); return 0;
	case 'o':
		r->output = value;
		if (!*value || !strcmp(value, "-"))
			return rill_usage(&rill_verb_record,
					  "-o '%s': a file is wanted, for the standard output is "
					  "the program's",
					  value);
		return 0;
	case 'b': return take_size("buffer", value, BUFFER_MIN, &r->buffer);
	case FLIGHT: return take_size("flight", value, FLIGHT_MIN, &r->flight);
	case TRIGGER: return take_trigger(r, value);
	case SNAPSHOT_SIGNAL:
		if (rill_parse_number(value, 1, SIGNALS, &r->snapshot_signal) == 0)
			return 0;
		return rill_usage(&rill_verb_record, "--snapshot-signal '%s': a signal from 1 to %d is wanted, such as 12 for SIGUSR2",
				  value, SIGNALS);
	case FLUSH_MS:
		if (rill_parse_number(value, 1, FLUSH_MAX_MS, &r->flush_ms) == 0)
			return 0;
		return rill_usage(&rill_verb_record,
				  "--flush-ms '%s': milliseconds from 1 to %d are wanted", value,
				  FLUSH_MAX_MS);
	case EVENTS: r->events = value; return 0;
	case SLICES: r->slices = true; return 0;
	case STRICT: r->strict = true; return 0;
	default: r->quiet = true; return 0;
	}
}

static int check_filter(const struct rill_verb *verb, const struct rill_record *r)
{
	struct rill_filter *filter;
	int code = rill_filter_check(verb, r->filter ? r->filter : "", &filter);

	if (code)
		return code;
	if (r->events && rill_filter_set_events(filter, r->events) < 0)
		code = rill_usage(verb, "bad event names '%s': %s", r->events, rill_error());
	rill_filter_free(filter);
	return code;
}

static int check_triggers(const struct rill_record *r)
{
	struct rill_trigger_text triggers[RILL_TRIGGERS_MAX];
	size_t count;

	if (!RILL_ON(CONFIG_RILL_TRIGGERS))
		return rill_usage(&rill_verb_record, "--trigger: this rill was built without CONFIG_RILL_TRIGGERS");
	if (rill_triggers_parse(r->triggers, triggers, &count) < 0)
		return rill_usage(&rill_verb_record, "--trigger: %s", rill_error());
	while (count)
		rill_trigger_text_free(&triggers[--count]);
	return 0;
}

/* Behind check_output(). */
static int check_flight(const struct rill_record *r)
{
	if (!r->flight)
		return !r->triggers && !r->snapshot_signal ? 0 :
		       rill_usage(&rill_verb_record, "--trigger and --snapshot-signal ask for snapshots of a flight recorder: add --flight 256k");
	if (r->addressed)
		return rill_usage(&rill_verb_record, "--flight writes files: give -o one instead of %s", r->output);
	if (r->strict || r->flush_ms)
		return rill_usage(&rill_verb_record, "--strict and --flush-ms are for streams: a flight recorder overwrites its oldest events, and "
						     "hands out nothing until it is asked");
	return r->triggers ? check_triggers(r) : 0;
}

/* ---- the run
 * -------------------------------------------------------------------------------------- */

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) < 0) {
		rill_say("cannot set %s: %s", name, strerror(errno));
		exit(RILL_EXIT_FAILED);
	}
}

static void set_number(const char *name, uint64_t number)
{
	char *text = rill_text("%llu", (unsigned long long)number);

	set(name, text);
	free(text);
}

/* One more in RILL_OPTIONS. */
static void add_option(char *option)
{
	const char *before = getenv("RILL_OPTIONS");
	char *text = rill_text("%s%s%s", before ? before : "", before && *before ? "," : "", option);

	set("RILL_OPTIONS", text);
	free(text);
	free(option);
}

static void set_flight(const struct rill_record *r)
{
	char *snapshots = rill_record_flight_snapshots(r);

	set("RILL_FILE", snapshots);
	set("RILL_RING_FILE", r->ring_folder);
	if (rill_record_flight_buffer(r))
		set_number("RILL_BUFFER", rill_record_flight_buffer(r));
	add_option(rill_record_flight_options(r));
	if (r->triggers)
		set("RILL_TRIGGER", r->triggers);
	free(snapshots);
}

/* What is not given is left as the caller's environment has it. */
static void set_environment(const struct rill_record *r, const char *status_file)
{
	/* "*" is the default filter, said in a way that an empty variable cannot be mistaken for
	 * "off". */
	set("RILL_TRACE", r->filter && *r->filter ? r->filter : "*");
	set("RILL_FILE", r->pattern);
	set("RILL_STATUS_FILE", status_file);
	if (r->events)
		set("RILL_EVENTS", r->events);
	if (r->buffer)
		set_number("RILL_BUFFER", r->buffer);
	if (r->slices)
		add_option(rill_text("slices"));
	if (r->flush_ms)
		add_option(rill_text("flush_ms=%llu", (unsigned long long)r->flush_ms));
	if (r->flight)
		set_flight(r);
}

/* A private file that the traced processes append to. NULL after a message. */
static char *make_status_file(void)
{
	const char *folder = getenv("TMPDIR");
	char *path =
		rill_text("%s/rill-status-XXXXXX", folder && folder[0] == '/' ? folder : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0) {
		rill_say("cannot make %s: %s (set TMPDIR to a directory that you may write to)",
			 path, strerror(errno));
		free(path);
		return NULL;
	}
	close(fd);
	return path;
}

static int exit_code(const struct rill_record *r, int status)
{
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	rill_say("%s was ended by signal %d (%s)", r->name, WTERMSIG(status),
		 strsignal(WTERMSIG(status)));
	return RILL_EXIT_SIGNAL + WTERMSIG(status);
}

static const char *why_not(int error)
{
	switch (error) {
	case ENOEXEC:
		return " (it is for another processor, or a script without its first line #!)";
	case ENOENT: return " (the interpreter that it names is missing)";
	default: return "";
	}
}

/* Files' times are of this clock, which goes on in steps of 1 to 10 ms; newer kernels tell finer ones in between. What is written from a
 * new step on is younger than all that a run before has left. */
static void next_step(struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	do {
		nanosleep(&(struct timespec){ 0, 500000 }, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, since);
	} while (since->tv_sec == now.tv_sec && since->tv_nsec == now.tv_nsec);
}

/* The program has run. Its exit code, or one that says what became of the recording. */
static int say_end(const struct rill_record *r, struct rill_outcome *outcome, const struct timespec *since, int status, long pid)
{
	const int code = exit_code(r, status);

	if (r->flight) {
		rill_record_flight_end(r, outcome, (uint64_t)pid);
		return code;
	}
	if (!r->addressed)
		rill_outcome_look_at_files(outcome, r->pattern, since);
	return rill_record_say_outcome(r, outcome) && r->strict ? RILL_EXIT_LOST : code;
}

static int record(struct rill_record *r, char **argv)
{
	char *status_file = make_status_file();
	struct rill_outcome outcome;
	struct timespec since;
	int status, code;
	long pid;

	if (!status_file)
		return RILL_EXIT_FAILED;
	if (r->flight && !rill_record_flight_folder(r)) {
		unlink(status_file);
		free(status_file);
		return RILL_EXIT_FAILED;
	}
	next_step(&since);
	set_environment(r, status_file);
	status = rill_child_run(r->program, argv, &pid);
	rill_outcome_read(&outcome, status_file);
	unlink(status_file);
	free(status_file);
	if (status < 0) {
		rill_say("cannot run %s: %s%s", r->program, strerror(-status), why_not(-status));
		code = status == -ENOENT ? RILL_EXIT_NOT_FOUND : RILL_EXIT_NOT_STARTED;
		if (r->flight)
			rmdir(r->ring_folder);
	} else {
		code = say_end(r, &outcome, &since, status, pid);
	}
	rill_outcome_free(&outcome);
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_record r = { 0 };
	int code = rill_options(verb, &r, &argc, argv);

	if (code < 0 && argc < 1)
		code = rill_usage(
			verb,
			"a PROGRAM to run is wanted: rill record [OPTIONS] -- PROGRAM [ARGUMENTS]");
	if (code < 0) {
		r.name = argv[0];
		code = check_filter(verb, &r);
		if (!code)
			code = rill_record_check_program(&r);
		if (!code)
			code = rill_record_check_output(&r);
		if (!code)
			code = check_flight(&r);
		if (!code)
			code = record(&r, argv);
	}
	free(r.ring_folder);
	free(r.triggers);
	free(r.program);
	free(r.pattern);
	free(r.filter);
	return code;
}

const struct rill_verb rill_verb_record = {
	"record", "run a program and record its events", help_text, options, take_option, run, 1,
};
