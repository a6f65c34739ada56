#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# points_absent.sh - the labelled points of src/ring/point.h are in no library but the one that is built for them.
#
# The same looks are taken at the library with points, where each must find something: a look that finds nothing
# anywhere proves nothing.
set -euo pipefail
nm=${NM:-nm}
objdump=${OBJDUMP:-${nm%nm}objdump}
with=$RILL_BUILD/points/librill.a
passed=0 failed=0

[ -n "$(command -v "$objdump")" ] || { echo "skipped: $objdump is missing: make deps"; exit 77; }
[ -e "$with" ] || { echo "$with is missing: make tests builds it"; exit 1; }
grep -qx 'CONFIG_RILL_TEST_POINTS=y' "$RILL_BUILD/.config" && { echo "skipped: this build has points by its own configuration"; exit 77; }

# check WHAT YES|NO COUNT
check()
{
	if { [ "$2" = YES ] && [ "$3" -gt 0 ]; } || { [ "$2" = NO ] && [ "$3" -eq 0 ]; }; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1: found $3 times"
	fi
}

symbols()
{
	"$nm" "$@" 2>/dev/null | grep -c 'rill_point' || true
}

# Relocations of the archive's code, and what the linked library's code refers to by name.
references()
{
	"$objdump" -drw "$1" | grep -c 'rill_point' || true
}


check "symbols in the library with points" YES "$(symbols "$with")"
check "references in the library with points" YES "$(references "$with")"
for library in "$RILL_BUILD/librill.a" "$RILL_BUILD/librill.so"; do
	check "symbols in $library" NO "$(symbols "$library")"
	check "references in $library" NO "$(references "$library")"
done
check "dynamic symbols in librill.so" NO "$(symbols -D "$RILL_BUILD/librill.so")"
check "all symbols of librill.so can be read" YES "$("$nm" "$RILL_BUILD/librill.so" | grep -c 'rill_ring_switch' || true)"

# Every file that has a point refers to the hook when it is built with points, and none of its functions does without.
sources=$(grep -lE '^[[:space:]]*RILL_POINT\(' src/*/*.c | sort)
check "files with points" YES "$(wc -w <<<"$sources")"
for source in $sources; do
	object=${source%.c}.o
	[ -e "$RILL_BUILD/$object" ] && [ -e "$RILL_BUILD/points/$object" ] || continue
	check "references in $object with points" YES "$(references "$RILL_BUILD/points/$object")"
	check "references in $object" NO "$(references "$RILL_BUILD/$object")"
done

# Each label is at some place, and each is hit by the tables of tests/point_*.c.
labels=$(sed -nE 's/^[[:space:]]*P\(([A-Z_]+)\).*/\1/p' src/ring/point.h)
for label in $labels; do
	check "places of $label" YES "$(cat src/*/*.[ch] | grep -cE "RILL_POINT\($label\)" || true)"
	check "rows of $label" YES "$(cat tests/point_emit.c tests/point_route.c | grep -cE "\{ RILL_POINT_$label," || true)"
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
