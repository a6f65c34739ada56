#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sites_matrix.sh - call sites in every way of building: compiler, language, optimisation, linker.
#
#     tests/sites_matrix.sh [PATTERN]     only the configurations whose text contains PATTERN;
#                                         `refusals`: only what follows them
#
# Each configuration builds the programs of tests/sites without a warning, runs them with real sessions, and compares
# the sites whose events arrived with what `rill list` reads from the file. The programs compare the events
# themselves: each once, right values, nothing evaluated while off. Then come texts that must be refused.
# RILL_BUILD is the folder with librill and rill.
set -euo pipefail
build=${RILL_BUILD:-build/host}
build=$(cd "$build" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export build scratch
jobs=2

# A way of building: compiler pair, standard of C, flags, then flags for linking.
configurations()
{
	local cc o

	for cc in gcc clang; do
		for o in -O0 -O1 -O2 -O3 -Os; do
			echo "$cc gnu11 $o ;"
		done
		echo "$cc c11 -O2 ;"
		echo "$cc gnu11 -O2 -g -fvisibility=hidden ;"
		echo "$cc gnu11 -O2 -fPIC ;"
		echo "$cc gnu11 -O2 -fno-pie ; -no-pie"
		echo "$cc gnu11 -O2 -DRILL_SITE_BY_ADDRESS ;"
		echo "$cc gnu11 -O0 -ffunction-sections -fdata-sections ; -Wl,--gc-sections"
		echo "$cc gnu11 -O2 -ffunction-sections -fdata-sections ; -Wl,--gc-sections"
		echo "$cc gnu11 -O2 -ffunction-sections ; -fuse-ld=lld -Wl,--gc-sections"
		echo "$cc gnu11 -O2 -ffunction-sections ; -fuse-ld=lld -Wl,--gc-sections,-z,start-stop-gc"
		echo "$cc gnu11 -O2 -ffunction-sections ; -fuse-ld=gold -Wl,--gc-sections"
		echo "$cc gnu11 -O2 ; -static"
		echo "$cc gnu11 -O2 -fno-pie -ffunction-sections ; -static -Wl,--gc-sections"
	done
	echo "gcc gnu11 -O0 -flto ;"
	echo "gcc gnu11 -O1 -flto -flto-partition=none ;"
	echo "gcc gnu11 -O2 -flto ;"
	echo "gcc gnu11 -O2 -flto -flto-partition=max ;"
	echo "gcc gnu11 -O2 -flto -ffunction-sections ; -Wl,--gc-sections"
	echo "clang gnu11 -O0 -flto ; -fuse-ld=lld"
	echo "clang gnu11 -O2 -flto ; -fuse-ld=lld"
	echo "clang gnu11 -O2 -flto=thin -ffunction-sections ; -fuse-ld=lld -Wl,--gc-sections"
}

# The sites of a file, a line each, without the file that nothing calls.
listed()
{
	"$build/rill" list --json "$1" | jq -r '.[] | select(.category != "unused") |
		"\(.category)|\(.phase)|\(.name)|\([.args[] | .name + ":" + .type] | join(" "))|\(.file):\(.line)"' | sort
}

# agree RAN FILE NOT_RUN: what ran is in the list; the list has NOT_RUN more, and says so in their names.
agree()
{
	local ran=$1 file=$2 not_run=$3

	sort -u "$ran" >"$ran.sorted"
	listed "$file" >"$ran.listed"
	[ "$(grep -c '|not_run' "$ran.listed" || true)" = "$not_run" ] || {
		echo "$file: $not_run sites that never run are expected in:"
		cat "$ran.listed"
		return 1
	}
	[ -s "$ran.sorted" ] && diff <(grep -v '|not_run' "$ran.listed") "$ran.sorted"
}

build_and_run()
{
	local here=$1 cc=$2 std=$3 flags=$4 link=$5 cxx library p
	local warnings='-Wall -Wextra -Wshadow -Werror -Iinclude'
	local s=tests/sites

	case $cc in
	gcc) cxx=g++ ;;
	clang) cxx=clang++ ;;
	esac
	case $link in
	*-static*) library="$build/librill.a $(cat "$build/librill.libs")" ;;
	*) library="-L$build -lrill -Wl,-rpath,$build" ;;
	esac
	$cc -std="$std" $flags $warnings $s/main.c $s/other.c $s/unused.c -o "$here/c" $library $link
	"$here/c" "$here/c.ran"
	agree "$here/c.ran" "$here/c" 2
	$cxx -std=c++11 $flags $warnings $s/main.cc $s/other.cc -o "$here/cxx" $library $link
	"$here/cxx" "$here/cxx.ran"
	agree "$here/cxx.ran" "$here/cxx" 3
	case $link in
	*-static*) return ;;
	esac
	for p in 1 2; do
		$cxx -std=c++11 ${flags/-fno-pie/} -fPIC $warnings -DPLUGIN=$p -shared $s/plugin.cc -o "$here/plugin$p.so" \
			${link/-no-pie/}
	done
	$cc -std="$std" $flags $warnings $s/host.c -o "$here/host" $library $link -ldl
	"$here/host" "$here/host.ran" "$here/plugin1.so" "$here/plugin2.so"
	agree "$here/host.ran" "$here/plugin1.so" 0
	agree "$here/host.ran" "$here/plugin2.so" 0
}

usable()
{
	case "$1 $3" in
	clang*-flto*) [ -n "$(command -v clang++)" ] && [ -n "$(command -v ld.lld)" ] ;;
	*-fuse-ld=*)
		local linker=${3#*-fuse-ld=}
		[ -n "$(command -v "$1")" ] && [ -n "$(command -v "ld.${linker%% *}")" ]
		;;
	*) [ -n "$(command -v "$1")" ] ;;
	esac
}

one()
{
	local line=$1 here cc std flags link word

	read -r cc std flags <<<"${line%%;*}"
	link=${line#*;}
	here=$(mktemp -d "$scratch/XXXXXX")
	# An `if` would switch off -e in the function.
	set +e
	if ! usable "$cc" "$flags" "$link"; then
		word=SKIP
	else
		(set -e; build_and_run "$here" "$cc" "$std" "$flags" "$link") >"$here/log" 2>&1
		[ $? = 0 ] && word=PASS || word=FAIL
	fi
	{
		echo "$word $cc -std=$std $flags${link:+ $link}"
		[ $word != FAIL ] || head -n 40 "$here/log" | sed 's/^/    /'
	} | tee -a "$scratch/result.$word"
	rm -rf "$here"
}
export -f listed agree build_and_run usable one

# refuse COMPILER EXTENSION BODY WORDS: the line does not compile, and the message has the words in it.
refuse()
{
	local compiler=$1 file=$scratch/refused.$2 body=$3 words=$4 word=PASS

	printf '#include <rill/trace.h>\nvoid f(int x);\nvoid f(int x) { (void)x; %s; }\n' "$body" >"$file"
	if $compiler -Iinclude -O2 -c "$file" -o "$scratch/refused.o" 2>"$scratch/message"; then
		word=FAIL
		echo "accepted" >"$scratch/message"
	elif ! grep -qE "$words" "$scratch/message"; then
		word=FAIL
	fi
	{
		echo "$word ${compiler%% *} refuses $body"
		[ $word = PASS ] || head -n 5 "$scratch/message" | sed 's/^/    /'
	} | tee -a "$scratch/result.$word"
}

# The same line with plain texts compiles: what is refused above is refused for its texts.
accept()
{
	local compiler=$1 file=$scratch/accepted.$2 word=PASS

	printf '#include <rill/trace.h>\nvoid f(int x);\nvoid f(int x) { %s; }\n' "$3" >"$file"
	$compiler -Iinclude -O2 -Wall -Wextra -Werror -c "$file" -o "$scratch/accepted.o" || word=FAIL
	echo "$word ${compiler%% *} accepts $3" | tee -a "$scratch/result.$word"
}

refusals()
{
	local compiler=$1 kind=$2 letter pairs='' i

	for letter in '%' '{' '|' '}' '\"' '\\'; do
		refuse "$compiler" $kind "RILL_INSTANT(\"c${letter}\", \"n\")" 'must not contain any'
		refuse "$compiler" $kind "RILL_INSTANT(\"c\", \"${letter}n\")" 'must not contain any'
		refuse "$compiler" $kind "RILL_SCOPE(\"c\", \"n\", \"k${letter}y\", x)" 'must not contain any'
	done
	refuse "$compiler" $kind 'RILL_INSTANT("c", "n", "key")' 'a_key_has_no_value'
	refuse "$compiler" $kind 'RILL_INSTANT("c", "n", "a", 1, "b")' 'a_key_has_no_value'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		pairs+=", \"k$i\", x"
	done
	accept "$compiler" $kind "RILL_INSTANT(\"c\", \"n\"$pairs)"
	refuse "$compiler" $kind "RILL_INSTANT(\"c\", \"n\"$pairs, \"k17\", x)" '16_pairs_are_the_most'
	refuse "$compiler" $kind "RILL_INSTANT(\"c\", \"n\"$pairs, \"k17\", x, \"k18\", x, \"k19\", x)" '16_pairs_are_the_most'
	accept "$compiler" $kind "RILL_ASYNC_BEGIN(\"c\", \"n\", 1$pairs)"
	refuse "$compiler" $kind "RILL_ASYNC_BEGIN(\"c\", \"n\", 1$pairs, \"k17\", x)" '16_pairs_are_the_most'
	refuse "$compiler" $kind 'const char *name = "n"; RILL_INSTANT("c", name)' '.'
	accept "$compiler" $kind 'RILL_SCOPE("net,net.rx", "a (b) [c] #$&~^*;:@!?<>=+-/ \x27", "k", x)'
}

only=${1:-}
[ "$only" = refusals ] || configurations | { grep -F -- "$only" || true; } | tr '\n' '\0' | xargs -0 -r -n 1 -P $jobs bash -c 'one "$0"'
if [ -z "$only" ] || [ "$only" = refusals ]; then
	while read -r compiler kind; do
		[ -n "$(command -v "${compiler%% *}")" ] || continue
		case $kind in
		c) compiler+=' -std=gnu11' ;;
		cc) compiler+=' -std=c++11' ;;
		esac
		refusals "$compiler" $kind
	done <<-END
		gcc c
		g++ cc
		clang c
		clang++ cc
	END
fi
touch "$scratch"/result.{PASS,FAIL,SKIP}
failed=$(grep -c ^FAIL "$scratch/result.FAIL" || true)
echo "$(grep -c ^PASS "$scratch/result.PASS" || true) passed, $failed failed," \
	"$(grep -c ^SKIP "$scratch/result.SKIP" || true) skipped"
[ "$failed" = 0 ]
