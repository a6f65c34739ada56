/* SPDX-License-Identifier: MIT
 * point.c - the hook that tests hang into the labelled points.
 */
#include "ring/point.h"

void (*_Atomic rill_point_hook)(enum rill_point point);
