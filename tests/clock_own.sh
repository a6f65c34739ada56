#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clock_own.sh - a program that defines rill_clock_of_program has its clock also in the session that RILL_TRACE starts before main,
# with either library; one that is no clock is told and passed over.
#
# `make check` runs it: RILL_BUILD and CC are in the environment.
set -euo pipefail
build=$RILL_BUILD
. tests/count.bash
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/program.c" <<'C'
#include <rill/clock.h>
#include <rill/trace.h>
static uint64_t read_chip(void) { return rill_clock_ns() / 100; }
const struct rill_clock_own rill_clock_of_program = { NAME, read_chip, 10000000 };
int main(void)
{
	RILL_INSTANT("own", "event");
	return 0;
}
C

# program NAME OUTPUT LIBRARY...
program()
{
	"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -DNAME="\"$1\"" -o "$2" "$scratch/program.c" "${@:3}"
}

# clock_of PROGRAM: what the head of its trace says of the clock; stderr goes to the file "said".
clock_of()
{
	rm -f "$scratch/trace.json"
	RILL_TRACE='' RILL_FILE="$scratch/trace.json" "$1" 2>"$scratch/said" || bad "$1 ended with $?"
	grep '"name":"clock"' "$scratch/trace.json" || echo "no clock in the trace"
}

read -ra libs <"$build/librill.libs"
for library in a so; do
	case $library in
	a) with=("$build/librill.a" "${libs[@]}") ;;
	so) with=(-L"$build" -lrill "-Wl,-rpath,$build") ;;
	esac
	program chip "$scratch/chip.$library" "${with[@]}"
	text=$(clock_of "$scratch/chip.$library")
	case $text in
	*'"source":"chip"'*'"frequency_hz":10000000,'*) ok ;;
	*) bad "librill.$library: the clock of the program is not in use: $text $(cat "$scratch/said")" ;;
	esac
	if [ -s "$scratch/said" ]; then bad "librill.$library: $(cat "$scratch/said")"; else ok; fi

	program 'No Clock' "$scratch/none.$library" "${with[@]}"
	text=$(clock_of "$scratch/none.$library")
	case $text in
	*'"source":"No'* | no*) bad "librill.$library: a clock with such a name is taken: $text" ;;
	*) ok ;;
	esac
	case $(cat "$scratch/said") in
	*'rill_clock_of_program cannot be had: its name'*) ok ;;
	*) bad "librill.$library: nothing tells what is wrong: $(cat "$scratch/said")" ;;
	esac
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
