/* SPDX-License-Identifier: MIT
 * address.c - reads the name of an outlet.
 */
#include "sink/address.h"

#include "port/port.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *prefix;
	enum rill_address_kind kind;
} kinds[] = {
	{ "serial:", RILL_ADDRESS_SERIAL },
	{ "tcp:", RILL_ADDRESS_TCP },
	{ "tcp-listen:", RILL_ADDRESS_TCP_LISTEN },
	{ "unix:", RILL_ADDRESS_UNIX },
	{ "unix-listen:", RILL_ADDRESS_UNIX_LISTEN },
	{ "memory:", RILL_ADDRESS_MEMORY },
	{ "fd:", RILL_ADDRESS_FD },
};

enum option_kind { FLAG, NUMBER, TEXT, TIME };

static const struct {
	enum rill_address_kind of;
	const char *name;
	enum option_kind kind;
	size_t offset;
} known[] = {
	{ RILL_ADDRESS_SERIAL, "baud", NUMBER, offsetof(struct rill_address, baud) },
	{ RILL_ADDRESS_SERIAL, "console", FLAG, offsetof(struct rill_address, console) },
	{ RILL_ADDRESS_SERIAL, "flow", FLAG, offsetof(struct rill_address, flow) },
	{ RILL_ADDRESS_SERIAL, "unit", TIME, offsetof(struct rill_address, unit_ns) },
	{ RILL_ADDRESS_TCP_LISTEN, "exposed", FLAG, offsetof(struct rill_address, exposed) },
	{ RILL_ADDRESS_MEMORY, "dump", TEXT, offsetof(struct rill_address, dump) },
};

static bool parse_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > INT32_MAX)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

/* 1ns to 1s. */
static bool parse_time(char *text, uint32_t *ns)
{
	static const struct {
		const char *name;
		uint32_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	char *const unit = text + strspn(text, "0123456789");
	uint32_t number = 0, factor = 0;

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(unit, units[i].name))
			factor = units[i].ns;
	*unit = '\0';
	if (!factor || !parse_number(text, &number) || !number || number > 1000000000 / factor)
		return false;
	*ns = number * factor;
	return true;
}

static int set_option(struct rill_address *a, const char *text, char *option)
{
	char *value = strchr(option, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		void *const field = (char *)a + known[i].offset;

		if (known[i].of != a->kind || strcmp(known[i].name, option) != 0)
			continue;
		if (known[i].kind == FLAG && value)
			return rill_fail(EINVAL, "%s: %s takes no value", text, option);
		if (known[i].kind != FLAG && (!value || !*value))
			return rill_fail(EINVAL, "%s: %s needs a value, %s=...", text, option, option);
		if (known[i].kind == NUMBER && !parse_number(value, field))
			return rill_fail(EINVAL, "%s: %s=%s is not a number in range", text, option, value);
		if (known[i].kind == TIME && !parse_time(value, field))
			return rill_fail(EINVAL, "%s: %s wants a time from 1ns to 1s, such as 1us or 500ns", text, option);
		if (known[i].kind == FLAG)
			*(bool *)field = true;
		else if (known[i].kind == TEXT)
			*(char **)field = value;
		return 0;
	}
	return rill_fail(EINVAL, "%s: there is no option '%s' here (see rill(7))", text, option);
}

static int set_options(struct rill_address *a, const char *text)
{
	char *option = strchr(a->place, '?'), *next;
	int error = 0;

	if (!option)
		return 0;
	for (*option++ = '\0'; option && !error; option = next) {
		next = strchr(option, '&');
		if (next)
			*next++ = '\0';
		error = set_option(a, text, option);
	}
	return error;
}

static int check(const struct rill_address *a, const char *text)
{
	if (a->kind == RILL_ADDRESS_SERIAL && !a->place[0])
		return rill_fail(EINVAL, "%s: the device is missing, such as serial:/dev/ttyS1?baud=115200", text);
	if (a->baud && a->baud < RILL_SERIAL_BAUD_MIN)
		return rill_fail(EINVAL, "%s: a line of less than %d baud is too slow to end a trace within two seconds", text,
				 (int)RILL_SERIAL_BAUD_MIN);
	if (a->baud && !rill_port_serial_speed(a->baud))
		return rill_fail(EINVAL, "%s: there is no speed of %u baud; 9600, 19200, 38400, 57600, 115200, 230400, "
				 "460800, 921600 and 1000000 to 4000000 in steps of 500000 are usual", text, a->baud);
	return 0;
}

int rill_address_parse(const char *text, struct rill_address *a)
{
	size_t skip = 0;
	int error = 0;

	memset(a, 0, sizeof *a);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix))) {
			a->kind = kinds[i].kind;
			skip = strlen(kinds[i].prefix);
		}
	a->place = strdup(text + skip);
	if (!a->place)
		return rill_fail(ENOMEM, "no memory for the name of an outlet");
	if (!strcmp(text, "-")) {
		a->kind = RILL_ADDRESS_FD;
		a->number = 1;
		return 0;
	}
	if (a->kind == RILL_ADDRESS_FILE)
		return 0;
	error = set_options(a, text);
	if (!error && a->kind == RILL_ADDRESS_MEMORY && !parse_number(a->place, &a->number))
		error = rill_fail(EINVAL, "%s: how many KiB? Write memory:256", text);
	if (!error && a->kind == RILL_ADDRESS_FD && !parse_number(a->place, &a->number))
		error = rill_fail(EINVAL, "%s: which descriptor? Write fd:3", text);
	return error ? error : check(a, text);
}

void rill_address_free(struct rill_address *a)
{
	free(a->place);
	a->place = a->dump = NULL;
}
