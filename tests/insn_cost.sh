#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# insn_cost.sh - what an event costs on another processor, off and on, in instructions, counted exactly under qemu and held to the
# table bench/insn.table.
#
#     make bench-insn ARCH=armhf                 prints the counts of this build
#     make bench-insn ARCH=armhf WRITE=1         also into the table, and that into doc/costs.md
#     tests/insn_cost.sh [--write]               the same by hand, with RILL_BUILD, CC, RUN and TARGET_FLAGS as make sets them
#
# Off: each function of tests/sites/hot.c with and without its event. On: a loop around one kind of event (tests/sites/enabled.c)
# with librill.a linked statically, less the loop; what 500 turns more execute is exact, run by run. The processor is named, since the C
# library chooses its functions by it. Whoever changes a count on purpose writes the table anew; the bars are kept here as well. Other
# versions of compiler and C library give other counts, so that with one of these only the bars are held.
set -euo pipefail
build=$(cd "$RILL_BUILD" && pwd)
read -ra run <<<"$RUN"
read -ra flags <<<"$TARGET_FLAGS"
table=bench/insn.table
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0
shapes='no_argument no_argument_beside_another one_number two_numbers texts six_arguments seven_arguments with_id leaf scope'
kinds='no_argument one_number two_numbers numbers_and_text scope'

skip() { echo "skipped: $1"; exit 77; }

macros=$("$CC" "${flags[@]}" -dM -E -x c /dev/null)
has() { grep -qw "$1" <<<"$macros"; }
# The bars: the test while off, one number while on.
if has __aarch64__; then arch=arm64 cpu=cortex-a53 off_max=3 on_max=48
elif has __riscv; then arch=riscv64 cpu=rv64 off_max=3 on_max=48
elif has __arm__ && grep -q '__ARM_ARCH [78]$' <<<"$macros"; then arch=armhf cpu=cortex-a15 off_max=5 on_max=52
else skip 'there are bars for armhf, arm64 and riscv64'
fi
grep -qx 'CONFIG_RILL_SUBSCRIBERS=y' "$build/include/config/auto.conf" || skip 'this configuration has no subscribers'
[ -n "$(command -v gcc)" ] || skip 'gcc is missing, for the plugin of qemu: make deps'
[[ ${run[0]} == qemu-* ]] && [ -n "$(command -v "${run[0]}")" ] || skip "qemu-user is missing: make deps-all"

gcc -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden bench/insn_plugin.c -o "$scratch/plugin.so"

# The generic timer of 32-bit ARM is not there in user mode; its reads are emulated, and what emulates them does not count.
counter=''
[ $arch != armhf ] || counter='-Isrc bench/insn_counter.c -Wl,--wrap=rill_linux_counter_usable'

# compile OUTPUT FLAGS...
compile()
{
	local out=$1
	shift
	"$CC" "${flags[@]}" -std=gnu11 -O2 -Wall -Wextra -Iinclude "$@" -static -o "$out" $counter "$build/librill.a" \
		-Wl,--as-needed $(cat "$build/librill.libs") >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}

# executed PLUGIN_ARGUMENT PROGRAM...: "function instructions" lines
executed()
{
	local argument=$1 rc=0
	shift
	"${run[@]}" -cpu $cpu -d plugin -D "$scratch/counts" -plugin "$scratch/plugin.so$argument" "$@" >"$scratch/log" 2>&1 </dev/null || rc=$?
	[ $rc -le 1 ] && [ -s "$scratch/counts" ] || { echo "${run[*]} $*: exit code $rc"; cat "$scratch/log"; exit 1; }
	cat "$scratch/counts"
}

# turns KIND FUNCTION ROUNDS: in the loop and all that it calls
turns()
{
	executed ",inside=$2" "$scratch/enabled" "$1" "$3" |
		awk '$1 != "insn_counter_emulated" && $1 !~ /sa_restorer/ && $1 != "(no" { n += $2 } END { print n + 0 }'
}

row() { echo "$arch $1 $2 $3" >>"$scratch/table"; }

count_off()
{
	local n
	compile "$scratch/off" -DMAIN tests/sites/hot.c
	compile "$scratch/on" -DMAIN -DON tests/sites/hot.c
	executed '' "$scratch/off" >"$scratch/off.count"
	executed '' "$scratch/on" >"$scratch/on.count"
	for shape in $shapes; do
		n=$(awk -v f="$shape" '$1 == f { n = $2 - n } END { print n / 100 }' "$scratch/off.count" "$scratch/on.count")
		row off "$shape" "$n"
	done
}

count_on()
{
	local kind=0 empty n
	compile "$scratch/enabled" tests/sites/enabled.c
	empty=$(($(turns 0 empty 600) - $(turns 0 empty 100)))
	for shape in $kinds; do
		kind=$((kind + 1))
		# Each turn executes the same; where the sum is no multiple, the emulator lost a count while another thread was counted, too.
		for try in 1 2 3; do
			n=$(($(turns $kind "$shape" 600) - $(turns $kind "$shape" 100) - empty))
			[ $((n % 500)) != 0 ] || break
		done
		row on "$shape" "$(awk -v n="$n" 'BEGIN { print n / 500 }')"
	done
}

# at_most WHAT SHAPE BAR
at_most()
{
	local n
	n=$(awk -v what="$1" -v shape="$2" '$2 == what && $3 == shape { print $4 }' "$scratch/table")
	if awk -v n="${n:-999}" -v bar="$3" 'BEGIN { exit !(n > 0 && n <= bar) }'; then passed=$((passed + 1)); else
		failed=$((failed + 1)); echo "FAIL $arch, $1, $2: $n instructions, at most $3"; fi
}

count_off
count_on
cat "$scratch/table"
# What a test and its cold call add: the test, and at most two more where the function calls something anyway.
at_most off no_argument $off_max
for shape in no_argument_beside_another one_number two_numbers texts six_arguments seven_arguments with_id; do
	at_most off "$shape" $((off_max + 2))
done
at_most on one_number $on_max

glibc=$(echo '#include <features.h>' | "$CC" "${flags[@]}" -E -dM -x c - | awk '$2 == "__GLIBC_MINOR__" { print "glibc-2." $3 }')
version="gcc-$("$CC" -dumpfullversion) ${glibc:-other-libc}"
if [ "${1:-}" = --write ]; then
	[ $failed = 0 ] || { echo "nothing is written while a bar is missed"; exit 1; }
	{ sed "/^$arch /d" "$table"; echo "$arch built by $version"; cat "$scratch/table"; } >"$scratch/new"
	cat "$scratch/new" >"$table"
	bash bench/insn_table.sh
elif grep -qx "$arch built by $version" "$table"; then
	while read -r line; do
		if grep -qx "$line" "$table"; then passed=$((passed + 1)); else
			failed=$((failed + 1))
			echo "FAIL counted: $line; in $table: $(grep "^${line% *} " "$table" || echo nothing)"
		fi
	done <"$scratch/table"
	[ $failed = 0 ] || echo "A count that changes on purpose is written into the table by: make bench-insn ARCH=$arch WRITE=1"
else
	skipped=1
	echo "skipped: $table has no counts of $version for $arch; the bars were held"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
