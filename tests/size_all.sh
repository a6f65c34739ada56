#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# size_all.sh - what each configuration takes, as a table: those of this machine, and those whose compiler, emulator and sysroot are here.
#
#     tests/size_all.sh TARGET...
set -euo pipefail
make=${MAKE:-make}
tests/size.sh --head
# line NAME VARIABLE=VALUE...: builds and measures
line()
{
	local name=$1 log=build/size/$1.log
	shift
	mkdir -p "build/size/$name"
	cp "port/defconfig/${config:-$name}_defconfig" "build/size/$name/.config"
	if "$make" --no-print-directory -j2 "$@" O="build/size/$name" NAME="$name" size-line >"$log" 2>&1; then
		tail -n 1 "$log"
	else
		echo "| $name | failed: $(tail -n 1 "$log") |"
		failed=1
	fi
}
failed=0
for name in host host_tiny; do
	config='' line "$name"
done
for name; do
	read -r prefix sysroot emulator < <("$make" -s --no-print-directory show-target ARCH="$name")
	if ! command -v "${prefix}gcc" >/dev/null; then
		echo "| $name | skipped: ${prefix}gcc is not installed: make deps-all |"
	elif [ ! -d "$sysroot" ]; then
		echo "| $name | skipped: there is no $sysroot: make ARCH=$name |"
	elif [ -n "$emulator" ] && ! command -v "$emulator" >/dev/null; then
		echo "| $name | skipped: $emulator is not installed: make deps-all |"
	else
		config=$(case $name in *_musl) echo musl ;; esac) line "$name" ARCH="$name"
	fi
done
exit $failed
