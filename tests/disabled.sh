#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disabled.sh - with -DRILL_DISABLED every macro vanishes and every function does nothing: the program builds without a warning and
# links without librill, evaluates no argument, and has no symbol, section or relocation of rill; arguments are still checked.
#
# In C and C++, by gcc and clang, with and without optimisation.
set -euo pipefail
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
warnings='-Wall -Wextra -Wshadow -Wunused -Wformat-security -Werror'

check()
{
	local what=$1
	shift
	if "$@" >"$scratch/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
		head -n 12 "$scratch/log" | sed 's/^/    /'
	fi
}

# Each row of the list of all macros becomes a call; numbers are calls, too, that must not happen.
{
	cat <<-'END'
		#define CAT "c"
		#define NAME "n"
		#define ID evaluate()
		#define BIND evaluate()
		#define FLOW TRACE_EVENT_FLAG_FLOW_OUT
		#define SCOPE TRACE_EVENT_SCOPE_PROCESS
		#define FLAGS TRACE_EVENT_FLAG_ASYNC_TTS
		#define TS evaluate()
		#define TID evaluate()
		#define STEP "into"
		#define SNAPSHOT "snap"
		#define COUNT evaluate()
		#define A1 "a1", evaluate()
		#define A2 "a2", -evaluate()
		#define CALL(macro, args) macro args
		static int evaluate(void);
		static void family(void)
		{
	END
	sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' tests/trace_event_family.h | grep -oE 'ROW\([A-Z][A-Z0-9_]+,\s*\([^()]*\)' |
		sed -E 's/ROW\(([A-Z0-9_]+),\s*(\(.*\))$/\tCALL(\1, \2);/'
	echo '}'
} >"$scratch/family.h"
rows=$(grep -c '^	CALL' "$scratch/family.h")
[ "$rows" -gt 120 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAILED: only $rows macros are in the family"; }

nothing_left()
{
	! objdump -htr "$1" | grep -i rill | grep -v 'file format\|\*ABS\*'
}

refused()
{
	! "$@"
}

while read -r compiler kind; do
	if [ -z "$(command -v "$compiler")" ]; then
		skipped=$((skipped + 1))
		echo "SKIP: no $compiler"
		continue
	fi
	case $kind in
	c) compiler+=' -x c -std=gnu11 -Wstrict-prototypes -Wmissing-prototypes' ;;
	c++) compiler+=' -x c++ -std=c++11' ;;
	esac
	build="$compiler $warnings -DRILL_DISABLED -Iinclude -I$scratch tests/disabled/every_macro.c -x none"
	for o in -O0 -O1 -O2; do
		what="${compiler%% *} $kind $o"
		check "$what builds without a warning and without librill" $build $o -o "$scratch/program"
		check "$what evaluates nothing and starts nothing" "$scratch/program"
		check "$what, an object" $build -DOBJECT $o -c -o "$scratch/object.o"
		check "$what leaves no symbol, section or relocation" nothing_left "$scratch/object.o"
		check "$what runs with a table of the copied headers" $build $o -DRILL_TRACE_EVENT_STANDALONE -o "$scratch/program"
	done
	check "${compiler%% *} $kind refuses an unknown name" refused $build -DUNDECLARED -fsyntax-only
	check "${compiler%% *} $kind refuses a value without a type" refused $build -DNO_TYPE -fsyntax-only
done <<-END
	gcc c
	g++ c++
	clang c
	clang++ c++
END
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
