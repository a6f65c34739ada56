/* SPDX-License-Identifier: MIT
 * peer_lttng_tp.h - the events of peer_lttng.c, in the form that LTTng-UST asks for: this file is read several times over, with other
 * meanings of the macros.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER rill_peers
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench/peers/peer_lttng_tp.h"

#if !defined(BENCH_PEERS_PEER_LTTNG_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_PEERS_PEER_LTTNG_TP_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(rill_peers, none, LTTNG_UST_TP_ARGS(), LTTNG_UST_TP_FIELDS())

LTTNG_UST_TRACEPOINT_EVENT(rill_peers, int64, LTTNG_UST_TP_ARGS(int64_t, i),
			   LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int64_t, i, i)))

LTTNG_UST_TRACEPOINT_EVENT(rill_peers, text, LTTNG_UST_TP_ARGS(int, i, int, j, const char *, text),
			   LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int, i, i) lttng_ust_field_integer(int, j, j)
					       lttng_ust_field_string(text, text)))

/* Is never enabled. */
LTTNG_UST_TRACEPOINT_EVENT(rill_peers, off, LTTNG_UST_TP_ARGS(int64_t, i),
			   LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int64_t, i, i)))

#endif

#include <lttng/tracepoint-event.h>
