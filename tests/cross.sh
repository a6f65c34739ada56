#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# cross.sh - what was built for another processor: it is for that one and made with its headers, its clock and an example work
# in the emulator, and the host's tool reads the program and its trace as the board's own does.
#
# `make check ARCH=...` runs it: RILL_BUILD, CC, NM, RUN and TARGET_FLAGS are in the environment.
set -euo pipefail
build=$RILL_BUILD
read -ra run <<<"$RUN"
read -ra flags <<<"$TARGET_FLAGS"
. tests/count.bash
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

on() { grep -qx "CONFIG_RILL_$1=y" "$build/include/config/auto.conf"; }

macros=$("$CC" "${flags[@]}" -dM -E -x c /dev/null)
has() { grep -qw "$1" <<<"$macros"; }

# ---- the files ----

if has __aarch64__; then machine='AArch64'; elif has __arm__; then machine='ARM'; elif has __i386__; then machine='Intel 80386'
elif has __riscv; then machine='RISC-V'; elif has __s390x__; then machine='IBM S/390'; else machine="a processor that this script knows"; fi
shared=; [ ! -e "$build/librill.so" ] || shared=librill.so
for file in $shared examples/hello $(on TOOL && echo rill); do
	text=$(readelf -hlW "$build/$file")
	if grep -q "Machine: *$machine\$" <<<"$text"; then ok; else bad "$file is not for $machine"; fi
	# One assembler file that does not say it is enough to make the stack of every program executable.
	if grep -q 'GNU_STACK.* RW  ' <<<"$text"; then ok; else bad "$file wants an executable stack"; fi
	# A library with these has to be written to when it is loaded, and is no longer shared.
	if grep -q TEXTREL <<<"$(readelf -dW "$build/$file")"; then bad "$file has relocations in its text"; else ok; fi
done

# A 64-bit word is two stores on a 32-bit processor; a loop of exclusive accesses or a call of libatomic or of the kernel's helpers
# would be on the hot path.
if "$NM" -u "$build/librill.a" | grep -E ' __atomic_| __sync_|kuser'; then bad "librill.a needs libatomic"; else ok; fi
if has __arm__ || has __i386__; then
	code=$("${NM%nm}objdump" -d "$build"/src/emit/*.o "$build"/src/ring/*.o)
	if grep -E 'ldrexd|strexd|cmpxchg8b' <<<"$code"; then bad "the way of an event has a loop of exclusive accesses"; else ok; fi
fi

# ---- another processor's Concurrency Kit ----

refused()
{
	local text
	if text=$("$CC" "${flags[@]}" "$@" -I. -fsyntax-only -x c port/ck.h 2>&1); then
		bad "foreign headers of Concurrency Kit are taken: $*"
	elif [[ $text == *"another processor's"*SYSROOT=* ]]; then
		ok
	else
		bad "$text"
	fi
}
if "$CC" "${flags[@]}" -I. -fsyntax-only -x c port/ck.h; then ok; else bad "the sysroot's own headers are refused"; fi
# i386 and s390x have x86's order of memory.
if ! has __i386__ && ! has __s390x__; then
	mkdir "$scratch/host"
	printf '#define CK_MD_TSO\n' >"$scratch/host/ck_md.h"
	refused -isystem "$scratch/host"
fi

# ---- its clock ----

if on TOOL; then
	text=$("${run[@]}" "$build/rill" doctor 2>&1) || bad "rill doctor: $text"
	clock=$(grep '^clock ' <<<"$text" || true)
	# qemu has the counter of AArch64, and none that a program of 32-bit ARM could read.
	if has __aarch64__; then wanted='cntvct.*readable without the kernel'
	elif has __arm__ && grep -q '__ARM_ARCH [78]$' <<<"$macros"; then wanted='monotonic.*cannot be read by programs here'
	elif has __arm__; then wanted='monotonic.*no counter for this processor'
	elif has __s390x__; then wanted='monotonic.*no counter for this processor'
	elif has __riscv; then wanted='rdtime.*readable without the kernel'
	else wanted='monotonic|tsc'; fi
	if grep -Eq "$wanted" <<<"$clock"; then ok; else bad "wanted a clock like '$wanted': $clock"; fi
fi

# ---- a traced program ----

mkdir "$scratch/input"
head -c 300000 src/*/*.c >"$scratch/input/text" 2>/dev/null
traced() { RILL_TRACE='' RILL_FILE="$scratch/press.json" "${run[@]}" "$build/examples/press" "$@"; }
if on ENV && on SINK_FILE; then
	if traced -j 3 -o "$scratch/out.tar.gz" "$scratch/input" >"$scratch/said" 2>&1; then ok; else
		bad "press: $(cat "$scratch/said")"; fi
	if gzip -t "$scratch/out.tar.gz"; then ok; else bad "press wrote no gzip file under trace"; fi
	if python3 -c 'import json, sys; e = json.load(open(sys.argv[1])); sys.exit(len(e) < 50)' "$scratch/press.json"; then
		ok
	else
		bad "the trace is no JSON with 50 events or more"
	fi
else
	skip "this configuration traces nothing by the environment"
fi

# ---- both tools say the same ----

host=build/host/rill
if ! [ -x "$host" ]; then
	skip "there is no $host to compare with: make"
elif ! on TOOL; then
	skip "this configuration has no tool to compare with"
else
	same()
	{
		"$host" "$@" >"$scratch/host.txt" 2>&1 || true
		"${run[@]}" "$build/rill" "$@" >"$scratch/board.txt" 2>&1 || true
		if [ -s "$scratch/host.txt" ] && cmp -s "$scratch/host.txt" "$scratch/board.txt"; then ok; else
			bad "rill $*:" "$(diff "$scratch/host.txt" "$scratch/board.txt" | head -n 8)"; fi
	}
	same list "$build/examples/press"
	[ -z "$shared" ] || same list "$build/$shared"
	[ ! -s "$scratch/press.json" ] || same report "$scratch/press.json"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
