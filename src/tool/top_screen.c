/* SPDX-License-Identifier: MIT
 * top_screen.c - the lines of `rill top` on a terminal, and its keys.
 */
#include "top.h"

#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SCREEN *screen;
static FILE *keys;

/* Keys come from the terminal: standard input may be the trace. */
bool rill_top_screen_open(void)
{
	static bool registered;

	if (!isatty(STDOUT_FILENO))
		return false;
	keys = fopen("/dev/tty", "re");
	if (!keys)
		return false;
	setlocale(LC_CTYPE, "");	/* what is wide, and what is not */
	screen = newterm(NULL, stdout, keys);
	if (!screen) {
		fclose(keys);
		return false;
	}
	/* Whatever ends the program, the terminal is usable behind it. */
	if (!registered)
		atexit(rill_top_screen_close);
	registered = true;
	cbreak();
	noecho();
	curs_set(0);
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	return true;
}

static bool is_head(const char *line)
{
	return line[strspn(line, " ")] == 'E' && strstr(line, "EVENTS/S");
}

void rill_top_screen_show(const struct rill_top *top, const struct rill_model *model, const char *source)
{
	const struct rill_top_size size = { .lines = (size_t)(LINES > 1 ? LINES - 1 : 1), .columns = (size_t)COLS };
	char *text = NULL, *line, *next;
	size_t bytes;
	FILE *const out = open_memstream(&text, &bytes);
	int at = 0;

	if (!out)
		return;
	rill_top_put(out, top, model, source, &size);
	fclose(out);
	erase();
	for (line = text; *line && (next = strchr(line, '\n')); line = next + 1, at++) {
		*next = '\0';
		if (is_head(line))
			attron(A_REVERSE);
		move(at, 0);
		clrtoeol();	/* a wide line above may have come to here */
		addstr(line);
		if (is_head(line))
			hline(' ', COLS);
		attroff(A_REVERSE);
	}
	mvaddnstr(LINES - 1, 0, "order by e: events  s: self time  n: name    q: quit", COLS - 1);
	refresh();
	free(text);
}

int rill_top_screen_key(void)
{
	const int key = getch();

	return key == ERR ? 0 : key;
}

void rill_top_screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	fclose(keys);
	screen = NULL;
}
