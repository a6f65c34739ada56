#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# no_proc.sh - where neither /proc nor /sys is mounted, as early in the start of a board, programs are traced all the same: whole files,
# no message, their own exit code.
#
# `make check` runs it: RILL_BUILD is in the environment.
set -euo pipefail
build=$RILL_BUILD
. tests/count.bash
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

hide=(unshare -m)
[ "$(id -u)" = 0 ] || hide=(unshare -r -m)
# Runs a command in a name space of mounts in which both are empty.
hidden() { "${hide[@]}" sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && [ ! -e /proc/self ] && exec "$@"' sh "$@"; }
if ! hidden true 2>"$scratch/said"; then
	echo "skipped: /proc cannot be hidden here: $(tail -n 1 "$scratch/said")"
	echo "0 passed, 0 failed, 1 skipped"
	exit 77
fi

mkdir "$scratch/input"
head -c 300000 src/*/*.c >"$scratch/input/text" 2>/dev/null
press=("$build/examples/press" -j 3 -o "$scratch/out.tar.gz")

# scopes JSON: how many there are of the program's work. Whether a thread ever waits for another is up to the machine.
scopes() { grep '"cat":"press"' "$1" | grep -c '"ph":"[BX]"' || true; }
RILL_TRACE='' RILL_FILE="$scratch/seen.json" "${press[@]}" "$scratch/input" >"$scratch/out" 2>&1
wanted=$(scopes "$scratch/seen.json")
[ "$wanted" -ge 30 ] || bad "press has only $wanted scopes where nothing is hidden"

# whole FILE: the reader finds neither loss nor damage, and as many scopes as where nothing is hidden.
whole()
{
	local text

	text=$("$build/rill" check "$1" 2>&1) || { bad "$1: $text"; return; }
	"$build/rill" convert "$1" -o "$scratch/whole.json" >"$scratch/said" 2>&1 || { bad "$1: $(cat "$scratch/said")"; return; }
	text=$(scopes "$scratch/whole.json")
	if [ "$text" = "$wanted" ]; then ok; else bad "$1: $text scopes instead of $wanted"; fi
}

for form in json rill; do
	RILL_TRACE='' RILL_FILE="$scratch/press.$form" hidden "${press[@]}" "$scratch/input" >"$scratch/out" 2>"$scratch/said" ||
		bad "press ended with $? under trace: $(cat "$scratch/said")"
	if grep '^rill' "$scratch/said"; then bad "rill had to say something"; else ok; fi
	whole "$scratch/press.$form"
	rc=0
	RILL_TRACE='' RILL_FILE="$scratch/none.$form" hidden "${press[@]}" "$scratch/not-there" >"$scratch/out" 2>&1 || rc=$?
	untraced=0
	"${press[@]}" "$scratch/not-there" >"$scratch/out" 2>&1 || untraced=$?
	if [ $rc = $untraced ] && [ $rc != 0 ]; then ok; else bad "press ended with $rc under trace, and with $untraced without"; fi
done

# Threads that come and go, and their slots; children; the tool that starts a program.
if STRESS_ONLY='two_producers V_7_thread_churn V_10_V_11' RILL_BUILD=$build hidden bash tests/stress.sh >"$scratch/said" 2>&1; then ok; else
	bad "$(cat "$scratch/said")"; fi
if hidden "$build/rill" record -o "$scratch/record.json" -- "${press[@]}" "$scratch/input" >"$scratch/said" 2>&1; then ok; else
	bad "rill record: $(cat "$scratch/said")"; fi
whole "$scratch/record.json"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
