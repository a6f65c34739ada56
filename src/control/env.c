/* SPDX-License-Identifier: MIT
 * env.c - a session without code: by environment variables (man page rill(7)) and by Node's arguments.
 *
 *     RILL_TRACE=FILTER       start a session ("" and "1": everything but disabled-by-default)
 *     RILL_FILE=PATTERN       its file
 *     RILL_BUFFER=SIZE        ring of each thread
 *     RILL_EVENTS=PATTERNS    names of events
 *     RILL_TRIGGER=LIST       what asks for a snapshot of a flight session
 *     RILL_RING_FILE=PATTERN  the rings lie in this file
 *     RILL_CRASH_FILE=PATTERN the rings go there when the program crashes (crash.c)
 *     RILL_OPTIONS=a,b=c      everything else
 *
 * What is wrong in them is said once; the program then runs untraced. A set-uid program ignores them all.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "control/settings.h"
#include "control/size.h"
#include "control/start.h"
#include "control/uncancelled.h"
#include "port/port.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what they say ---------------------------------------------------------------------------------- */

static int set_options(struct rill_settings *s, const char *text)
{
	char *copy = strdup(text ? text : ""), *next, *option;
	int error = copy ? 0 : rill_fail(ENOMEM, "no memory for RILL_OPTIONS");

	for (option = copy ? strtok_r(copy, ",", &next) : NULL; option && !error; option = strtok_r(NULL, ",", &next))
		error = rill_settings_set(s, option, "RILL_OPTIONS");
	free(copy);
	return error;
}

/* ---- starting ------------------------------------------------------------------------------------- */

static int read_settings(struct rill_settings *s)
{
	const char *buffer = rill_port_env("RILL_BUFFER");

	memset(s, 0, sizeof *s);
	s->session.size = sizeof s->session;
	s->config.size = sizeof s->config;
	s->session.file = rill_port_env("RILL_FILE");
	s->session.events = rill_port_env("RILL_EVENTS");
	s->session.triggers = rill_port_env("RILL_TRIGGER");
	s->config.ring_file = rill_port_env("RILL_RING_FILE");
	if (buffer && !rill_size_parse(buffer, &s->config.buffer_bytes))
		return rill_fail(EINVAL, "RILL_BUFFER=%s is not a size like 512k or 4M", buffer);
	return set_options(s, rill_port_env("RILL_OPTIONS"));
}

static int start(const struct rill_settings *s)
{
	struct rill_session *session;
	int error = rill_configure(&s->config);

	if (!error || error == -EBUSY)
		error = rill_session_start(&s->session, &session);
	/* Without memory for that nobody can stop it from outside. */
	if (!error && RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_adopt(session, NULL, NULL, 0);
	return error;
}

static void start_and_report(bool child)
{
	const char *trace = rill_port_env("RILL_TRACE");
	struct rill_settings s;
	int error;

	if (!trace)
		return;
	error = read_settings(&s);
	if (!error && child && !s.follow_fork)
		return;
	s.session.filter = strcmp(trace, "1") ? trace : "";
	if (!error)
		error = start(&s);
	if (error) {
		rill_warn("no trace: %s", rill_error());
		rill_status_error(rill_error());
	}
}

static void start_once(void)
{
	start_and_report(false);
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_by_environment(NULL);
}

void rill_start_by_environment(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_once);
}

/* For programs without call sites of their own (bindings, interpreters). */
__attribute__((constructor)) static void loaded(void)
{
	rill_start_by_environment();
}

static bool is_followed(void)
{
	struct rill_settings s;

	return read_settings(&s) == 0 && s.follow_fork;
}

void rill_env_start_in_child(void)
{
	start_and_report(true);
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_by_environment(is_followed);
}

/* ---- Node's arguments ----------------------------------------------------------------------------- */

static const char *const argument_names[2] = { "--trace-event-categories", "--trace-event-file-pattern" };

/* If argv[i] is `name VALUE` or `name=VALUE`: the value; *taken is how many arguments that were. */
static const char *value_of(int argc, char **argv, int i, const char *name, int *taken)
{
	size_t length = strlen(name);

	*taken = 0;
	if (strncmp(argv[i], name, length) != 0 || (argv[i][length] && argv[i][length] != '='))
		return NULL;
	*taken = 1;
	if (argv[i][length] == '=')
		return argv[i] + length + 1;
	if (i + 1 >= argc || argv[i + 1][0] == '-')
		return NULL;
	*taken = 2;
	return argv[i + 1];
}

/* Which of ours argv[i] is, with its value (NULL: missing) and how many arguments it takes; -1: none. */
static int ours(int argc, char **argv, int i, const char **value, int *taken)
{
	for (int n = 0; n < 2; n++) {
		*value = value_of(argc, argv, i, argument_names[n], taken);
		if (*taken)
			return n;
	}
	*taken = 1;
	return -1;
}

/* Given again, the last one counts, as in Node. What stands behind "--" is not ours. */
static int find_values(int argc, char **argv, const char *values[2])
{
	const char *value;
	int taken;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i += taken) {
		int n = ours(argc, argv, i, &value, &taken);

		if (n >= 0 && !value)
			return rill_fail(EINVAL, "%s requires an argument", argument_names[n]);
		if (n >= 0)
			values[n] = value;
	}
	return 0;
}

static void take_out(int *argc, char **argv)
{
	const char *value;
	int kept = *argc < 1 ? *argc : 1, i = kept, taken;

	for (; i < *argc && strcmp(argv[i], "--") != 0; i += taken)
		if (ours(*argc, argv, i, &value, &taken) < 0)
			argv[kept++] = argv[i];
	while (i < *argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	*argc = kept;
}

/* On failure the arguments are as they were. */
int rill_init_argv(int *argc, char **argv)
{
	RILL_UNCANCELLED;
	const char *values[2] = { NULL, NULL };
	struct rill_settings s;
	int error = find_values(*argc, argv, values);

	if (error)
		return error;
	take_out(argc, argv);
	if (!values[0] || !values[0][0])
		return 0;
	error = read_settings(&s);
	if (error)
		return error;
	s.session.filter = values[0];
	if (values[1])
		s.session.file = values[1];
	error = start(&s);
	return error ? error : 1;
}
