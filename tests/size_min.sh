#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# size_min.sh - the smallest configuration stays small: builds armhf_min, measures it, and runs in it what holds in every one.
#
# Who needs more raises the bounds here, on purpose.
set -euo pipefail
cd "$(dirname "$0")/.."
TEXT_MAX=24576	# linked code and constants of librill.a in a program that starts and stops a session and emits
RAM_MAX=65536	# with four threads tracing: data, heap, rings, stacks
make=${MAKE:-make}
out=build/size/armhf_min

read -r prefix sysroot emulator < <("$make" -s --no-print-directory show-target ARCH=armhf_min)
for tool in "${prefix}gcc" "$emulator"; do
	command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed: make deps-all"; exit 77; }
done
port/sysroot.sh "${sysroot##*/}" "$sysroot" || { echo "skipped: there is no sysroot for armhf"; exit 77; }
mkdir -p "$out"
cmp -s port/defconfig/armhf_min_defconfig "$out/.config" || cp port/defconfig/armhf_min_defconfig "$out/.config"
build() { "$make" --no-print-directory "-j$(nproc)" WERROR=1 ARCH=armhf_min O="$out" "$@"; }
build size-line >"$out/log" 2>&1 || { tail -n 20 "$out/log"; exit 1; }
tests/size.sh --head
tail -n 1 "$out/log"
IFS='| ' read -r _ name _ _ _ text _ _ _ _ _ ram _ < <(tail -n 1 "$out/log")
passed=0 failed=0
# bound WHAT NUMBER MOST
bound()
{
	if [ "$2" -le "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$name: $1 is $2 bytes, more than $3: \`make ARCH=armhf_min size\`, the map beside the program says of what"
	fi
}
bound 'linked text' "$text" "$TEXT_MAX"
bound 'RAM in all' "$ram" "$RAM_MAX"
build any-check 2>&1 | tee "$out/log" | grep -v '^  \(CC\|AR\|LD\|AS\)'
read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$out/log" | tail -n 1)
echo "$((passed + p)) passed, $((failed + f)) failed, 0 skipped"
[ $((failed + f)) = 0 ]
