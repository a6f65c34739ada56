/* SPDX-License-Identifier: MIT
 * peer_rill.c - rill's side of the comparison. OUTLET is the session's file or other place (rill/session.h); RILL_CLOCK= chooses the clock.
 * Everything else is as the library has it, but for 4 MiB of buffer for each thread, which the peers get, too.
 */
#include "bench/peers/peer.h"

#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>

static struct rill_session *session;

PEER_LOOP(peer_run_none, RILL_INSTANT("peers", "none"))
PEER_LOOP(peer_run_int64, RILL_INSTANT("peers", "int64", "i", (int64_t)i))
PEER_LOOP(peer_run_text, RILL_INSTANT("peers", "text", "i", (int)i, "j", -(int)i, "text", text))
PEER_LOOP(peer_run_off, RILL_INSTANT("peers.off", "off", "i", (int64_t)i))

bool peer_begin(const char *outlet)
{
	struct rill_config config = { .size = sizeof config, .buffer_bytes = 4 << 20, .prefault = true };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.file = outlet;
	o.filter = "peers";
	if (!outlet) {
		fputs("peer_rill: an OUTLET is wanted, such as trace.rill, trace.json or memory:4096\n", stderr);
		return false;
	}
	if (rill_configure(&config) == 0 && rill_session_start(&o, &session) == 0)
		return true;
	fprintf(stderr, "peer_rill: %s\n", rill_error());
	return false;
}

bool peer_end(struct peer_books *books)
{
	struct rill_stats stats;
	int rc = rill_session_flush(session, 60000);

	if (rc == 0)
		rc = rill_session_stats(session, &stats);
	if (rc == 0)
		*books = (struct peer_books){ true, stats.delivered, stats.lost_total };
	if (rill_session_stop(session) == 0 && rc == 0)
		return true;
	fprintf(stderr, "peer_rill: %s\n", rill_error());
	return false;
}
