#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# runner.sh - run.sh counts what ran, and nothing that fails, dies, hangs or skips passes for a success.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
runner=$PWD/tests/run.sh
passed=0 failed=0

cunit()
{
	cat <<-EOT
	  Test: a ...passed
	  Test: b ...$1
	Run Summary:    Type  Total    Ran Passed Failed Inactive
	              suites      1      1    n/a      0        0
	               tests      2      2      $2      $3        0
	EOT
}

# script NAME, body on stdin
script()
{
	{ echo '#!/bin/sh'; cat; } >"$scratch/$1"
	chmod +x "$scratch/$1"
}

# try SUM CODE PROGRAM...: the last line, and the exit code
try()
{
	local sum=$1 code=$2 rc=0 text
	shift 2
	text=$(cd "$scratch" && RILL_TEST_LIMIT_S=1 SAN='' bash "$runner" logs "$@" 2>&1) || rc=$?
	if [ "$(tail -n 1 <<<"$text")" = "$sum" ] && [ $rc = "$code" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: wanted "%s" and exit code %s, got %s and:\n%s\n' "$*" "$sum" "$code" $rc "$text"
	fi
}

{ echo "cat <<'X'"; cunit passed 2 0; echo X; } | script good
{ echo "cat <<'X'"; cunit FAILED 1 1; echo X; echo 'exit 1'; } | script bad
{ echo "cat <<'X'"; cunit 'skipped: no kernel ... passed' 2 0; echo X; } | script half
{ echo "cat <<'X'"; cunit passed 2 0; echo X; echo 'kill -SEGV $$'; } | script dies
{ echo "cat <<'X'"; cunit FAILED 1 1; echo X; } | script lies
echo 'exit 0' | script quiet
echo 'exit 3' | script refuses
echo 'echo "skipped: nothing here"; exit 77' | script absent
echo 'sleep 60' | script hangs
echo 'echo "5 passed, 0 failed, 1 skipped"' | script counted

try '2 passed, 0 failed, 0 skipped' 0 ./good
try '1 passed, 1 failed, 0 skipped' 1 ./bad
try '1 passed, 0 failed, 1 skipped' 0 ./half
try '2 passed, 1 failed, 0 skipped' 1 ./dies
try '1 passed, 1 failed, 0 skipped' 1 ./lies
try '1 passed, 0 failed, 0 skipped' 0 ./quiet
try '0 passed, 1 failed, 0 skipped' 1 ./refuses
try '0 passed, 0 failed, 1 skipped' 1 ./absent
try '0 passed, 1 failed, 0 skipped' 1 ./hangs
try '0 passed, 1 failed, 0 skipped' 1 ./not-there
try '5 passed, 0 failed, 1 skipped' 0 ./counted
try '8 passed, 1 failed, 1 skipped' 1 ./good ./bad ./counted
try '0 passed, 0 failed, 0 skipped' 1

# RUN starts programs, which find it in RILL_RUN; scripts run as they are.
script emulator <<'X'
case $3 in *.sh) exit 9 ;; esac
[ "$RILL_RUN" = "$0 -L /" ] || exit 8
shift 2
"$@"
X
echo 'echo "3 passed, 0 failed, 0 skipped"' | script script.sh
RUN="$scratch/emulator -L /" try '5 passed, 0 failed, 0 skipped' 0 ./good ./script.sh
RUN=no-such-emulator try '0 passed, 0 failed, 2 skipped' 77 ./good ./bad

# Those that build come one after the other; the others do not wait for them.
for name in first second; do
	script $name.sh <<'X'
mkdir building && sleep 0.3 && rmdir building	# in place of $MAKE
X
done
script meets.sh <<'X'
for i in 1 2 3 4 5 6 7 8; do [ ! -d building ] || exit 0; sleep 0.1; done
exit 1
X
RILL_TEST_JOBS=3 try '3 passed, 0 failed, 0 skipped' 0 ./first.sh ./second.sh ./meets.sh

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
