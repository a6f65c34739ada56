#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# guarantees.sh - doc/guarantees.md and the tests say the same: each promise names a test, each test that is named exists and is
# run, and each case of the list of faults has a test named after it, or a reason.
set -euo pipefail
required='1 3 4 5 6 7 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 33 34'
cases=40
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$*"; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# list FOLDER: what there is, a line each, as the page names it.
list()
{
	local file
	{
		cat "$1/build.mk" "$1"/*/build.mk 2>/dev/null | sed -nE 's/^(test|point)-[^+]*\+= *//p' | tr ' ' '\n' |
			sed 's,.*/,,' | sort -u >"$scratch/programs"
		for file in "$1"/*.c "$1"/*/*.c "$1"/*.cc; do
			[ -e "$file" ] && grep -qxF "$(basename "${file%.*}")" "$scratch/programs" || continue
			# T(name) in a list of cases; A(name, ...) in the tables of the points.
			sed -nE "s/^[[:space:]]+[TA]\(([A-Za-z0-9_]+)[,)].*/$(basename "$file"): \1/p" "$file"
		done
		sed -nE 's/^[[:space:]]*\{ "([A-Za-z0-9_]+)",.*/stress: \1/p' "$1/stress/table.c"
		sed -nE 's/^ci +([a-z]+) +holds.*/model: \1/p' "$1/model/configs"
		sed -nE 's/^fault ([a-z0-9_]+).*/mutant: \1/p' "$1/mutants/faults"
		cat "$1/build.mk" "$1"/*/build.mk 2>/dev/null | sed -nE 's,^[a-z-]+-[^+]* \+= tests/([a-z_]+\.sh)$,\1,p'
	} | sort -u
}

# judge PAGE LIST: complaints, one a line. In the tables of the page the column "shown by" holds tests, with "; " between them.
judge()
{
	awk -F ' *\\| *' -v required="$required" -v cases="$cases" '
	FILENAME == ARGV[1] { there[$0] = 1; next }
	!/^\|/ { column = 0; next }
	!column {
		for (i = 2; i <= NF; i++)
			if ($i == "shown by")
				column = i
		next
	}
	/^\|[-|]*$/ { next }
	{
		id = $2 ~ /^V-[0-9]+$/ ? $2 : ""
		named = 0
		count = split($column, test, /; */)
		for (i = 1; i <= count; i++) {
			if (!(test[i] in there))
				print "line " FNR ": there is no test \"" test[i] "\""
			if (id != "" && test[i] ~ "[ _]V_" substr(id, 3) "_")
				named = 1
		}
		promises++
	}
	id == "" && $column == "" { print "line " FNR ": a promise without a test" }
	id != "" {
		if (row[id]++)
			print id ": stands on the page twice"
		if (!named && $(column + 1) == "")
			print id ": neither a test named after it nor a reason"
		reason[id] = named || $(column + 1) != ""
	}
	END {
		for (i = 1; i <= cases; i++)
			if (!row["V-" i])
				print "V-" i ": is not on the page"
		count = split(required, number, " ")
		for (i = 1; i <= count; i++)
			if (!reason["V-" number[i]])
				print "V-" number[i] ": is required, and has nothing"
		if (promises < cases + 1)
			print "the page promises nothing"
	}' "$2" "$1"
}

list tests >"$scratch/there"
complaints=$(judge doc/guarantees.md "$scratch/there")
if [ -z "$complaints" ]; then ok; else bad "$complaints"; fi

# Every kind of test is found in the tree, so that no kind is taken for missing or for there.
for kind in test_hot.c point_emit.c litmus_stop.c stress model mutant; do
	if grep -q "^$kind: " "$scratch/there"; then ok; else bad "no case of $kind is found"; fi
done
if grep -qx 'ring_edges.sh' "$scratch/there"; then ok; else bad 'no script is found'; fi

# Which cases have tests must not shrink unnoticed.
count=$(grep -oE 'V_[0-9]+_' "$scratch/there" | sort -u | wc -l)
if [ "$count" -ge 25 ]; then ok; else bad "tests are named after $count cases of the list of faults; there were 25"; fi

# ---- the check sees each kind of fault ------------------------------------------------------------------

printf '%s\n' 'test_a.c: one' 'stress: V_1_row' 'b.sh' >"$scratch/some"

# try PIECE LINE...: a page with these rows gives this complaint, or none for "".
try()
{
	local piece=$1 text
	shift
	{
		printf '%s\n' '| promise | shown by |' '|---|---|' '| it holds | test_a.c: one; b.sh |' "$@" '' \
			'| case | fault | shown by | why |' '|---|---|---|---|' '| V-1 | stall | stress: V_1_row | |'
		for ((i = 2; i <= cases; i++)); do echo "| V-$i | fault | | later |"; done
	} >"$scratch/page.md"
	[ -z "${edit:-}" ] || sed -i "$edit" "$scratch/page.md"
	text=$(judge "$scratch/page.md" "$scratch/some")
	if [ -n "$piece" ] && [[ $text == *"$piece"* ]] || [ -z "$piece$text" ]; then
		ok
	else
		bad "with ${edit:-$*}: '$text' instead of '$piece'"
	fi
}

try ''
try 'there is no test "test_a.c: two"' '| more | test_a.c: two |'
try 'there is no test "gone.sh"' '| more | test_a.c: one; gone.sh |'
try 'a promise without a test' '| more | |'
edit='/^| V-7 /d' try 'V-7: is not on the page'
edit='s/^| V-7 .*/| V-7 | fault | | |/' try 'V-7: neither a test named after it nor a reason'
edit='s/^| V-7 .*/| V-7 | fault | stress: V_1_row | |/' try 'V-7: neither a test named after it nor a reason'
edit='s/^| V-8 /| V-7 /' try 'V-7: stands on the page twice'
edit='/^|/d' try 'the page promises nothing'

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
