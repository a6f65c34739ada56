#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_report.sh - the whole of `make bench-report`, in short runs and into a copy of the page: each subject gets its table, each plot
# is drawn, and callgrind counts what single steps count.
set -euo pipefail
. tests/count.bash
export LC_ALL=C
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

[ -n "$(command -v valgrind)" ] || { echo 'skipped: valgrind is missing: make deps'; exit 77; }
mkdir "$scratch/doc"
cp doc/costs.md "$scratch/doc/costs.md"
rc=0
RILL_BUILD=$build RESULTS=$scratch/results PEERS=$scratch/none DOC=$scratch/doc QUICK=1 bash bench/report.sh >"$scratch/out" 2>&1 || rc=$?
if [ $rc = 0 ]; then ok; else bad_in "exit code $rc" "$scratch/out"; fi
for subject in $(sed -n 's/^<!-- bench \(.*\) begin -->$/\1/p' doc/costs.md); do
	why=$(sed -n "s/^bench-report: $subject .* left out: //p" "$scratch/out")
	if [ -n "$why" ]; then
		skip "$subject: $why"
		continue
	fi
	rows=$(sed -n "/^<!-- bench $subject begin/,/^<!-- bench $subject end/p" "$scratch/doc/costs.md" | grep -c '^| .*[0-9].* |$' || true)
	if [ "$rows" -ge 3 ]; then ok; else bad_in "$subject has $rows rows" "$scratch/out"; fi
	# The bars are those of what the others left.
	if [ "$subject" = bars ] || [ -s "$scratch/results/$subject.txt" ]; then ok; else bad_in "$subject left nothing" "$scratch/out"; fi
done
if [ -n "$(command -v gnuplot)" ]; then
	for plot in $(sed -n 's/^!\[.*\](plots\/\(.*\))$/\1/p' "$scratch/doc/costs.md"); do
		if [ "$(grep -c '^</svg>' "$scratch/doc/plots/$plot")" = 1 ]; then ok; else bad_in "no plot $plot" "$scratch/out"; fi
	done
else
	skip 'plots: gnuplot is missing'
fi
# An event without arguments has the same way every time, but for the switch to the next block.
for case in disabled_0 emit_1; do
	if awk -v name="case=$case" '$2 == name { for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] }
		off = v["insn"] - v["steps"]; right = v["insn"] > 1 && off < 2 && off > -2 } END { exit !right }' "$scratch/results/instructions.txt"
	then ok; else bad_in "$case: callgrind and single steps differ" "$scratch/results/instructions.txt"; fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
