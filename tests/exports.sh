#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# exports.sh - librill.so offers exactly the functions that the public headers declare with RILL_API.
#
# A name too many could collide with one of the host program; one too few is a link error for users.
set -euo pipefail
nm=${NM:-nm}
offered=$("$nm" -D --defined-only "$RILL_BUILD/librill.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u)
passed=0 failed=0

say()
{
	if [ -z "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s:\n%s\n' "$1" "$2"
	fi
}

# The compiler has taken out comments and macros; the name is the last word before the first parenthesis
# that no attribute opens, or the last word of a variable.
declared=$(for header in include/rill/*.h; do echo "#include <rill/${header##*/}>"; done |
	${CC:-cc} -std=gnu11 -Iinclude -E -P -x c - | tr '\n' ' ' | tr ';{}' '\n\n\n' |
	grep -F 'visibility("default")' | sed -E 's/__attribute__ *\(\(([^()]|\([^()]*\))*\)\)//g' |
	sed -nE 's/^[^(]*\b(rill_[a-z0-9_]+) *(\(.*|\[.*)?$/\1/p' | sort -u)

[ -n "$offered" ] || { echo "$RILL_BUILD/librill.so offers nothing"; exit 1; }
say "offered, but not named rill_*" "$(grep -v '^rill_' <<<"$offered" || true)"
say "offered, but in no public header" "$(comm -23 <(echo "$offered") <(echo "$declared"))"
# What stands for an option is there where the option is on (abi.sh).
say "declared in a public header, but not offered" \
	"$(comm -13 <(echo "$offered") <(echo "$declared") | grep -v '^rill_abi_.*__needs_' || true)"
say "needs executable or writable program text" \
	"$(readelf -dW "$RILL_BUILD/librill.so" | grep TEXTREL || true; readelf -lW "$RILL_BUILD/librill.so" |
		grep 'GNU_STACK.*E ' || true)"
soname=$(readelf -dW "$RILL_BUILD/librill.so" | sed -nE 's/.*soname: \[(.*)\]/\1/p')
say "soname" "$([ "$soname" = librill.so.0 ] || echo "'$soname' instead of librill.so.0")"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
