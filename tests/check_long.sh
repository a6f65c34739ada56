#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_long.sh - the whole suite, then the long stress, whatever the suite says; the last line adds both up.
#
#     tests/check_long.sh LOGS PROGRAM|SCRIPT...     `make check-long`, also with ARCH=; the arguments are those of run.sh
#     STRESS_SCALE=N      percent of a long stress; 0: this configuration has no stress
#
# The stress stands by itself, so that its table is seen. Exit code 77: the emulator is not installed, nothing was tried.
set -euo pipefail
logs=$1
scale=${STRESS_SCALE:-100}
# On a busy machine the longest takes more than run.sh's ten minutes.
export RILL_TEST_LIMIT_S=${RILL_TEST_LIMIT_S:-3600}
# Scripts of the suite run scenarios, too, but not for so long.
unset STRESS_SCALE
suite=$logs/check_long.suite
stress=$logs/check_long.stress
mkdir -p "$logs"
rc=0
bash tests/run.sh "$@" 2>&1 | tee "$suite" || rc=$?
[ $rc != 77 ] || exit 77
echo '0 passed, 0 failed, 0 skipped' >"$stress"
if [ "$scale" != 0 ]; then
	RILL_RUN=${RUN:-} STRESS_SCALE=$scale bash tests/stress.sh 2>&1 | tee "$stress" || rc=1
fi
printf '\nthe suite: %s\nthe stress: %s\n' "$(tail -n 1 "$suite")" "$(tail -n 1 "$stress")"
tail -qn 1 "$suite" "$stress" | awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5 }
	END { print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped" }'
exit $rc
