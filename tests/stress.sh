#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stress.sh - the books of stress_pipe close over rings from far too small to ample.
#
#     STRESS_RUNS=N     runs in all, two for each size unless told (stress_long.sh: 100)
set -euo pipefail
runs=${STRESS_RUNS:-6} ms=${STRESS_MS:-400} build=${RILL_BUILD:-build/host}
sizes=(4096 65536 1048576)
program=$build/tests/stress_pipe
passed=0 failed=0 level1=0 level2=0

${CC:-gcc} -std=gnu11 -O2 -g -Wall -Wextra -Iinclude -o "$program" tests/stress_pipe.c "$build/librill.a" \
	-Wl,--as-needed -lurcu-bp -lurcu-common -lck -ljson-c -lpthread

# sum_of KEY: over the lines of the run that has just ended
sum_of() { sed -nE "s/^stress run=.* $1=([0-9]+) .*/\\1/p" <<<"$text" | awk '{ s += $1 } END { print s + 0 }'; }

for ((done = 0; done < runs; )); do
	for size in "${sizes[@]}"; do
		n=$(((runs - done < 2) ? runs - done : 2))
		[ "$n" -gt 0 ] || break
		text=$(STRESS_BUFFER=$size "$program" "$n" "$ms" "$((done * 7 + 1))" 2>&1) || true
		printf 'buffer=%s\n%s\n' "$size" "$text"
		ok=$(grep -c '^stress run=.* ok$' <<<"$text" || true)
		passed=$((passed + ok)) failed=$((failed + n - ok)) done=$((done + n))
		level1=$((level1 + $(sum_of level1))) level2=$((level2 + $(sum_of level2)))
	done
done

# Without a handler on top of an event, and one on top of that, nothing of the kind was shown.
if [ "$level1" -gt 0 ] && [ "$level2" -gt 0 ]; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	echo "no handler hit an event: level1=$level1 level2=$level2"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
