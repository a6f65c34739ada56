#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# callgrind.sh - the instructions of a turn of each case, counted by callgrind, in place of the single steps that the programs count
# by themselves: lines of the program with insn= replaced.
#
#     bench/callgrind.sh PROGRAM [CASE...]     all cases unless some are named
#
# callgrind does not see the vDSO: where the clock is the kernel's, single steps count more.
set -euo pipefail
export LC_ALL=C
program=$1
shift
[ -n "$(command -v valgrind)" ] || { echo "callgrind.sh: valgrind is missing: make deps" >&2; exit 77; }

# How many instructions so many turns of a case take, with what surrounds them; the other threads do not count.
counted()
{
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=lab_counted "$program" --count "$1" "$2" 2>&1 >/dev/null |
		sed -n 's/.*Collected : //p'
}

each()
{
	local few many

	few=$(counted "$1" 200)
	many=$(counted "$1" 1200)
	awk -v few="$few" -v many="$many" 'BEGIN { printf "%.1f", (many - few) / 1000 }'
}

lines=$("$program" --quick | grep '^bench ')
loop=$(each "$(sed -n '1s/^bench case=\([^ ]*\).*/\1/p' <<<"$lines")")
while read -r word name rest; do
	case " ${*:-${name#case=}} " in *" ${name#case=} "*) ;; *) continue ;; esac
	insn=$(awk -v all="$(each "${name#case=}")" -v loop="$loop" 'BEGIN { printf "%.1f", all - loop }')
	steps=$(sed 's/.*insn=\([^ ]*\).*/\1/' <<<"$rest")
	echo "$word $name $(sed "s/insn=[^ ]*/insn=$insn/" <<<"$rest") steps=$steps"
done < <(tail -n +2 <<<"$lines")
