#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh - what README.md shows is so: hello.c is the file in the tree, its commands run as they stand there, and
# the lines for other people's builds build hello.c against an installed rill. Its links lead somewhere.
#
# A block is tested when the line before it says <!-- run: NAME -->; those of a board in readme_board.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath --relative-to=. "${RILL_BUILD:-build/host}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. tests/count.bash

# The fenced block behind the line that holds <!-- $1 -->.
block()
{
	awk -v mark="<!-- $1 -->" '$0 == mark { found = 1; next }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside' README.md
}

# builds WHAT COMMAND...: the command makes a hello in the scratch folder that rill can record
builds()
{
	local what=$1 text
	shift
	rm -f "$scratch/hello"
	if text=$(cd "$scratch" && "$@" 2>&1) &&
		text=$("$scratch/prefix/bin/rill" record --strict -o "$scratch/hello.json" -- "$scratch/hello" 2>&1) &&
		grep -q ': 20 events, 0 lost' <<<"$text"; then
		ok
	else
		bad "$what: failed: $text"
	fi
}

# ---- the text --------------------------------------------------------------------------------------

block hello.c >"$scratch/hello.c"
text=$(diff "$scratch/hello.c" examples/hello.c) && ok || bad "README.md does not show examples/hello.c:" "$text"
lines=$(wc -l <examples/hello.c)
[ "$lines" = 10 ] && ok || bad "examples/hello.c has $lines lines; ten are promised"
while IFS=: read -r page link; do
	[ -e "$(dirname "$page")/$link" ] && ok || bad "$page: a link leads to $link, which is not there"
done < <(grep -oHE '\]\([^)#:]+\)' README.md doc/*.md doc/*/README.md | sed -E 's/\]\(//; s/\)$//')

# ---- the commands ----------------------------------------------------------------------------------

# They name build/host; another build folder takes its place.
block 'run: first' | sed "s|build/host|$build|g; s|^make |make O=$build |" >"$scratch/first.sh"
[ -s "$scratch/first.sh" ] && text=$(bash -e "$scratch/first.sh" 2>&1) &&
	grep -q ': 20 events, 0 lost, 1 threads' <<<"$text" && ok || bad 'the first commands: failed:' "$text"

# It ends by a signal, and the commands go on.
block 'run: flight' | sed "s|build/host|$build|g" >"$scratch/flight.sh"
text=$(bash "$scratch/flight.sh" 2>&1) || true
grep -q 'ended by signal 11' <<<"$text" && grep -q 'its last [0-9]* events' <<<"$text" && tail -n 5 <<<"$text" | grep -q 'answer' && ok ||
	bad 'the flight recorder: failed:' "$text"

"${MAKE:-make}" --no-print-directory O="$build" PREFIX="$scratch/prefix" install >"$scratch/install.log" 2>&1 && ok ||
	bad "make install: failed: $(cat "$scratch/install.log")"
export PKG_CONFIG_PATH=$scratch/prefix/lib/pkgconfig LD_LIBRARY_PATH=$scratch/prefix/lib

block 'run: pkg-config' >"$scratch/compile.sh"
builds 'the command line' bash -e compile.sh
block 'run: Makefile' >"$scratch/Makefile"
builds 'the Makefile' env -u CFLAGS -u LDLIBS make
builds 'the Makefile, with flags of its own' env CFLAGS=-O1 make -B
if command -v cmake >/dev/null; then
	{
		printf 'cmake_minimum_required(VERSION 3.13)\nproject(hello C)\nadd_executable(hello hello.c)\n'
		block 'run: CMake'
	} >"$scratch/CMakeLists.txt"
	export CMAKE_PREFIX_PATH=$scratch/prefix
	builds CMake sh -c 'cmake -S . -B cmake >/dev/null && cmake --build cmake >/dev/null && cp cmake/hello hello'
else
	skipped=$((skipped + 1))
	echo 'skipped: CMake: there is no cmake'
fi
if command -v meson >/dev/null && command -v ninja >/dev/null; then
	{
		echo "project('hello', 'c')"
		block 'run: Meson'
	} >"$scratch/meson.build"
	builds Meson sh -c 'meson setup meson >/dev/null && meson compile -C meson >/dev/null && cp meson/hello hello'
else
	skipped=$((skipped + 1))
	echo 'skipped: Meson: there is no meson or no ninja'
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
