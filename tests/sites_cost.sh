#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sites_cost.sh - what an event costs while it is off and while it is on, in instructions, held below fixed ceilings.
#
#     tests/sites_cost.sh [--write]     --write: also the tables of doc/costs.md, between the marks there
#
# x86-64 only: off, callgrind counts what each function of tests/sites/hot.c executes with and without its event; on,
# what a loop of tests/sites/enabled.c executes through librill.so. Other processors: insn_cost.sh.
#
# On, the events are held to bench/insn_x86.table exactly, by the compiler that the table names:
# who changes a count on purpose writes the table anew (--write). With another compiler the ceilings are held.
set -euo pipefail
build=${RILL_BUILD:-build/host}
build=$(cd "$build" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0
functions='no_argument no_argument_beside_another one_number two_numbers texts six_arguments seven_arguments with_id leaf scope one_text'
table=bench/insn_x86.table
write=no
[ "${1:-}" != --write ] || write=yes
link="-L$build -lrill -Wl,-rpath,$build -lpthread"

[ "$(uname -m)" = x86_64 ] || { echo "skipped: the ceilings are those of x86-64"; exit 77; }
[ -n "$(command -v valgrind)" ] || { echo "skipped: valgrind is missing: make deps"; exit 77; }

# verdict WHAT NUMBERS CEILINGS: one result; numbers and ceilings are lists of the same length.
verdict()
{
	local what=$1 word=PASS i
	local -a numbers=($2) ceilings=($3)

	[ ${#numbers[@]} = ${#ceilings[@]} ] || word=FAIL
	for i in "${!ceilings[@]}"; do
		[ "${numbers[i]:-999}" -le "${ceilings[i]}" ] || word=FAIL
	done
	if [ $word = PASS ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	echo "$word $what: $2$([ $word = PASS ] || echo " (at most $3)")"
}

# Instructions that each function executed itself, per call: "name count" lines.
executed()
{
	valgrind --tool=callgrind --callgrind-out-file="$scratch/profile" "$1" >/dev/null 2>&1
	awk '/^cfn=/ { split($0, p, /[() ]+/); if (p[3] != "") name[p[2]] = p[3]; next }
		/^fn=/ { split($0, p, /[() ]+/); if (p[3] != "") name[p[2]] = p[3]; now = p[2]; called = 0; next }
		/^calls=/ { called = 1; next }
		/^[0-9+*-]/ { if (called) called = 0; else count[now] += $2 }
		END { for (i in count) print name[i], count[i] / 100 }' "$scratch/profile"
}

difference()
{
	awk -v functions="$functions" 'FNR == NR { off[$1] = $2; next } { on[$1] = $2 }
		END { n = split(functions, f, " ")
			for (i = 1; i <= n; i++) printf "%s%d", (i > 1 ? " " : ""), on[f[i]] - off[f[i]] }' "$1" "$2"
}

# off_cost CEILINGS COMPILER FLAGS...
off_cost()
{
	local ceilings=$1 numbers
	shift
	if [ -z "$(command -v "$1")" ]; then
		skipped=$((skipped + 1))
		echo "SKIP $*"
		return
	fi
	"$@" -Wall -Wextra -Iinclude -DMAIN tests/sites/hot.c -o "$scratch/off" $link
	"$@" -Wall -Wextra -Iinclude -DMAIN -DON tests/sites/hot.c -o "$scratch/on" $link
	executed "$scratch/off" >"$scratch/off.count"
	executed "$scratch/on" >"$scratch/on.count"
	numbers=$(difference "$scratch/off.count" "$scratch/on.count")
	verdict "off, $*" "$numbers" "$ceilings"
	echo "| \`$*\` | ${numbers// / | } |" >>"$scratch/off.table"
}

# Executed in the loop and what it calls, when it runs so often; the other threads do not count.
instructions()
{
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$3" "$scratch/$program" "$1" "$2" 2>&1 |
		sed -n 's/.*Collected : //p'
}

# as_in_table FUNCTION COUNT: the compiler is another, the table does not name the function, or it has this count.
as_in_table()
{
	local version
	version="built by gcc-$(gcc -dumpfullversion)"

	if [ "$write" = yes ] || ! grep -qx "$version" $table || ! grep -q "^$1 " $table; then
		return
	fi
	if ! grep -qx "$1 $2" $table; then
		failed=$((failed + 1))
		echo "FAIL on, $1: $2 instructions; in $table: $(grep "^$1 " $table). On purpose? Then: tests/sites_cost.sh --write"
	else
		passed=$((passed + 1))
	fi
}

# on_cost KIND FUNCTION CEILING
on_cost()
{
	local each what=${2//_/ }

	each=$(($(instructions "$1" 1200 "$2") - $(instructions "$1" 200 "$2")))
	if [ "$1" = 0 ]; then
		empty=$each
		return
	fi
	each=$(((each - empty + 999) / 1000))
	verdict "on, $what" "$each" "$3"
	as_in_table "$2" "$each"
	[ "$2" = nested ] || echo "$2 $each" >>"$scratch/exact"	# its small blocks are switched often, and their clock is by machine
	echo "| $what | $each |" >>"$scratch/on.table"
}

# The bar: at most 3 with gcc at every level in functions that call something, of which 2 are the test and the branch; the other
# ceilings are what was reached. Columns as in `functions`.
for flags in -O2 -O3 '-O2 -fPIC' '-O2 -fno-pie -no-pie' '-O2 -flto=1' '-O2 -flto=1 -flto-partition=max' '-O2 -fvisibility=hidden'; do
	off_cost '2 2 2 2 2 2 2 2 3 7 2' gcc -std=gnu11 $flags
done
off_cost '2 2 2 2 2 2 3 2 3 7 2' g++ -std=c++11 -O2 -x c++
off_cost '3 3 3 3 3 3 3 3 4 8 3' gcc -std=gnu11 -O1
off_cost '3 3 3 3 3 3 4 3 4 9 3' gcc -std=gnu11 -Os
off_cost '3 3 3 3 3 3 3 3 4 17 3' gcc -std=gnu11 -O0
for flags in -O1 -O2 -O3 -Os; do
	off_cost '4 8 4 8 10 8 8 4 7 18 10' clang -std=gnu11 $flags
done
off_cost '12 12 12 12 12 12 12 12 14 24 12' clang -std=gnu11 -O0

gcc -std=gnu11 -O2 -Iinclude tests/sites/enabled.c -o "$scratch/enabled" $link
gcc -std=gnu11 -O2 -Iinclude tests/sites/nested.c -o "$scratch/nested" $link
program=enabled
empty=0
on_cost 0 empty 0
on_cost 1 no_argument 34
on_cost 2 one_number 36
on_cost 3 two_numbers 38
on_cost 4 numbers_and_text 88
on_cost 5 scope 80
on_cost 6 text 82
on_cost 7 number_and_text 85
# In a handler on top of an event: at most 1.3 times what it takes elsewhere.
program=nested
on_cost 0 empty 0
on_cost 1 nested 44

gcc -std=gnu11 -O2 -Iinclude tests/sites/quiet.c -o "$scratch/quiet" $link -ldl
rc=0
"$scratch/quiet" >"$scratch/quiet.log" 2>&1 || rc=$?
case $rc in
77) skipped=$((skipped + 1)); echo "SKIP no system call, lock or allocation: $(cat "$scratch/quiet.log")" ;;
*) verdict "no system call, lock or allocation with wake=poll ($(tail -n 1 "$scratch/quiet.log")), exit code" $rc 0 ;;
esac
# The trap works: the same program with one system call too many is killed (SIGSYS).
if [ $rc != 77 ]; then
	rc=0
	{ "$scratch/quiet" misbehave; } >/dev/null 2>&1 || rc=$?
	verdict 'a system call is seen: 159 less the exit code' $((rc > 159 ? rc : 159 - rc)) 0
fi
# No instruction that locks the bus on the way of an event.
objdump -d --no-show-raw-insn "$build/librill.so" |
	awk '/^[0-9a-f]+ </ { on = /<rill_(emit[012]|emit_args|begin|end|keep[012]|keep_[a-z_]*[012]*)>:/; seen += on } on && /\t(lock|xchg +%?[^,]*,.*\(|xchg.*\(.*,)/ {
		print; bad++ } END { exit bad || seen < 20 }' >"$scratch/locked" && rc=0 || rc=1
verdict 'no locked instruction in the emit functions' $rc 0
[ $rc = 0 ] || cat "$scratch/locked"

if [ $write = yes ]; then
	{
		grep '^#' $table
		echo "built by gcc-$(gcc -dumpfullversion)"
		cat "$scratch/exact"
	} >"$scratch/insn"
	cat "$scratch/insn" >$table
	{
		echo "$(gcc --version | head -n 1); $(clang --version | head -n 1)."
		echo
		echo "| instructions added, off | ${functions// / | } |"
		echo "|---|$(printf -- '---|%.0s' $functions)"
		cat "$scratch/off.table"
		echo
		echo '| instructions executed, on (gcc -O2, librill.so) | |'
		echo '|---|---|'
		cat "$scratch/on.table"
	} | sed 's/_/ /g' >"$scratch/tables"
	awk -v tables="$scratch/tables" '/<!-- sites begin -->/ { print; print ""; while ((getline line < tables) > 0) print line
			print ""; skip = 1 } /<!-- sites end -->/ { skip = 0 } !skip && !/<!-- sites begin -->/' \
		doc/costs.md >"$scratch/costs.md"
	cat "$scratch/costs.md" >doc/costs.md
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
