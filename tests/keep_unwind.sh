#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# keep_unwind.sh - the tables for unwinding of the entries that keep registers are right at each instruction (keep_unwind.awk), on x86-64,
# arm64 and riscv64; on other processors there are no such entries, or nobody unwinds through them (sites_cross.sh).
#
# And each of these faults is noticed: a table that is missing, one that is late by an instruction, one that forgets a register.
set -euo pipefail
build=${RILL_BUILD:-build/host}
tools=${NM:-nm}
tools=${tools%nm}
passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; head -n 20 "$scratch/said"; }
look() { awk -v machine="$machine" -f tests/keep_unwind.awk "$1" "$scratch/code" >"$scratch/said"; }

library=$build/librill.so
case $(readelf -h "$library" 2>/dev/null) in
*X86-64*) machine=x86 fp=rbp entries=20 ;;
*AArch64*) machine=arm64 fp=x29 entries=7 ;;
*RISC-V*) machine=riscv64 fp=s0 entries=7 ;;
*)
	echo "skipped: no entries here that are unwound by such tables"
	echo "0 passed, 0 failed, 1 skipped"
	exit 77
	;;
esac
"${tools}objdump" -d --no-show-raw-insn "$library" | awk '/^[0-9a-f]+ <rill_keep/,/^$/' >"$scratch/code"
"${tools}readelf" --debug-dump=frames-interp "$library" >"$scratch/frames" 2>/dev/null

look "$scratch/frames"
if [ "$(grep -c " instructions of $entries functions" "$scratch/said")" = 1 ] &&
	[ "$(grep -cE '^[1-9][0-9]{2,3} passed, 0 failed$' "$scratch/said")" = 1 ]; then ok; else bad 'the tables are not right'; fi

# noticed WHAT: what awk made of the tables is not taken for right
noticed()
{
	if cmp -s "$scratch/frames" "$scratch/wrong"; then bad "no fault was made: $1"; return; fi
	look "$scratch/wrong"
	if [ "$(grep -c ' 0 failed$' "$scratch/said")" = 0 ]; then ok; else bad "not noticed: $1"; fi
}
# The rows of one entry.
only='/ FDE / { mine = 0; at = split($0, w, "pc="); split(w[at], pc, "[.]"); mine = pc[1] ~ "^0*" start "$" }'
start=$(sed -nE 's/^0*([0-9a-f]+) <rill_keep_leave_cold>:$/\1/p' "$scratch/code")
awk -v start="$start" "$only"' mine { next } { print }' "$scratch/frames" >"$scratch/wrong"
noticed 'no table'
awk -v start="$start" "$only"' mine && $2 ~ /^'"$fp"'\+/ { next } { print }' "$scratch/frames" >"$scratch/wrong"
noticed 'the frame pointer is passed over'
awk -v start="$start" "$only"' mine && $2 ~ /\+/ && ++n == 2 { next } { print }' "$scratch/frames" >"$scratch/wrong"
noticed 'the first step is told an instruction late'
awk -v start="$start" "$only"' mine { gsub(/c-[0-9]+ *$/, "u") } { print }' "$scratch/frames" >"$scratch/wrong"
noticed 'a register is forgotten'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
