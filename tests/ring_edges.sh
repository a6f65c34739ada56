#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ring_edges.sh - every access to commit_pos, consume_pos and lost[] has the memory order that ring/ring.h asks for, as the compiler sees it.
#
# x86-64 hides a missing release or acquire, and ThreadSanitizer some of them (M1), so this reads the orders out of gcc's
# listing of the optimised code, where macros and inlined functions have come to their places.
set -euo pipefail
build=${RILL_BUILD:-build/host}
passed=0 failed=0

# The listing is gcc's; what another compiler makes of the same source has the same orders.
cc=gcc
case $("${CC:-gcc}" --version 2>/dev/null | head -n 1) in
*gcc* | *GCC*) cc=${CC:-gcc} ;;
esac
command -v "${cc%% *}" >/dev/null || { echo 'skipped: no gcc to read the memory orders from'; exit 77; }

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT

# accesses FILE STEP: writes "FILE load|store|... FIELD ORDER" for each access of FILE to one of the words, behind that step of the
# compiler's. An element of lost[] is "lost".
accesses()
{
	$cc -std=gnu11 -O2 -Iinclude -I. -Isrc -I"$build/include" "-fdump-tree-$2=/dev/stdout" -c "$1" -o /dev/null |
		awk -v file="$1" 'function field_in(text) {
			sub(/[.>]lost\[[^]]*\]$/, ".lost", text)
			return match(text, /[.>](commit_pos|consume_pos|lost)$/) ? substr(text, RSTART + 1) : "" }
		/^;; Function/ { split("", place) }
		/ = &.*;$/ { place[$1] = field_in(substr($0, 1, length($0) - 1)) }
		match($0, /__atomic_[a-z_]+_[1248] \(/) {
			op = substr($0, RSTART + 9, RLENGTH - 13)
			rest = substr($0, RSTART + RLENGTH)
			sub(/\);.*$/, "", rest)
			n = split(rest, args, ", ")
			field = args[1] ~ /^&/ ? field_in(args[1]) : place[args[1]]
			if (field != "") print file, op, field, args[n] }'
}
early=$(grep '^CONFIG_RILL_EARLY=y' "$RILL_BUILD/include/config/auto.conf" || true)
for file in src/emit/*.c src/ring/*.c src/route/*.c; do
	[ "$file" != src/emit/kept.c ] || [ -n "$early" ] || continue	# a buffer of no size
	accesses "$file" optimized | grep -v ' lost ' || true
done >"$scratch"
# The optimised code has turned the element's name into an address.
for file in src/emit/loss.c src/route/losses.c; do
	accesses "$file" ssa | grep ' lost ' || true
done >>"$scratch"

# expect FILE OP FIELD ORDER LEAST EDGE: all such accesses of the file have the order, and there are so many at least.
expect()
{
	local file=$1 op=$2 field=$3 order=$4 least=$5 edge=$6 all right
	local -A number=([acquire]=2 [release]=3)

	all=$(grep -c "^$file $op $field " "$scratch" || true)
	right=$(grep -c "^$file $op $field ${number[$order]}$" "$scratch" || true)
	if [ "$all" = "$right" ] && [ "$right" -ge "$least" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$file: $edge: $all times '$op $field', of which $right are $order; all must be, and $least at least"
	fi
}

# A writer's function has two stores, M1 and M3; each cold exit takes the mark back by one more.
expect src/emit/emit.c store commit_pos release 7 'M1 and M3'
expect src/emit/args.c store commit_pos release 5 'M1 and M3'
expect src/emit/record.c store commit_pos release 3 'M1 and M3'
expect src/ring/ring_producer.c store commit_pos release 2 'M3 of the block switch'
expect src/ring/ring_producer.c load consume_pos acquire 1 'W1'
expect src/ring/ring_consumer.c store consume_pos release 2 'R2'
expect src/route/pass.c load commit_pos acquire 1 'R1'
expect src/route/losses.c load commit_pos acquire 1 'R1'

# A loss is counted behind what was published before it. Its own thread's load is of what it stored itself.
expect src/emit/loss.c store lost release 1 'a loss'
expect src/route/losses.c load lost acquire 1 'the look at a loss'

# Nobody else may touch the two positions, nor by another operation.
strangers=$(grep -lE 'commit_pos|consume_pos' -r src --include='*.c' |
	grep -vE '^src/(emit/(emit|args|record|attach)|ring/(ring_set|ring_producer|ring_consumer|flight)|route/(pass|losses|route|feed)|tool/image_ring)\.c$' || true)
others=$(awk '$2 != "load" && $2 != "store"' "$scratch")
if [ -z "$strangers$others" ]; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	echo "these reach into a ring: $strangers $others"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
