/* SPDX-License-Identifier: MIT
 * live.c - the options that say where a live stream comes from.
 */
#include "live.h"
#include "serial.h"
#include "words.h"

int rill_live_option(const struct rill_verb *verb, struct rill_transfer *t, int id,
		     const char *value)
{
	uint64_t baud;

	if (id == RILL_EXE)
		return rill_names_exe(verb, value);
	if (id == 'w')
		t->input_options.wait = true;
	if (id == 'l')
		t->input_options.listen = true;
	if (id != 'b')
		return 0;
	if (rill_parse_number(value, 1, UINT32_MAX, &baud) < 0 ||
	    !rill_serial_knows((uint32_t)baud))
		return rill_usage(
			verb,
			"-b '%s': a usual speed of serial lines is wanted, 1200 to 4000000, such as 115200 "
			"or 921600",
			value);
	t->input_options.baud = (uint32_t)baud;
	return 0;
}
