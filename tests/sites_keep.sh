#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sites_keep.sh - tests/sites/keep.c in several ways of building: frames with and without frame pointer and red zone, wide vectors,
# a sanitizer, a librill that has its events written by the C functions; and with the kernel's clock. x86-64 with gcc only.
set -euo pipefail
build=${RILL_BUILD:-build/host}
build=$(cd "$build" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

[ "$(uname -m)" = x86_64 ] || { echo "skipped: other processors have no such entry points"; exit 77; }
[ -n "$(command -v gcc)" ] || { echo "skipped: gcc is missing: make deps"; exit 77; }

# try LIBRARY FEATURE FLAGS...: FEATURE of the processor, or - for none
try()
{
	local library=$1 feature=$2 word=PASS rc=0
	shift 2
	if [ ! -e "$library/librill.a" ] || { [ "$feature" != - ] && ! grep -qw "$feature" /proc/cpuinfo; }; then
		skipped=$((skipped + 1))
		echo "SKIP $*"
		return
	fi
	gcc -std=gnu11 -g -Wall -Wextra -Wshadow -Werror -Iinclude "$@" tests/sites/keep.c -o "$scratch/keep" "$library/librill.a" \
		-Wl,--as-needed $(cat "$library/librill.libs") >"$scratch/log" 2>&1 &&
		timeout 600 "$scratch/keep" >>"$scratch/log" 2>&1 || rc=$?	# for what hangs, on a busy machine, too
	[ $rc = 0 ] || word="FAIL ($rc)"
	echo "$word $* ${RILL_CLOCK:+$RILL_CLOCK }$(basename "$library"): $(tail -n 2 "$scratch/log" | tr '\n' ' ')"
	[ $rc = 0 ] && passed=$((passed + 1)) || failed=$((failed + 1))
}

for flags in -O0 -O1 -O2 -O3 -Os '-O2 -fno-omit-frame-pointer' '-O2 -mno-red-zone' '-O2 -fstack-protector-strong' \
		'-O2 -fno-pie -no-pie' '-O1 -fsanitize=address'; do
	try "$build" - $flags
done
try "$build" avx2 -O3 -mavx2
try "$build" avx512f -O3 -mavx512f -mavx512bw
try "$build/points" - -O2
RILL_CLOCK=monotonic try "$build" avx2 -O3 -mavx2

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
