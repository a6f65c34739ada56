/* SPDX-License-Identifier: MIT
 * point.h - labelled points at the observable steps of an event and of its way to a session, at which a test can stop a thread or
 * raise a signal. They exist only in builds with CONFIG_RILL_TEST_POINTS; tests/point_*.c go through all of them.
 *
 * A point lies directly behind the step that its comment names.
 */
#ifndef RILL_RING_POINT_H
#define RILL_RING_POINT_H

#include "config.h"

#define RILL_POINT_LIST(P)                                                                         \
	/* An event, in its thread. */                                                             \
	P(FOUND)	/* the thread's ring is known, nothing in it has been touched */           \
	P(BUSY)		/* the ring is made busy, before M1 */                                     \
	P(MARKED)	/* M1, before the second look */                                           \
	P(LOOKED)	/* the second look: somebody wants it */                                   \
	P(TIMED)	/* its time is read */                                                     \
	P(ESCAPED)	/* an escape record with a new base is written */                          \
	P(WRITTEN)	/* the header is written */                                                \
	P(NAMED)	/* a dynamic event's name is written, its arguments are not */             \
	P(FILLED)	/* the payload is written, before M3 */                                    \
	P(TWICE)	/* the flight ring has its copy, before M3 of the stream ring */           \
	P(COMMITTED)	/* M3, still busy */                                                       \
	P(ENDED)	/* the ring is free again */                                               \
	P(TAKEN_BACK)	/* the hot path cannot do it: mark and ring are given back, before the cold path */ \
	P(LOSING)	/* it does not fit, before that is counted */                              \
	P(LOST)		/* the loss is counted, still busy */                                      \
	P(UNDONE)	/* the mark is taken off without a record, still busy */                   \
	/* The switch to the next block. */                                                        \
	P(FULL)		/* the reader has not released the block, before it is woken */            \
	P(CLOSED)	/* the pad of the old block is written */                                  \
	P(UNNUMBERED)	/* the new block's header is written but for its number */                 \
	P(OPENED)	/* the header of the new block is written, not yet published */            \
	P(SWITCHED)	/* the new block is published */                                           \
	/* Taking back a ring whose event was left by siglongjmp(). */                             \
	P(ABANDONED)	/* found so */                                                             \
	P(RECOVERED)	/* block, base and fast path stand again, before the mark is taken off */  \
	/* A thread's first event. */                                                              \
	P(ATTACHING)	/* handlers are kept out, before a slot is looked for */                   \
	P(CLAIMED)	/* a slot's bit is won, its rings are not ready */                         \
	P(READY)	/* its rings are ready and within the reader's reach, its state still FREE */ \
	P(LIVE)		/* the slot is published; the thread does not know it yet */               \
	P(ATTACHED)	/* the thread knows its slot and its ring */                               \
	/* A thread's end, and the consumer. */                                                    \
	P(EXITING)	/* the thread: its exit hook has marked the slot */                        \
	P(GONE)		/* the reader has found the thread gone */                                 \
	P(EMPTY)	/* all rings of the slot are drained, before it is freed */                \
	P(FREED)	/* the slot is free for the next thread */                                 \
	/* A pass of the reader. */                                                                \
	P(CLOCK)	/* the ordered clock read */                                               \
	P(BARRIER)	/* the barrier */                                                          \
	P(LISTED)	/* the list of sessions is read */                                         \
	P(HEAD)		/* R1 of one ring */                                                       \
	P(HEADS)	/* R1 of all rings */                                                      \
	P(QUICK)	/* the only session has taken a record the short way, the cursor still on it */ \
	P(TAKEN)	/* a record is with its sessions, the cursor still on it */                \
	P(MERGED)	/* all below the limit is given */                                         \
	P(COUNTED)	/* the losses of one ring are read, before the second look at its position */ \
	P(TOLD)		/* losses are reported */                                                  \
	P(RELEASED)	/* R2 of one ring */                                                       \
	/* A snapshot of flight rings. */                                                          \
	P(NUMBERED)	/* a block has the number that is expected, before it is copied */         \
	P(COPIED)	/* ... and behind that, before the second look */                          \
	/* A session's start and end. */                                                           \
	P(BEGUN)	/* who is inside an event is noted, the time of the start is not read */   \
	P(ENTERED)	/* the session is in the table and in the route's list, its bytes are off */ \
	P(STOPPING)	/* marked as stopping, its bytes still on */                               \
	P(OFF)		/* the bytes are off */                                                    \
	P(ASKED)	/* stop has looked whether one ring is inside an event, before it waits */ \
	P(QUIET)	/* every ring has moved or passed hold_max */                              \
	P(DRAINED)	/* the last pass */                                                        \
	P(SUMMED)	/* the books are closed */                                                 \
	P(LEFT)		/* out of the table and of the route's list, the outlet still open */      \
	P(SHUT)		/* the outlet is closed */                                                 \
	/* The table of who wants what. */                                                         \
	P(TABLE_SET)	/* published, all bytes still by the old one */                            \
	P(BYTES_SET)	/* the bytes of all groups are written, before the grace period */         \
	P(TABLE_FREED)	/* the old one is freed */                                                 \
	/* Registration. */                                                                        \
	P(GROUP_READY)	/* a category group has number and text */                                 \
	P(GROUP_SET)	/* its byte is set, by the table of this moment */                         \
	P(GROUP_FOUND)	/* others find it */                                                       \
	P(GROUP_READ)	/* inside the read section that computes a byte */                         \
	P(SITE_KNOWN)	/* a call site has an entry and an id */                                   \
	P(SITE_DECIDED)	/* its byte is computed, its hot word is not written */                    \
	P(SITE_NAMED)	/* the hot word has the id, not yet the byte */

enum rill_point {
#define RILL_POINT_ENUM(label) RILL_POINT_##label,
	RILL_POINT_LIST(RILL_POINT_ENUM)
#undef RILL_POINT_ENUM
	RILL_POINTS
};

extern void (*_Atomic rill_point_hook)(enum rill_point point);	/* ring/point.c, in such builds only */
#define RILL_POINT(label)                                                                          \
	do {                                                                                       \
		if (RILL_ON(CONFIG_RILL_TEST_POINTS)) {                                            \
			void (*hook_)(enum rill_point) = rill_point_hook;                          \
			if (hook_)                                                                 \
				hook_(RILL_POINT_##label);                                         \
		}                                                                                  \
	} while (0)

#endif
