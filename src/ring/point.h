/* SPDX-License-Identifier: MIT
 * point.h - labelled points at the observable steps of emit, block switch and attach, at which a test can stop a thread or
 * raise a signal. They exist only in builds with CONFIG_RILL_TEST_POINTS.
 */
#ifndef RILL_RING_POINT_H
#define RILL_RING_POINT_H

#include "config.h"

enum rill_point {
	RILL_POINT_BUSY,	/* the ring is made busy, before M1 */
	RILL_POINT_MARKED,	/* behind M1, before the second look */
	RILL_POINT_OPENED,	/* in the block switch: the new block is open, not yet published */
	RILL_POINT_SWITCHED,	/* behind the block switch */
	RILL_POINT_WRITTEN,	/* the header is written */
	RILL_POINT_FILLED,	/* the payload is written, before M3 */
	RILL_POINT_COMMITTED,	/* behind M3, still busy */
	RILL_POINTS
};

extern void (*rill_point_hook)(enum rill_point point);	/* ring/point.c, in such builds only */
#define RILL_POINT(label)                                                                          \
	do {                                                                                       \
		if (RILL_ON(CONFIG_RILL_TEST_POINTS) && rill_point_hook)                           \
			rill_point_hook(RILL_POINT_##label);                                       \
	} while (0)

#endif
