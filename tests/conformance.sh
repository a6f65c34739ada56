#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# conformance.sh - doc/conformance.md and the tests agree: a case that is held or mended has a test named after it, in the
# file the page names, and a case with a test is not called open or later. Open cases count as skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
bad() { failed=$((failed + 1)); echo "$1"; }

# One pass: which file defines or names a test of which case.
found=$(grep -oHE '\b(TC|W|ARG|TO|EV|AS|RB|CT|CR|CF|CJ|MD|SE|CK|N|JS|IN|CD|IM|PR)_[0-9]+_' tests/test_*.c tests/test_*.cc tests/*.sh |
	sort -u || true)

while IFS='|' read -r _ id verdict how _; do
	id=${id// /} verdict=$(sed 's/^ *//; s/ *$//' <<<"$verdict")
	file=$(sed -nE 's/^[^`]*`([^`]+)`.*/\1/p' <<<"$how")
	case $verdict in
	held|mended)
		if [ "$file" = tests/readers.sh ]; then
			passed=$((passed + 1))
		elif [ -z "$file" ] || ! grep -qxF "$file:${id/-/_}_" <<<"$found"; then
			bad "$id is called $verdict, but no test ${id/-/_}_... is in ${file:-any file that is named}"
		else
			passed=$((passed + 1))
		fi ;;
	open)
		if grep -q ":${id/-/_}_\$" <<<"$found"; then
			bad "$id is called open, but $(grep -m 1 ":${id/-/_}_\$" <<<"$found" | cut -d : -f 1) tests it"
		else
			skipped=$((skipped + 1))
			echo "skipped: $id is open"
		fi ;;
	later|'not applicable')
		if [ -n "${how// /}" ]; then passed=$((passed + 1)); else bad "$id is called $verdict without a reason"; fi ;;
	*)
		bad "$id: '$verdict' is no verdict" ;;
	esac
done < <(grep -E '^\| [A-Z]+-[0-9]+ \|' doc/conformance.md)

[ $((passed + failed + skipped)) -ge 174 ] || bad "doc/conformance.md lists $((passed + failed + skipped)) of 174 cases"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
