/* SPDX-License-Identifier: MIT
 * progress.c - "42 %" on stderr while a long file is read, and only if somebody sits there.
 */
#include "progress.h"
#include "words.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 500, STEP_MS = 200 };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void rill_progress_begin(struct rill_progress *p, const char *what, uint64_t total)
{
	*p = (struct rill_progress){ .what = what,
				     .total = total,
				     .terminal = isatty(STDERR_FILENO) };
	if (p->terminal)
		p->next_ms = now_ms() + FIRST_MS;
}

void rill_progress_at(struct rill_progress *p, uint64_t bytes)
{
	uint64_t now;

	if (!p->terminal)
		return;
	now = now_ms();
	if (now < p->next_ms)
		return;
	p->next_ms = now + STEP_MS;
	p->shown = true;
	fputc('\r', stderr);
	rill_put_safe(stderr, p->what);
	if (p->total)
		fprintf(stderr, ": %u %% ",
			(unsigned)(bytes >= p->total ? 100 : bytes * 100 / p->total));
	else
		fprintf(stderr, ": %s ", rill_bytes_word(bytes).text);
	fflush(stderr);
}

void rill_progress_end(struct rill_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
