#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stress.sh - runs the scenarios of tests/stress and prints their table.
#
#     STRESS_SCALE=N   percent of a long run: `make check` 1, `make stress-run SCALE=10` in CI, `make check-long` 100
#     STRESS_SEED=N    the seed that a table began with; else a new one
#     STRESS_ONLY=...  scenarios by parts of their names
#     RILL_RUN=...     command that starts a program of the target: "qemu-arm -L SYSROOT"
#     RILL_BUILD=DIR   where `make stress` put the program
set -euo pipefail
program=${RILL_BUILD:-build/host}/tests/stress_run
arguments=(--scale "${STRESS_SCALE:-1}")
read -ra runner <<<"${RILL_RUN:-}"
read -ra only <<<"${STRESS_ONLY:-}"

[ -x "$program" ] || { echo "$program is not there: make stress" >&2; exit 1; }
[ -z "${STRESS_SEED:-}" ] || arguments+=(--seed "$STRESS_SEED")
if [ ${#runner[@]} -gt 0 ]; then
	arguments+=(--emulated)
elif [ "${SAN:-}" = thread ] && setarch -R true 2>/dev/null; then
	# gcc's ThreadSanitizer gives up where the kernel spreads mappings wider than it knows.
	runner=(setarch -R)
fi
exec "${runner[@]}" "$program" "${arguments[@]}" "${only[@]}"
