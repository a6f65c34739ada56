#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readers.sh [FILE...] - traces open without a warning in readers that are not ours, and these find in them what
# jq counts: threads with names, slices and how they nest, arrows, spans, counters.
#
# Without FILE: traces of the example programs, recorded here in each form, and the golden ones. The readers:
#
#   jq, python3            strict parsers
#   catapult               the viewer of chrome://tracing, in Chromium; Debian carries it in Go's source
#   speedscope             in Chromium
#   trace_engine           the parser of DevTools' Performance panel, in node; of traces without B and E
#   devtools               the panel itself, as Chromium brings it; of the trace that went through packets
#
# One trace goes through packets (recorded as such, then rill convert); its folded stacks go to speedscope, too. Pictures of
# what catapult and devtools draw are in demo/ of the build folder.
#
# They are installed into the build folder. One that cannot be had is skipped, with the reason.
set -euo pipefail
files=()
for file in "$@"; do
	files+=("$(realpath "$file")")
done
cd "$(dirname "$0")/.."
build=${RILL_BUILD:-$PWD/build/host}
work=$build/readers
pictures=$build/demo
mkdir -p "$work" "$pictures"
passed=0 failed=0 skipped=0

# step WHAT COMMAND...
step()
{
	local what=$1 text rc=0
	shift
	text=$("$@" 2>&1) || rc=$?
	case $rc in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)); text="failed: $text" ;;
	esac
	[ -z "$text" ] || printf '%s: %s\n' "$what" "$text" | cut -c 1-2000
}

skip()
{
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

# ---- the readers -----------------------------------------------------------------------------------

# npm asks whatever registry this machine is set up for; the lock file holds checksums, no addresses.
install_npm()
{
	cp tests/readers/*.json tests/readers/*.mjs "$work/"
	if [ -d "$work/node_modules" ] && cmp -s "$work/package-lock.json" "$work/node_modules/.of"; then
		return 0
	fi
	command -v npm >/dev/null || { no_npm='npm is missing: run make deps'; return 1; }
	if ! (cd "$work" && npm ci --omit=optional --ignore-scripts --no-audit --no-fund) >"$work/npm.log" 2>&1; then
		no_npm="npm ci failed, see $work/npm.log"
		return 1
	fi
	cp "$work/package-lock.json" "$work/node_modules/.of"
}

# Go's own trace command shows its traces with Catapult's viewer, so Go's source package has it in one file.
install_catapult()
{
	local package

	[ ! -f "$work/catapult/trace_viewer_full.html" ] || return 0
	no_catapult='Catapult comes out of a Debian package, and this is no Debian system'
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	for package in golang-1.19-src $(apt-cache search --names-only '^golang-1\.[0-9]+-src$' | cut -d ' ' -f 1); do
		rm -rf "$work/go" && mkdir -p "$work/go" "$work/catapult"
		(cd "$work/go" && apt-get -q -o APT::Sandbox::User=root download "$package") >"$work/apt.log" 2>&1 || continue
		dpkg-deb -x "$work"/go/*.deb "$work/go/x"
		find "$work/go/x" -name webcomponents.min.js -exec cp {} "$work/catapult/" \;
		find "$work/go/x" -name trace_viewer_full.html -exec cp {} "$work/catapult/" \;
		rm -rf "$work/go"
		[ ! -f "$work/catapult/trace_viewer_full.html" ] || return 0
	done
	no_catapult="apt-get cannot download Go's source package, see $work/apt.log (apt-get update?)"
	return 1
}

find_chromium()
{
	CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || return 1
	export CHROMIUM
}

# ---- traces ----------------------------------------------------------------------------------------

# record NAME OPTIONS RILL-OPTIONS PROGRAM...: a trace of this very build
record()
{
	local name=$1
	record_into "$work/$name.json" "$@"
	files+=("$work/$name.json")
}

record_into()
{
	local file=$1 name=$2 options=$3 environment=$4
	shift 4
	# shellcheck disable=SC2086 # options are words
	RILL_OPTIONS=$environment "$build/rill" record --strict $options -o "$file" -- "$@" >"$work/$name.log" 2>&1 ||
		{ cat "$work/$name.log"; return 1; }
}

record_all()
{
	local few=("$work/few")
	local press=("$build/examples/press" -j 3 -o "$work/few.tar.gz" "${few[@]}")

	# A few hundred files, some of them of several chunks, and one that cannot be read.
	rm -rf "$work/few" && mkdir -p "$work/few/deep/er"
	for i in $(seq 1 150); do
		head -c $((i * 37)) /dev/zero >"$work/few/deep/file \"$i\""
		printf '%s\n' "$i" >"$work/few/deep/er/ü漢😀 $i"
	done
	head -c 1500000 /dev/urandom >"$work/few/large"
	mkfifo "$work/few/fifo"
	# press reports the FIFO by its exit code, and rill hands that on.
	for form in "pairs||" "complete|--slices|" "object||object" "complete_object|--slices|object"; do
		IFS='|' read -r name options environment <<<"$form"
		record "press_$name" "$options" "$environment" sh -c '"$@" || [ $? = 1 ]' sh "${press[@]}"
	done
	# Through packets: pairs, complete events, and stacks.
	record_into "$work/packets.rill" packets '' '' sh -c '"$@" || [ $? = 1 ]' sh "${press[@]}"
	"$build/rill" convert -q "$work/packets.rill" -o "$work/converted_pairs.json"
	"$build/rill" convert -q "$work/packets.rill" -o "$work/converted.json" --slices
	"$build/rill" convert -q "$work/packets.rill" -o "$work/converted.folded"
	files+=("$work/converted_pairs.json" "$work/converted.json")
	record hello '' '' "$build/examples/hello"

	# shellcheck disable=SC2086 # CC may hold options
	${CC:-gcc} -std=gnu11 -Wall -Wextra -Iinclude tests/readers/phases.c -o "$work/phases" \
		-L"$build" -lrill -Wl,-rpath,"$build" -lpthread
	record phases '' '' "$work/phases"
	record phases_complete --slices object "$work/phases"
}

# ---- checks ----------------------------------------------------------------------------------------

strict_python='import json, sys
def refuse(word):
    raise ValueError(word + " is no JSON")
def once(pairs):
    keys = [key for key, value in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key occurs twice: %s" % keys)
    return dict(pairs)
json.loads(open(sys.argv[1], "rb").read().decode("utf-8", "strict"), parse_constant=refuse, object_pairs_hook=once)'

check_file()
{
	local file=$1 name facts
	name=$(basename "$file" .json)
	facts=$work/$name.facts.json

	step "$name: python3" python3 -c "$strict_python" "$file"
	step "$name: jq" sh -c 'jq -c -f tests/readers/facts.jq "$1" >"$2"' sh "$file" "$facts"
	[ -s "$facts" ] || return 0
	check_in_browser "$file" "$name" "$facts"
	if jq -e '.threads_with_pairs > 1' "$facts" >/dev/null; then
		echo "$name: trace_engine: not for B and E of several threads, which it keeps on one stack"
	elif [ -n "$no_npm" ]; then
		skip "$name: trace_engine: $no_npm"
	else
		step "$name" node "$work/trace_engine.mjs" "$file" "$facts"
	fi
}

check_in_browser()
{
	local file=$1 name=$2 facts=$3

	# The same trace as converted_pairs, for DevTools.
	[ "$name" != converted ] || return 0
	if [ -n "$no_catapult$no_chromium$no_npm" ]; then
		skip "$name: catapult: $no_catapult$no_chromium$no_npm"
	else
		step "$name" node "$work/catapult.mjs" "$work/catapult" "$file" "$facts" "$pictures/$name.png"
	fi
	if [ -n "$no_chromium$no_npm" ]; then
		skip "$name: speedscope: $no_chromium$no_npm"
	else
		step "$name" node "$work/speedscope.mjs" "$work/node_modules/speedscope/dist/release" "$file" "$facts"
	fi
}

# What went through packets.
check_converted()
{
	if [ -n "$no_chromium$no_npm" ]; then
		skip "converted: devtools, folded stacks: $no_chromium$no_npm"
		return
	fi
	step converted node "$work/devtools.mjs" "$work/converted.json" "$work/converted.facts.json" "$pictures/devtools.png"
	step converted node "$work/speedscope_folded.mjs" "$work/node_modules/speedscope/dist/release" "$work/converted.folded"
}

no_npm='' no_catapult='' no_chromium=''
install_npm || [ -n "$no_npm" ]
if install_catapult; then no_catapult=''; fi
find_chromium || no_chromium='there is no Chromium: run make deps'

if [ ${#files[@]} = 0 ]; then
	record_all
	files+=(tests/golden/*.json)
fi
for file in "${files[@]}"; do
	check_file "$file"
done
[ $# != 0 ] || check_converted
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] || exit 1
