/* SPDX-License-Identifier: MIT
 * remote_command.c - what a caller at the control socket can ask for.
 *
 *     status                             a line of the process, one of each session
 *     start filter= name= events= format= option=... out= stay=1   with a descriptor for the trace
 *     stop name=                         those that were begun here or by the environment
 *     flush name=
 *     enable filter= name=, disable filter= name=
 *     snapshot name=                     of flight sessions
 *     events                             a line of each call site (remote_events.c)
 *     threads                            a line of each thread (remote_threads.c)
 *
 * Without a name all sessions are meant. Each answer ends with `done` or `error`.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "control/settings.h"
#include "emit/loss.h"
#include "format/causes.h"
#include "port/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_MS = 5000, FLUSH_MS = 2000, FILTER_BYTES = 4096 };

/* ---- answering ------------------------------------------------------------------------------------ */

bool rill_remote_send(struct rill_remote_caller *c)
{
	return rill_port_control_send(c->fd, c->reply.text, c->reply.used, -1, ROOM_MS) == 0;
}

bool rill_remote_fail(struct rill_remote_caller *c, const char *text)
{
	rill_remote_begin(&c->reply, "error");
	rill_remote_put(&c->reply, "text", text);
	return rill_remote_send(c);
}

bool rill_remote_done(struct rill_remote_caller *c, const char *of, unsigned count)
{
	rill_remote_begin(&c->reply, "done");
	rill_remote_put_number(&c->reply, of, count);
	return rill_remote_send(c);
}

/* ---- each session --------------------------------------------------------------------------------- */

/* Calls take for each session of that name (NULL: for all), which is in use meanwhile: the program's own stop waits for its end. tell (or
 * NULL) is called behind that, and may wait for the caller. Ends at an error, and returns it. */
static int each_session(const char *name, int (*take)(void *ctx, struct rill_session *session), int (*tell)(void *ctx), void *ctx,
			unsigned *count)
{
	int error = 0;

	*count = 0;
	for (unsigned i = 0; i < RILL_SESSIONS_MAX && !error; i++) {
		struct rill_session *const s = rill_session_at(i);
		const bool meant = s && (!name || strcmp(s->name, name) == 0);

		if (meant)
			error = take(ctx, s);
		if (s)
			rill_session_put(s);
		*count += meant;
		if (meant && !error && tell)
			error = tell(ctx);
	}
	return error;
}

static bool answer_each(struct rill_remote_caller *c, int error, unsigned count)
{
	const char *const name = rill_remote_value(&c->words, "name");
	char text[512];

	if (error)
		return rill_remote_fail(c, rill_error());
	if (count || !name)
		return rill_remote_done(c, "sessions", count);
	snprintf(text, sizeof text, "no session '%s' is running", name);
	return rill_remote_fail(c, text);
}

/* ---- status --------------------------------------------------------------------------------------- */

static const char *kind_of(const struct rill_session *s)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT) && s->flight)
		return "flight";
	return s->route.bit == RILL_BIT_SHARED ? "shared" : "stream";
}

static void put_losses(struct rill_remote_packet *p, const struct rill_stats *stats)
{
	char key[32];

	rill_remote_put_number(p, "lost", stats->lost_total);
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++) {
		if (!stats->lost[cause])
			continue;
		snprintf(key, sizeof key, "lost_%s", rill_causes[cause].key);
		rill_remote_put_number(p, key, stats->lost[cause]);
	}
}

static int put_session(void *of, struct rill_session *s)
{
	struct rill_remote_caller *const c = of;
	struct rill_stats stats;
	char filter[FILTER_BYTES];
	struct rill_remote_session its;
	const bool ours = rill_remote_has(s, &its);

	if (rill_session_stats(s, &stats) < 0)
		memset(&stats, 0, sizeof stats);	/* it is about to go */
	rill_session_filter(s, filter, sizeof filter);
	rill_remote_begin(&c->reply, "session");
	rill_remote_put(&c->reply, "name", s->name);
	rill_remote_put(&c->reply, "kind", kind_of(s));
	rill_remote_put(&c->reply, "owner", its.of_caller ? "caller" : ours ? "control" : "program");
	rill_remote_put(&c->reply, "filter", filter);
	rill_remote_put(&c->reply, "where", its.out[0] ? its.out : rill_session_where(s));
	rill_remote_put_number(&c->reply, "events", stats.delivered);
	put_losses(&c->reply, &stats);
	rill_remote_put_number(&c->reply, "bytes", stats.bytes);
	rill_remote_put_number(&c->reply, "threads", stats.threads);
	return 0;
}

static int tell_session(void *of)
{
	return rill_remote_send(of) ? 0 : -EPIPE;
}

static bool status(struct rill_remote_caller *c)
{
	unsigned count;
	int error;

	rill_remote_sweep();
	rill_remote_begin(&c->reply, "process");
	rill_remote_put_number(&c->reply, "pid", (uint64_t)getpid());
	rill_remote_put(&c->reply, "name", rill_port_program_name());
	rill_remote_put(&c->reply, "version", rill_version());
	rill_remote_put_number(&c->reply, "protocol", RILL_REMOTE_VERSION);
	if (!rill_remote_send(c))
		return false;
	error = each_session(rill_remote_value(&c->words, "name"), put_session, tell_session, c, &count);
	return error != -EPIPE && answer_each(c, error, count);
}

/* ---- start ---------------------------------------------------------------------------------------- */

static int take_options(const struct rill_remote_words *w, struct rill_settings *settings)
{
	const struct rill_config none = { .size = 0 };
	char option[256];
	int error = 0;

	for (unsigned i = 0; i < w->count && !error; i++) {
		if (strcmp(w->pair[i].key, "option") != 0)
			continue;
		if ((size_t)snprintf(option, sizeof option, "%s", w->pair[i].value) >= sizeof option)
			return rill_fail(EINVAL, "an option of more than 255 bytes is none");
		error = rill_settings_set(settings, option, "start");
		if (!error && (memcmp(&settings->config, &none, sizeof none) != 0 || settings->follow_fork))
			error = rill_fail(EINVAL, "option %s is the process's, and was to be given when it started: RILL_OPTIONS=%s", option,
					  w->pair[i].value);
	}
	return error;
}

static int take_start(const struct rill_remote_words *w, struct rill_settings *settings)
{
	const char *const format = rill_remote_value(w, "format");

	settings->session.name = rill_remote_value(w, "name");
	settings->session.filter = rill_remote_value(w, "filter");
	settings->session.events = rill_remote_value(w, "events");
	settings->session.shared = rill_remote_value(w, "shared") != NULL;
	settings->session.format = format && strcmp(format, "binary") == 0 ? RILL_FORMAT_BINARY : RILL_FORMAT_JSON;
	settings->session.out = RILL_OUT_FD;
	return take_options(w, settings);
}

static bool start(struct rill_remote_caller *c)
{
	struct rill_settings settings;
	struct rill_session *session;
	int error;

	if (c->passed < 0)
		return rill_remote_fail(c, "a descriptor for the trace is missing: the caller opens the file, and passes it with the request");
	memset(&settings, 0, sizeof settings);
	error = take_start(&c->words, &settings);
	settings.session.size = sizeof settings.session;
	settings.session.fd = c->passed;
	if (!error && settings.session.flight_bytes)
		error = rill_fail(EINVAL, "a flight session is begun with the process: RILL_OPTIONS=flight_bytes=256k");
	if (!error)
		error = rill_session_start(&settings.session, &session);
	if (error)
		return rill_remote_fail(c, rill_error());
	if (!rill_remote_adopt(session, &c->passed, rill_remote_value(&c->words, "out"),
			       rill_remote_value(&c->words, "stay") ? 0 : c->number)) {
		rill_session_stop(session);
		return rill_remote_fail(c, "the process has no memory for one more session");
	}
	return rill_remote_done(c, "sessions", 1);
}

/* ---- the others ----------------------------------------------------------------------------------- */

/* Of each the pointer only: a stop waits for those who use the session. */
static bool stop(struct rill_remote_caller *c)
{
	const char *const name = rill_remote_value(&c->words, "name");
	struct rill_remote_session its;
	unsigned count = 0, others = 0;
	int error = 0;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX && !error; i++) {
		struct rill_session *const s = rill_session_at(i);
		const bool meant = s && (!name || strcmp(s->name, name) == 0);

		if (s)
			rill_session_put(s);
		if (!meant)
			continue;
		if (!rill_remote_has(s, &its)) {
			others++;
			continue;
		}
		if (its.of_caller && !name)
			continue;	/* he who looks at it has it */
		error = rill_remote_stop(s);
		count += !error;
	}
	if (!error && !count && others)
		return rill_remote_fail(c, "the program has begun its sessions itself, and ends them itself");
	return answer_each(c, error, count);
}

static int flush_one(void *unused, struct rill_session *s)
{
	(void)unused;
	return rill_session_flush(s, FLUSH_MS);
}

static bool flush(struct rill_remote_caller *c)
{
	unsigned count;
	const int error = each_session(rill_remote_value(&c->words, "name"), flush_one, NULL, NULL, &count);

	return answer_each(c, error, count);
}

struct change {
	int (*make)(struct rill_session *session, const char *categories);
	const char *filter;
};

static int change_one(void *of, struct rill_session *s)
{
	const struct change *const change = of;

	return change->make(s, change->filter);
}

static bool change(struct rill_remote_caller *c, int (*make)(struct rill_session *session, const char *categories))
{
	struct change what = { make, rill_remote_value(&c->words, "filter") };
	unsigned count;
	int error;

	if (!what.filter)
		return rill_remote_fail(c, "a filter is missing");
	error = each_session(rill_remote_value(&c->words, "name"), change_one, NULL, &what, &count);
	return answer_each(c, error, count);
}

static bool enable(struct rill_remote_caller *c)
{
	return change(c, rill_session_enable);
}

static bool disable(struct rill_remote_caller *c)
{
	return change(c, rill_session_disable);
}

static int snapshot_of(void *of, struct rill_session *s)
{
	struct rill_remote_caller *const c = of;
	struct rill_stats stats;
	int error;

	if (!RILL_ON(CONFIG_RILL_FLIGHT) || !s->flight)
		return 0;
	error = rill_snapshot(s, NULL);
	if (error || rill_session_stats(s, &stats) < 0)
		return error;
	rill_remote_begin(&c->reply, "done");
	rill_remote_put_number(&c->reply, "number", stats.segments);
	return 0;
}

/* The number is that of the last one. */
static bool snapshot(struct rill_remote_caller *c)
{
	unsigned count;
	int error;

	c->reply.used = 0;
	error = each_session(rill_remote_value(&c->words, "name"), snapshot_of, NULL, c, &count);
	if (error)
		return rill_remote_fail(c, rill_error());
	if (!c->reply.used)
		return rill_remote_fail(c, "no flight session is running: it is begun with the process, by RILL_OPTIONS=flight_bytes=256k");
	return rill_remote_send(c);
}

/* ---- which ---------------------------------------------------------------------------------------- */

bool rill_remote_command(struct rill_remote_caller *c)
{
	static const struct {
		const char *word;
		bool (*run)(struct rill_remote_caller *c);
	} commands[] = {
		{ "disable", disable }, { "enable", enable }, { "events", rill_remote_events }, { "flush", flush },
		{ "snapshot", snapshot }, { "start", start }, { "status", status }, { "stop", stop }, { "threads", rill_remote_threads },
	};
	char text[256];

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(c->words.word, commands[i].word) == 0)
			return commands[i].run(c);
	snprintf(text, sizeof text, "librill %s of this process does not know the request '%.64s'", rill_version(), c->words.word);
	return rill_remote_fail(c, text);
}
