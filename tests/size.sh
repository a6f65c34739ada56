#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# size.sh - one line for a build: the library's size, what a small program links of it, and its memory at run time.
#
#     tests/size.sh FOLDER NAME        SIZE=size RUN=emulator; `make size` builds what it needs
#     tests/size.sh --head             the head of the table
#
# library     text, data and bss of all objects in librill.a
# linked      the same of what a program has that starts and stops a session and emits scopes, instants and counters (--gc-sections)
# RAM         of that program with four threads tracing: data and bss, thread-local storage of six threads, heap, rings, stacks
set -euo pipefail

if [ "$1" = --head ]; then
	echo "| configuration | library: text | data | bss | linked: text | data | bss | heap | rings | stacks | RAM in all |"
	echo "|---|---|---|---|---|---|---|---|---|---|---|"
	exit
fi
probe=$1/tests/size/probe
read -r text data bss _ < <("${SIZE:-size}" -t "$1/librill.a" | tail -n 1)
eval "$(awk -f tests/size/map.awk "$probe.map" | sed 's/\([a-z]*\)=/linked_\1=/g')"
read -ra run <<<"${RUN:-}"
eval "$("${run[@]}" "$probe")"
all=$((linked_data + linked_bss + 6 * linked_tls + heap + pages + stacks))
echo "| $2 | $text | $data | $bss | $linked_text | $linked_data | $linked_bss | $heap | $pages | $stacks | $all |"
