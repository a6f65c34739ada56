#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# json_foreign.sh - rill packets become Chrome JSON, and Python's json reads from it what was written: counts, times to the
# nanosecond, arguments of every type. Also from compressed packets, through JSON and back, and as a program recorded it.
set -euo pipefail
command -v python3 >/dev/null || { echo 'skipped: python3 is missing: run make deps'; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rill=$RILL_BUILD/rill
passed=0 failed=0 skipped=0

# step WHAT COMMAND...
step()
{
	local what=$1 text
	shift
	if text=$("$@" 2>&1); then passed=$((passed + 1)); else
		failed=$((failed + 1)) && printf '%s: failed: %s\n' "$what" "$text" | cut -c 1-2000; fi
}

# shellcheck disable=SC2046,SC2086 # words
${CC:-gcc} -std=gnu11 -O1 -Wall -Wextra -Iinclude -I. -Isrc -I"$RILL_BUILD/include" tests/readers/truth.c -o "$scratch/truth" \
	"$RILL_BUILD/librill.a" $(cat "$RILL_BUILD/librill.libs")

# as_json WHAT IN: what is read from IN is the truth
as_json()
{
	step "$1" "$rill" convert -q "$2" -o "$scratch/out.json"
	step "$1: python3" python3 tests/readers/truth.py "$scratch/truth.txt" "$scratch/out.json"
}
"$scratch/truth" "$scratch/t.rill" "$scratch/truth.txt" 20000
as_json packets "$scratch/t.rill"
step 'JSON to packets' "$rill" convert -q "$scratch/out.json" -o "$scratch/back.rill"
as_json 'JSON to packets and back' "$scratch/back.rill"
for how in lz4 zstd; do
	if "$rill" convert -q "$scratch/t.rill" -o "$scratch/$how.rill" --compress $how 2>"$scratch/log"; then
		as_json $how "$scratch/$how.rill"
	elif grep -q 'was made without' "$scratch/log"; then
		skipped=$((skipped + 1))
		echo "skipped: $(cat "$scratch/log")"
	else
		failed=$((failed + 1))
		cat "$scratch/log"
	fi
done

"$scratch/truth" "$scratch/p.rill" "$scratch/truth.txt" 0
step 'a program' "$rill" convert -q "$scratch/p.rill" -o "$scratch/p.json"
step 'a program: python3' python3 tests/readers/truth.py "$scratch/truth.txt" "$scratch/p.json" program
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
