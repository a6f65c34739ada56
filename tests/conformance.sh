#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# conformance.sh - doc/conformance.md and the tests say the same: every case of the families built so far has a test or
# a reason, every test that is named exists and runs, and no test has an id that the page does not know.
set -euo pipefail
families='TC W ARG TO EV AS RB CT CR CF CJ MD SE CK N IM'
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$*"; }

# judge PAGE FOLDER: complaints, one a line. A test counts when it stands in its program's list of cases.
judge()
{
	grep -hsoE "^[[:space:]]T\((${families// /|})_[0-9]+_[A-Za-z0-9_]*\)" "$2"/test_*.c "$2"/test_*.cc >"$scratch/named" || true
	grep -sHoE '^[[:space:]]T\([A-Za-z0-9_]+\)' "$2"/test_*.c "$2"/test_*.cc >"$scratch/listed" || true
	awk -F ' *\\| *' -v families="$families" '
	FILENAME == ARGV[1] {	# the ids that tests begin with
		sub(/^[ \t]*T\(/, ""); split($0, part, "_")
		shown[part[1] "-" part[2]] = 1
		next
	}
	FILENAME == ARGV[2] {	# FOLDER/FILE:	T(NAME)
		file = name = $0
		sub(/:.*/, "", file); sub(/.*\//, "", file)
		sub(/.*T\(/, "", name); sub(/\).*/, "", name)
		listed[file ": " name] = 1
		next
	}
	$2 !~ /^[A-Z]+-[0-9]+$/ { next }
	{ split($2, part, "-"); rows[part[1]]++ }
	$2 in row { print $2 ": stands on the page twice"; next }
	{ row[$2] = 1 }
	$3 == "held" || $3 == "mended" {
		if (!($2 in shown))
			print $2 ": " $3 ", but no test has a name that begins with it"
		if ($5 == "")
			print $2 ": names no test"
		count = split($5, test, /; */)
		for (i = 1; i <= count; i++)
			if (!(test[i] in listed))
				print $2 ": there is no test " test[i]
		if ($3 == "mended" && $4 == "")
			print $2 ": mended, but not how"
		next
	}
	$3 == "later" || $3 == "not applicable" {
		if ($4 == "")
			print $2 ": " $3 ", but not why"
		next
	}
	{ print $2 ": \"" $3 "\" is no state" }
	END {
		count = split(families, family, " ")
		for (i = 1; i <= count; i++)
			if (!rows[family[i]])
				print family[i] ": the page has no case of this family"
		for (id in shown)
			if (!(id in row))
				print id ": a test has this id, but the page does not"
	}' "$scratch/named" "$scratch/listed" "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

complaints=$(judge doc/conformance.md tests)
if [ -z "$complaints" ]; then ok; else bad "$complaints"; fi

count=$(grep -cE '^\| [A-Z]+-[0-9]+ \|' doc/conformance.md)
if [ "$count" -ge 245 ]; then ok; else bad "the page has $count cases; there were 245"; fi

# The check sees each kind of fault.
mkdir "$scratch/tests"
printf '\tT(%s),\n' TC_1_a TC_2_b other >"$scratch/tests/test_a.c"
for family in $families; do
	echo "| $family-1 | later | part | |"
done | grep -v '^| TC-' >"$scratch/base"

# try PIECE LINE...: a page with these lines for TC gives this complaint, or none for "".
try()
{
	local piece=$1 text
	shift
	{ cat "$scratch/base"; printf '%s\n' "$@"; } >"$scratch/page.md"
	text=$(judge "$scratch/page.md" "$scratch/tests")
	if [ -n "$piece" ] && [[ $text == *"$piece"* ]] || [ -z "$piece$text" ]; then
		ok
	else
		bad "with $*: '$text' instead of '$piece'"
	fi
}

one='| TC-1 | held | | test_a.c: TC_1_a |'
two='| TC-2 | mended | why | test_a.c: TC_2_b; test_a.c: other |'
try '' "$one" "$two"
try '' "$one" "$two" '| TC-3 | not applicable | why | |'
try 'TC-2: a test has this id' "$one"
try 'TC-3: held, but no test' "$one" "$two" '| TC-3 | held | | test_a.c: other |'
try 'TC-2: there is no test test_a.c: TC_2_c' "$one" '| TC-2 | held | | test_a.c: TC_2_c |'
try 'TC-2: names no test' "$one" '| TC-2 | held | | |'
try 'TC-2: mended, but not how' "$one" '| TC-2 | mended | | test_a.c: TC_2_b |'
try 'TC-3: later, but not why' "$one" "$two" '| TC-3 | later | | |'
try 'TC-3: "soon" is no state' "$one" "$two" '| TC-3 | soon | why | |'
try 'TC-1: stands on the page twice' "$one" "$one" "$two"
try 'TC: the page has no case of this family' ''

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
