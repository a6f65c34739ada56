#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# memory_long.sh - the resident size stays flat over ten times the events of `make check`, for each state of the consumer.
#
#     MEMORY_EVENTS=N     events for each state, 100 million unless told
set -euo pipefail
build=${RILL_BUILD:-build/host}

RILL_TEST_EVENTS=${MEMORY_EVENTS:-100000000} "$build/tests/test_memory" resident | tee "$build/tests/memory_long.cases"
read -r passed failed < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/memory_long.cases")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
