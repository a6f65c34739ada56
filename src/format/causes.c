/* SPDX-License-Identifier: MIT
 * causes.c - why events were lost, in the words that stand in traces.
 */
#include "format/causes.h"

const struct rill_cause_words rill_causes[RILL_CAUSES + 1] = {
	[RILL_LOST_FULL] = { "full", "ring full" },
	[RILL_LOST_BIG] = { "big", "event too big for a block" },
	[RILL_LOST_DEEP] = { "deep", "signal handlers nested too deep" },
	[RILL_LOST_NO_RING] = { "no_ring", "no free slot for the thread" },
	[RILL_LOST_STOPPED] = { "stopped", "committed after the session had closed" },
	[RILL_LOST_SINK] = { "sink", "sink too slow, full or failed" },
	[RILL_LOST_SUBSCRIBER] = { "subscriber", "subscriber too slow" },
	[RILL_CAUSES] = { "unknown", "unknown" },
};
