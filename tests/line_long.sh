#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# line_long.sh - each slow and faulty line of `make check`, for longer, and more speeds.
#
#     LINE_MS=N        how long each runs, 20 seconds unless told
#     LINE_SEED=N      the first seed, 1 unless told
set -euo pipefail
build=${RILL_BUILD:-build/host}

RILL_LINE_MS=${LINE_MS:-20000} RILL_LINE_SEED=${LINE_SEED:-1} "$build/tests/test_serial_line" |
	tee "$build/tests/line_long.cases"
read -r passed failed < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/line_long.cases")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
