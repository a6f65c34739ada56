/* SPDX-License-Identifier: MIT
 * peer_lttng.c - LTTng-UST's side of the comparison: tracepoints as LTTng's manual has them. Which of them are on, and where they go, is
 * for its session daemon to say (lttng.sh).
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench/peers/peer_lttng_tp.h"

#include "bench/peers/peer.h"

#include <stdio.h>

PEER_LOOP(peer_run_none, lttng_ust_tracepoint(rill_peers, none))
PEER_LOOP(peer_run_int64, lttng_ust_tracepoint(rill_peers, int64, (int64_t)i))
PEER_LOOP(peer_run_text, lttng_ust_tracepoint(rill_peers, text, (int)i, -(int)i, text))
PEER_LOOP(peer_run_off, lttng_ust_tracepoint(rill_peers, off, (int64_t)i))

bool peer_begin(const char *outlet)
{
	if (!outlet)
		return true;
	fprintf(stderr, "peer_lttng: there is no OUTLET to choose, not '%s': the session daemon has it\n", outlet);
	return false;
}

/* Its daemon has the books (`lttng list`). */
bool peer_end(struct peer_books *books)
{
	books->known = false;
	return true;
}
