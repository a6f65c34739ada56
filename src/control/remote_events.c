/* SPDX-License-Identifier: MIT
 * remote_events.c - the call sites of the process, and which sessions each is on for, told to a caller.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "emit/loss.h"

#include <stdio.h>
#include <string.h>

enum { BITS = 8, NAME_BYTES = 64 };

struct telling {
	struct rill_remote_caller *caller;
	bool heard;
	char of_bit[BITS][NAME_BYTES];
};

/* Sessions that share a bit cannot be told apart by it. */
static void name_bits(struct telling *t)
{
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *const s = rill_session_at(i);

		if (!s)
			continue;
		if (s->route.bit != RILL_BIT_SHARED && s->route.bit != RILL_BIT_FLIGHT)
			snprintf(t->of_bit[s->route.bit], NAME_BYTES, "%s", s->name);
		rill_session_put(s);
	}
	strcpy(t->of_bit[RILL_BIT_SHARED], "(shared)");
	strcpy(t->of_bit[RILL_BIT_FLIGHT], "(flight)");
}

/* "net,(flight)"; of a session that has just come, or is the library's own, its number. */
static void put_sessions(const struct telling *t, uint8_t sessions)
{
	char text[BITS * (NAME_BYTES + 1)] = "";
	size_t length = 0;

	for (unsigned bit = 0; bit < BITS; bit++) {
		if (!(sessions >> bit & 1))
			continue;
		length += (size_t)sprintf(text + length, "%s", length ? "," : "");
		if (t->of_bit[bit][0])
			length += (size_t)sprintf(text + length, "%s", t->of_bit[bit]);
		else
			length += (size_t)sprintf(text + length, "(%u)", bit);
	}
	rill_remote_put(&t->caller->reply, "sessions", text);
}

static void tell_site(void *ctx, const struct rill_site_info *site)
{
	struct telling *const t = ctx;
	struct rill_remote_packet *const p = &t->caller->reply;
	const char phase[] = { site->phase, '\0' };

	if (!t->heard)
		return;
	rill_remote_begin(p, "site");
	rill_remote_put(p, "category", site->category);
	rill_remote_put(p, "name", site->name);
	rill_remote_put(p, "phase", phase);
	rill_remote_put(p, "file", site->file);
	rill_remote_put_number(p, "line", site->line);
	put_sessions(t, site->sessions);
	t->heard = rill_remote_send(t->caller);
}

bool rill_remote_events(struct rill_remote_caller *c)
{
	struct telling t = { .caller = c, .heard = true };
	int count;

	name_bits(&t);
	count = rill_call_sites(tell_site, &t);
	if (!t.heard)
		return false;
	return count < 0 ? rill_remote_fail(c, rill_error()) : rill_remote_done(c, "sites", (unsigned)count);
}
