#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh - checks the models with Spin, by the table `configs`, and says of each line whether it came out as it must.
#
#     tests/model/run.sh FOLDER [ci|long] [MODEL]      FOLDER: where the verifiers are built, emptied first
#
# As many lines at a time as RILL_MODEL_JOBS says (ci: processors; long: one). A mutant has failed only if an assertion was
# broken: a model that gets stuck, is too deep or runs out of memory is a failure of the run. README.md says what the models
# prove.
set -u
here=$(cd "$(dirname "$0")" && pwd)
depth=2000000

# states LOG: how many were stored, as a whole number
states()
{
	sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' "$1" | head -n 1 | awk '{ printf "%d", $1 }'
}

# outcome LOG: what the verifier found
outcome()
{
	if grep -q 'out of memory\|max search depth too small\|VECTORSZ' "$1"; then
		echo incomplete
	elif grep -q 'assertion violated *!(reached)' "$1"; then
		echo reached
	elif grep -q 'assertion violated' "$1"; then
		echo fails
	elif grep -q 'errors: 0$' "$1" && ! grep -q 'Search not completed' "$1"; then
		echo holds
	else
		echo broken
	fi
}

# one FOLDER MEGABYTES LINE: checks one line of the table
one()
{
	local folder=$1 megabytes=$2 model want verdict start took word=ok work slots flags=() defines=() d
	# shellcheck disable=SC2086 # the line is a list of words
	set -- $3
	model=$2 want=$3
	shift 3
	for d in "$@"; do
		defines+=("-D$d")
	done
	work=$folder/$(echo "$model $*" | tr ' =' '._')
	mkdir -p "$work"
	# A mutant ends early: a quick compiler saves more than quick code, and a small table of states its pages. Compressed states are
	# slow, and fit.
	[ "$want" = holds ] && flags=(-O1) slots=24 || flags=(-O0) slots=20
	[ "$megabytes" -le 2000 ] || flags+=(-DCOLLAPSE)
	start=${EPOCHREALTIME/./}
	(cd "$work" && ln -sf "$here"/*.pml . && spin -a "${defines[@]}" "$model.pml" &&
		gcc -w "${flags[@]}" -DSAFETY -DNOBOUNDCHECK -DMEMLIM="$megabytes" -o pan pan.c &&
		./pan -m$depth -w$slots -n) >"$work/log" 2>&1 </dev/null
	took=$(( (${EPOCHREALTIME/./} - start) / 100000 ))
	verdict=$(outcome "$work/log")
	[ "$verdict" = "$want" ] || word="WRONG: must be $want"
	rm -f "$work"/pan*
	printf '%-10s %-44s %10s %-10s %4d.%d  %s\n' "$model" "$*" "$(states "$work/log")" "$verdict" \
		$((took / 10)) $((took % 10)) "$word"
	[ "$word" = ok ] || { echo "  $work/log ends:"; tail -n 15 "$work/log" | sed 's/^/  | /'; }
}

if [ "${1:-}" = one ]; then
	shift
	one "$@"
	exit
fi

folder=$(mkdir -p "$1" && cd "$1" && pwd) || exit 2
when=${2:-ci} only=${3:-}
megabytes=2000 jobs=$(nproc)
[ "$when" = ci ] || megabytes=8000 jobs=1	# the biggest take 5 GB
if ! command -v spin >/dev/null; then
	echo "spin, the model checker, is not installed: run 'make deps'" >&2
	exit 2
fi
rm -rf "${folder:?}"/*
printf '%-10s %-44s %10s %-10s %6s\n' model configuration states verdict seconds
awk -v when="$when" -v only="$only" '/^(ci|long) / && ($1 == "ci" || when == "long") && (only == "" || $2 == only)' "$here/configs" |
	nice -n 10 xargs -d '\n' -P "${RILL_MODEL_JOBS:-$jobs}" -I '{}' bash "$0" one "$folder" $megabytes '{}' | tee "$folder/table"
passed=$(grep -c ' ok$' "$folder/table")
failed=$(grep -c ' WRONG: ' "$folder/table")
awk '/ ok$/ { sum += $(NF - 3) } END { printf "%d states in all\n", sum }' "$folder/table"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
