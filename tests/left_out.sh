#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# left_out.sh - what a configuration leaves out of events (texts, bytes, file and line, names) is not in the library, the program or the
# trace; a program that needs it does not link, and the linker names the option; who asks pkg-config or CMake fits by itself.
#
# Three libraries: `without` all of it, `names` without bytes and without names, `bytes` with bytes but no texts.
set -euo pipefail
dir=$(cd "$RILL_BUILD" && pwd)/tests/left_out
rill=$(cd "$RILL_BUILD" && pwd)/rill
here=$PWD/tests/left_out
mkdir -p "$dir"/{without,names,bytes}
passed=0 failed=0 skipped=0
say() { if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$2"; fi; }
has() { grep -qE -- "$2" "$3" && say "$1" '' || say "$1" "$(head -n 5 "$3")"; }
hasnt() { say "$1" "$(grep -aE -- "$2" "$3" | head -n 5 || true)"; }

# ---- the libraries ----
lean=('# CONFIG_RILL_TOOL is not set' '# CONFIG_RILL_FORWARD is not set' '# CONFIG_RILL_SINK_SERIAL is not set'
	'# CONFIG_RILL_SINK_SOCKET is not set' '# CONFIG_RILL_SINK_MEMORY is not set' '# CONFIG_RILL_TRACE_CONFIG_JSON is not set')
no_texts='# CONFIG_RILL_ARG_TEXTS is not set' no_bytes='# CONFIG_RILL_ARG_BLOBS is not set'
# library NAME GOAL... <CONFIG
library()
{
	local out=$dir/$1
	cat >"$dir/config"
	cmp -s "$dir/config" "$out/.config" || cp "$dir/config" "$out/.config"
	"$MAKE" -s -j2 O="$out" CFLAGS=-O1 WERROR=1 "${@:2}" >"$dir/make.log" 2>&1 || { tail -n 20 "$dir/make.log"; exit 1; }
}
printf '%s\n' "${lean[@]}" "$no_texts" "$no_bytes" '# CONFIG_RILL_FILE_LINE is not set' |
	library without install DESTDIR="$dir/without/stage" PREFIX=/usr
# Rings of less than two blocks besides: a long text is cut to the blocks that there are.
printf '%s\n' "${lean[@]}" "$no_bytes" CONFIG_RILL_STRIP_NAMES=y CONFIG_RILL_BUFFER_BYTES=4096 |
	library names install "$dir/names/tests/test_any_texts" DESTDIR="$dir/names/stage" PREFIX=/usr
"$dir/names/tests/test_any_texts" >"$dir/log" 2>&1 && word='' || word=$(tail -n 20 "$dir/log")
say "texts in small rings" "$word"
{ grep -v 'CONFIG_RILL_ARG_' port/defconfig/host_tiny_defconfig; echo "$no_texts"; } |
	library bytes "$dir/bytes/librill.a" "$dir/bytes/tests/test_any" "$dir/bytes/tests/test_any_blobs"
for test in test_any test_any_blobs; do
	"$dir/bytes/tests/$test" >"$dir/log" 2>&1 && word='' || word=$(tail -n 20 "$dir/log")
	say "bytes without texts: $test" "$word"
done

code='rill_put_tail|rill_json_put_(text|json|blob)'
"${NM:-nm}" "$RILL_BUILD/librill.a" 2>/dev/null >"$dir/symbols"
[ "$(grep -cE " T ($code)\$" "$dir/symbols")" = 4 ] && word='' || word=$(grep -E " ($code)" "$dir/symbols")
say "what is looked for is in a library with all of it" "$word"
"${NM:-nm}" "$dir/without/librill.a" >"$dir/symbols" 2>/dev/null
hasnt "code for texts or bytes" " ($code)\$" "$dir/symbols"
"${NM:-nm}" "$dir/names/librill.a" >"$dir/symbols" 2>/dev/null
hasnt "code for bytes" ' rill_json_put_blob$' "$dir/symbols"
has "code for texts stays" ' T rill_json_put_text$' "$dir/symbols"

# ---- who needs what is not there does not link ----
# names WHAT NAME COMMAND...: it fails, and by that name alone
names()
{
	local what=$1 name=$2 found
	shift 2
	if "$@" >"$dir/log" 2>&1; then
		say "$what" "it links"
		return
	fi
	found=$(grep -oE 'rill_abi_[0-9a-z_]+' "$dir/log" | sed 's/_wanted$//' | sort -u | tr '\n' ' ')
	[ "$found" = "$name " ] && word='' || word="'$found' instead of $name: $(head -n 5 "$dir/log")"
	say "$what" "$word"
}
links()
{
	local what=$1
	shift
	"$@" >"$dir/log" 2>&1 && say "$what" '' || say "$what" "$(head -n 5 "$dir/log")"
}
needs=rill_abi_2__needs_config_rill_
shared=(-L"$dir/without" -lrill "-Wl,-rpath,$dir/without")
read -ra static < <(echo "$dir/without/librill.a $(cat "$dir/without/librill.libs")")
flags=-DRILL_NO_FILE_LINE
[ "$(cat "$dir/without/librill.cflags")" = "$flags" ] && word='' || word=$(cat "$dir/without/librill.cflags")
say "what a program is compiled with" "$word"

while read -r cc std o; do
	if [ -z "$(command -v "$cc")" ] || { [[ $cc$o == clang*-flto ]] && [ -z "$(command -v ld.lld)" ]; }; then
		skipped=$((skipped + 1))
		continue
	fi
	[[ $cc$o == clang*-flto ]] && o+=' -fuse-ld=lld'
	build=($cc -x ${std%%:*} -std=${std#*:} $o $flags -Wall -Wextra -Werror -Iinclude "$here/program.c" -x none -o "$dir/program")
	what="$cc $o"
	links "$what: numbers, librill.a" "${build[@]}" "${static[@]}"
	names "$what: a text, librill.a" ${needs}arg_texts "${build[@]}" -DTEXT "${static[@]}"
	names "$what: bytes, librill.a" ${needs}arg_blobs "${build[@]}" -DBYTES "${static[@]}"
	for kind in TEXT LITERAL COPY ID_SCOPE; do
		names "$what: $kind" ${needs}arg_texts "${build[@]}" -D$kind "${shared[@]}"
	done
	names "$what: bytes" ${needs}arg_blobs "${build[@]}" -DBYTES "${shared[@]}"
	names "$what: file and line" ${needs}file_line "${build[@]}" -URILL_NO_FILE_LINE "${shared[@]}"
	links "$what: numbers" "${build[@]}" "${shared[@]}"
done <<-END
	gcc c:gnu11 -O0
	gcc c:gnu11 -O2 -flto
	g++ c++:c++11 -O2
	clang c:gnu11 -O2 -flto
	clang++ c++:c++11 -O0
END
# Where texts are, only bytes are not.
with_texts=(-L"$dir/names" -lrill "-Wl,-rpath,$dir/names")
links "texts without bytes" ${CC:-cc} -O1 -DTEXT -Iinclude "$here/program.c" -o "$dir/program" "${with_texts[@]}"
names "texts without bytes: bytes" ${needs}arg_blobs ${CC:-cc} -O1 -DBYTES -Iinclude "$here/program.c" -o "$dir/program" "${with_texts[@]}"

# Another file than that whose constructor the linker keeps, where nothing is kept that nobody needs; and a plugin.
echo 'int main(void) { return 0; }' >"$dir/main.c"
sed 's/\<main\>/other/' "$here/program.c" >"$dir/other.c"
for o in -O0 '-O2 -ffunction-sections -fdata-sections'; do
	names "$o: another file" ${needs}arg_texts ${CC:-cc} $o $flags -DTEXT -Iinclude -include rill/trace.h "$dir/main.c" "$dir/other.c" -o "$dir/program" \
		-Wl,--gc-sections "${shared[@]}"
done
${CC:-cc} -fPIC -shared $flags -DBYTES -Iinclude "$dir/other.c" -o "$dir/plugin.so" "${shared[@]}"
${CC:-cc} tests/left_out/host.c -o "$dir/host" -ldl
"$dir/host" "$dir/plugin.so" >"$dir/log" 2>&1 || true
has "the loader names what a plugin lacks" ${needs}arg_blobs "$dir/log"
# The same words for other processors.
for target in arm-linux-gnueabihf aarch64-linux-gnu riscv64-linux-gnu; do
	if ! command -v $target-gcc >/dev/null; then
		skipped=$((skipped + 1))
		continue
	fi
	for kind in TEXT BYTES NONE; do
		case $kind in
		TEXT) wanted=${needs}arg_texts ;;
		BYTES) wanted=${needs}arg_blobs ;;
		NONE) wanted='' ;;
		esac
		$target-gcc -O2 $flags -D$kind -Iinclude -c "$here/program.c" -o "$dir/object.o"
		asked=$("${target}-nm" -u "$dir/object.o" | sed -n 's/.* \(rill_abi_2__\)/\1/p')
		[ "$asked" = "$wanted" ] && word='' || word="'$asked' instead of '$wanted'"
		say "$target: $kind" "$word"
	done
done

# ---- file and line ----
# told FILE: values of the ten rounds
told()
{
	jq -c '.[] | select(.cat == "kinds") | [.ph, .name, (.args // {} | del(.pointer))]' "$1" | sort
}
image() { cp "$1" "$dir/image" && strip "$dir/image" && strings -a "$dir/image"; }
all=(-L"$RILL_BUILD" -lrill "-Wl,-rpath,$(cd "$RILL_BUILD" && pwd)")
${CC:-cc} -O1 -Iinclude "$here/program.c" -o "$dir/whole" "${all[@]}"
${CC:-cc} -O1 $flags -Iinclude "$here/program.c" -o "$dir/by_define" "${all[@]}"
${CC:-cc} -O1 $flags -Iinclude "$here/program.c" -o "$dir/bare" "${shared[@]}"
ln -sf without/librill.so "$dir/librill.so.0"
image "$dir/whole" >"$dir/log"
has "with file and line the image has the path" 'left_out/program\.c' "$dir/log"
RILL_TRACE=1 RILL_FILE="$dir/whole.json" "$dir/whole"
told "$dir/whole.json" >"$dir/wanted"
[ "$(wc -l <"$dir/wanted")" = 40 ] && word='' || word=$(head "$dir/wanted")
say "the program's events" "$word"
for program in by_define bare; do
	image "$dir/$program" >"$dir/log"
	hasnt "$program: a path is in the image" 'program\.c' "$dir/log"
	RILL_TRACE=1 RILL_FILE="$dir/$program.json" "$dir/$program"
	RILL_TRACE=1 RILL_FILE="$dir/$program.rill" "$dir/$program"
	told "$dir/$program.json" >"$dir/got"
	say "$program: its events" "$(diff "$dir/wanted" "$dir/got" || true)"
	hasnt "$program: a path is in the trace" 'program\.c' "$dir/$program.rill"
	if [ -x "$rill" ]; then
		"$rill" check "$dir/$program.rill" >"$dir/log" 2>&1 && word='' || word=$(cat "$dir/log")
		say "$program: rill check" "$word"
		"$rill" convert "$dir/$program.rill" -o "$dir/converted.json" >"$dir/log" 2>&1
		told "$dir/converted.json" >"$dir/got"
		say "$program: its packets" "$(diff "$dir/wanted" "$dir/got" || true)"
		"$rill" list "$dir/$program" >"$dir/log"
		has "$program: rill list" '^kinds +counter +counter .* -$' "$dir/log"
		"$rill" list --json "$dir/$program" >"$dir/log"
		hasnt "$program: rill list --json" '"(file|line)"' "$dir/log"
	fi
done

# ---- bytes by hand ----
${CC:-cc} -O1 -DNAMED_AT_RUN_TIME -URILL_STRIP_NAMES -Iinclude "$here/program.c" -o "$dir/by_hand" "${with_texts[@]}"
RILL_TRACE=1 RILL_FILE="$dir/by_hand.json" "$dir/by_hand"
got=$(jq -c '.[] | select(.name == "named at run time") | .args' "$dir/by_hand.json")
[ "$got" = '{"by hand":"0x0"}' ] && word='' || word=$got
say "bytes that no linker sees are a word" "$word"

# ---- flags by pkg-config and CMake ----
if command -v pkg-config >/dev/null; then
	for library in without names; do
		export PKG_CONFIG_PATH=$dir/$library/stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dir/$library/stage
		export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
		read -ra by < <(pkg-config --cflags --libs rill)
		links "$library: by pkg-config" ${CC:-cc} "$here/program.c" -o "$dir/packaged" "${by[@]}" "-Wl,-rpath,$dir/$library/stage/usr/lib"
		"$dir/packaged" >"$dir/log" 2>&1 && word='' || word=$(cat "$dir/log")
		say "$library: by pkg-config, it runs" "$word"
		image "$dir/packaged" >"$dir/log"
		hasnt "$library: by pkg-config, a path is in the image" 'program\.c' "$dir/log"
	done
	hasnt "names: by pkg-config, a name is in the image" '^(scope|instant|counter)$' "$dir/log"
	has "names: by pkg-config, the category is" '^kinds$' "$dir/log"
	${CC:-cc} "$here/program.c" -o "$dir/packaged" "${by[@]}" -URILL_STRIP_NAMES
	image "$dir/packaged" >"$dir/log"
	has "names: a program that keeps them" '^counter$' "$dir/log"
	unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
else
	skipped=$((skipped + 1))
fi
for pair in without:RILL_NO_FILE_LINE names:RILL_STRIP_NAMES; do
	says=$(grep -c "INTERFACE_COMPILE_DEFINITIONS \"${pair#*:}\"" "$dir/${pair%:*}/stage/usr/lib/cmake/rill/rill-config.cmake" || true)
	[ "$says" = 2 ] && word='' || word="$says times"
	say "${pair%:*}: CMake's file says so for both libraries" "$word"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
