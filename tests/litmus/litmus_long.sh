#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# litmus_long.sh - the litmus programs in their long forms, and what they saw.
set -euo pipefail
build=${RILL_BUILD:-build/host} rc=0
logs=$build/tests/litmus-long
programs=()
for program in "$build"/tests/litmus/litmus_*; do
	[[ $program == *.* ]] || programs+=("$program")
done
text=$(RILL_LITMUS=long bash tests/run.sh "$logs" "${programs[@]}") || rc=$?
head -n -1 <<<"$text"
cat "$logs"/litmus_*.log | sed -n 's/^litmus /  /p'
# The sum comes last: it is what counts.
tail -n 1 <<<"$text"
exit $rc
