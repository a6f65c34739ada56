#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# flight_long.sh - many times the snapshots of `make check`, of threads that write all the time and of the handlers on top of them.
#
#     FLIGHT_SNAPSHOTS=N  in small rings, 100 thousand unless told; a hundredth of that in large ones
set -euo pipefail
build=${RILL_BUILD:-build/host}

RILL_TEST_FLIGHT_SNAPSHOTS=${FLIGHT_SNAPSHOTS:-100000} "$build/tests/test_flight" V_2 2>&1 | tee "$build/tests/flight_long.cases"
read -r passed failed < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/flight_long.cases")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
