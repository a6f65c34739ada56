/* SPDX-License-Identifier: MIT
 * top_no_screen.c - stands in where the configuration leaves ncurses out: tables on any terminal.
 */
#include "top.h"

bool rill_top_screen_open(void)
{
	return false;
}

void rill_top_screen_show(const struct rill_top *top, const struct rill_model *model, const char *source)
{
	(void)top, (void)model, (void)source;
}

int rill_top_screen_key(void)
{
	return 0;
}

void rill_top_screen_close(void)
{
}
