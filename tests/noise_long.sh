#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# noise_long.sh - ten times the bytes of `make check` through a line that spoils one in 10000.
#
#     NOISE_BYTES=N    100 million unless told
#     NOISE_SEED=N     the seed, 1 unless told
set -euo pipefail
build=${RILL_BUILD:-build/host}

RILL_NOISE_BYTES=${NOISE_BYTES:-100000000} RILL_NOISE_SEED=${NOISE_SEED:-1} "$build/tests/test_packet_noise" |
	tee "$build/tests/noise_long.cases"
read -r passed failed < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/noise_long.cases")
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
