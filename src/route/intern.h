/* SPDX-License-Identifier: MIT
 * intern.h - one permanent copy of each name that dynamic events bring: outlets may keep and compare the pointers.
 */
#ifndef RILL_ROUTE_INTERN_H
#define RILL_ROUTE_INTERN_H

/* The copy, or `text` itself when there are RILL_INTERN_MAX already (then it is valid for this event only): names made up at
 * run time without end must not take memory without end. Holder of the drain role. */
enum { RILL_INTERN_MAX = 16384, RILL_INTERN_TEXT_MAX = 256 };
const char *rill_intern(const char *text);

#endif
