#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# crash_long.sh - the crashes under load of `make check`, 200 of each kind.
#
#     RILL_CRASHES=N    how many of each
set -euo pipefail
build=${RILL_BUILD:-build/host}

RILL_CRASHES=${RILL_CRASHES:-200} "$build/tests/test_crash" under_load | tee "$build/tests/crash_long.cases"
read -r passed failed < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/crash_long.cases")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
