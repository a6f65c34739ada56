/* SPDX-License-Identifier: MIT
 * environment.c - fuzz target: what a user gives as text. One line for each of RILL_FILE, RILL_EVENTS, RILL_BUFFER and
 * RILL_OPTIONS, the others are arguments of the program as Node has them, group and name of an event, numbers of the tool.
 *
 * Linked with -Wl,--wrap for what lies before (the environment) and behind (a session that would start).
 */
#include "control/filter.h"
#include "control/start.h"
#include "port/port.h"
#include "sink/address.h"
#include "tests/fuzz/fuzz.h"
#include "tool/serial.h"
#include "tool/sieve.h"
#include "tool/words.h"

#include <rill/session.h>

enum { LINES = 16 };
static const char *const names[] = { "RILL_FILE", "RILL_EVENTS", "RILL_BUFFER", "RILL_OPTIONS" };
enum { VARIABLES = sizeof names / sizeof *names };

static char *lines[LINES + 1];
static int line_count;

static const char *line(int i)
{
	return i < line_count ? lines[i] : "";
}

/* ---- the wrapped functions ---------------------------------------------------------------------------- */

const char *__wrap_rill_port_env(const char *name);
int __wrap_rill_configure(const struct rill_config *config);
int __wrap_rill_session_start(const struct rill_session_options *options, struct rill_session **session);

const char *__wrap_rill_port_env(const char *name)
{
	for (int i = 0; i < VARIABLES && i < line_count; i++)
		if (!strcmp(names[i], name))
			return *lines[i] ? lines[i] : NULL;
	return NULL;
}

int __wrap_rill_configure(const struct rill_config *config)
{
	MUST(config->size == sizeof *config);
	return 0;
}

/* A filter says the same in its own words. */
static void use_filter(const char *text, const char *events)
{
	const char *const group = line(VARIABLES), *const name = line(VARIABLES + 1);
	struct rill_filter *filter = NULL, *again = NULL, *more = NULL;
	char shown[4096];

	if (rill_filter_parse(text, RILL_MATCH_CHROMIUM, &filter) != 0) {
		MUST(!filter && *rill_error());
		return;
	}
	MUST(rill_filter_group(filter, RILL_METADATA_GROUP));
	if (rill_filter_text(filter, shown, sizeof shown) < sizeof shown) {
		MUST(rill_filter_parse(shown, RILL_MATCH_CHROMIUM, &again) == 0);
		MUST(rill_filter_group(again, group) == rill_filter_group(filter, group));
		MUST(rill_filter_equal(again, filter));
	}
	if (rill_filter_set_events(filter, events) == 0)
		MUST(!rill_filter_wants(filter, group, name) || rill_filter_group(filter, group));
	if (rill_filter_add(filter, group, &more) == 0)
		rill_filter_free(more);
	if (rill_filter_remove(filter, group, &more) == 0)
		rill_filter_free(more);
	rill_filter_free(again);
	rill_filter_free(filter);
}

static void use_address(const char *text)
{
	struct rill_address address;

	if (rill_address_parse(text, &address) == 0)
		MUST(address.place && strlen(address.place) <= strlen(text));
	else
		MUST(*rill_error());
	rill_address_free(&address);
}

int __wrap_rill_session_start(const struct rill_session_options *options, struct rill_session **session)
{
	*session = NULL;
	MUST(options->size == sizeof *options && options->file_mode <= 0777);
	use_filter(options->filter, options->events);
	if (options->file)
		use_address(options->file);
	return 0;
}

/* ---- the target --------------------------------------------------------------------------------------- */

static void use_words(const char *text)
{
	struct rill_moment moment;
	uint64_t number;

	if (rill_parse_number(text, 1, UINT32_MAX, &number) == 0)
		rill_serial_knows((uint32_t)number);
	if (rill_parse_size(text, &number) == 0)
		MUST(rill_size_word(number).text[0] && rill_bytes_word(number).text[0]);
	if (rill_moment_parse(text, &moment))
		MUST(moment.given);
}

static void use_arguments(void)
{
	char *argv[LINES + 2] = { (char[]){ "program" } };
	int argc = 1, code;

	for (int i = 0; i < line_count; i++)
		argv[argc++] = lines[i];
	argv[argc] = NULL;
	code = rill_init_argv(&argc, argv);
	MUST(code <= 1 && argc <= line_count + 1 && !argv[argc]);
	MUST(code >= 0 || *rill_error());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	line_count = 0;
	for (char *next = text, *one; line_count < LINES && (one = strsep(&next, "\n"));)
		lines[line_count++] = one;
	for (int i = 0; i < line_count; i++) {
		use_words(lines[i]);
		use_address(lines[i]);
		use_filter(lines[i], line(1));
	}
	use_arguments();
	line_count = 0;
	free(text);
	return 0;
}
