#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# died_long.sh - the programs of `make check` that die under load, more often: 200 crashes of each kind, and ten times the kills: 1000 of
# programs with streams, 250 each with flight rings, with both, and with both in disk mode; and 10 000 disks after power cuts.
#
#     RILL_CRASHES=N RILL_KILL_ROUNDS=N    how many of each crash, how many times the kills
#     RILL_CUT_ROUNDS=N RILL_CUT_IMAGES=N  how many programs lose their machine's power, and how many disks are made of each
set -euo pipefail
build=${RILL_BUILD:-build/host}
export RILL_CRASHES=${RILL_CRASHES:-200} RILL_KILL_ROUNDS=${RILL_KILL_ROUNDS:-10}
export RILL_CUT_ROUNDS=${RILL_CUT_ROUNDS:-20} RILL_CUT_IMAGES=${RILL_CUT_IMAGES:-500}
passed=0 failed=0

# repeat PROGRAM [CASE]; a configuration without it has nothing of that kind
repeat()
{
	local good bad
	[ -x "$build/tests/$1" ] || return 0
	"$build/tests/$@" | tee "$build/tests/died_long.cases" || true
	read -r good bad < <(awk '/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/ { print $4, $5 }' "$build/tests/died_long.cases") ||
		{ good=0 bad=1; }
	passed=$((passed + good)) failed=$((failed + bad))
}

repeat test_crash under_load
repeat test_ring_file
repeat test_power_cut was_emitted
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
