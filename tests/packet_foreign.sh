#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packet_foreign.sh - the writer's bytes do not depend on the processor: it is built for others (big-endian, 32 bits, char
# without sign), run in an emulator, and compared with tests/golden.
set -euo pipefail
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sources=(tests/packet_golden.c src/format/{cobs,crc32c,packet_close,packet_define,packet_form,packet_write,text}.c)

# try COMPILER EMULATOR FLAG...
try()
{
	local compiler=$1 emulator=$2 program=$scratch/golden
	shift 2
	if ! command -v "$compiler" >/dev/null || { [ -n "$emulator" ] && ! command -v "$emulator" >/dev/null; }; then
		echo "skipped: $compiler or $emulator is not installed: make deps-all"
		skipped=$((skipped + 1))
	elif ! "$compiler" "$@" -static -std=gnu11 -O2 -Iinclude -I. -Isrc -I"$RILL_BUILD/include" -o "$program" "${sources[@]}"; then
		echo "$compiler $*: it does not compile"
		failed=$((failed + 1))
	elif $emulator "$program" | od -An -v -tx1 | sed 's/^ //' | cmp - tests/golden/packets_v1.hex; then
		passed=$((passed + 1))
	else
		echo "$compiler $*: other bytes than those of tests/golden/packets_v1.hex"
		failed=$((failed + 1))
	fi
}

try "${CC:-gcc}" ''
try powerpc-linux-gnu-gcc qemu-ppc
try arm-linux-gnueabihf-gcc qemu-arm
try i686-linux-gnu-gcc qemu-i386
try riscv64-linux-gnu-gcc qemu-riscv64

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
