#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# strip_names.sh - with -DRILL_STRIP_NAMES the names of events, arguments and files are not in what is loaded, traces have numbers in
# their place, and the tool puts the names back from the program's file or its debug file: then a trace is what it would have been.
#
# By gcc and clang, in C and C++, with each linker; also for a plugin that comes and goes.
set -euo pipefail
dir=$(cd "$RILL_BUILD" && pwd)/tests/strip
rill=$(cd "$RILL_BUILD" && pwd)/rill
mkdir -p "$dir/lib"
passed=0 failed=0 skipped=0
say() { if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$2"; fi; }
# same WHAT A B: two files do not differ.
same() { say "$1" "$(diff "$2" "$3" | head -n 10 || true)"; [ -s "$2" ] || say "$1: something is there" "nothing"; }
# has WHAT WORDS FILE
has() { grep -qE -- "$2" "$3" && say "$1" '' || say "$1" "$(head -n 5 "$3")"; }

# Without liburcu, too, so that the plugin comes and goes over readers that are counted.
{
	grep -v 'CONFIG_RILL_STRIP_NAMES\|CONFIG_RILL_URCU' "$RILL_BUILD/.config"
	printf '%s\n' CONFIG_RILL_STRIP_NAMES=y '# CONFIG_RILL_URCU is not set'
} >"$dir/lib/.config"
$MAKE -s O="$dir/lib" "$dir/lib/librill.so" "$dir/lib/librill.so.0" >"$dir/make.log" 2>&1 || { cat "$dir/make.log"; exit 1; }
say "liburcu is left out" "$("${NM:-nm}" -D "$dir/lib/librill.so" | grep urcu || true)"
link=(-L"$dir/lib" -lrill "-Wl,-rpath,$dir/lib" -ldl -Wl,--build-id)

# What a trace says, without what differs from run to run.
told()
{
	jq -c '.[] | select(.cat == "hidden" or .cat == "plugged") | {ph, cat, name, args, id, id2, scope}' "$1"
}

one()
{
	local cc=$1 std=$2 flags=$3 what="$1 $3" p=$dir/program
	rm -f "$p"* "$dir"/*.json "$dir"/*.rill "$dir"/*.so
	$cc $std $flags -Wall -Wextra -Werror -Iinclude tests/strip/program.c "${link[@]}" -o "$p.named"
	$cc $std $flags -Wall -Wextra -Werror -DRILL_STRIP_NAMES -Iinclude tests/strip/program.c "${link[@]}" -o "$p"
	"$p.named" "$dir/named.json" && told "$dir/named.json" >"$dir/wanted"
	"$p" "$dir/hidden.json"
	"$p" "$dir/hidden.rill"

	# What is loaded: the file without its debug information.
	cp "$p" "$p.stripped"
	strip "$p.stripped"
	say "$what: names are in what is loaded" "$(strings -a "$p.stripped" | grep -E 'secret_|program\.c' || true)"
	has "$what: the category is" hidden <(strings -a "$p.stripped")
	"$rill" list --json "$p.named" | jq -S 'map(del(.copies))' >"$dir/list.wanted"
	"$rill" list --json "$p" | jq -S 'map(del(.copies))' >"$dir/list"
	same "$what: the list of its events" "$dir/list.wanted" "$dir/list"
	"$rill" list "$p.stripped" >"$dir/list"
	has "$what: the list without names" 'hidden +site:[0-9]+@[0-9a-f]{16} +scope' "$dir/list"

	# Without the names: the same events, and a message that names the remedy.
	"$rill" convert "$dir/hidden.rill" -o "$dir/plain.json" 2>"$dir/said"
	has "$what: who does not give the file is told how" 'events are called site:NUMBER@[0-9a-f]{16}.*--exe' "$dir/said"
	told "$dir/named.json" | jq -c '[.ph, .cat, [.args[]?], .id, .id2]' >"$dir/wanted.bare"
	told "$dir/plain.json" | jq -c '[.ph, .cat, [.args[]?], .id, .id2]' >"$dir/bare"
	same "$what: nothing but names is missing" "$dir/wanted.bare" "$dir/bare"
	# With them: from the program, and from the debug file that was split from it.
	objcopy --only-keep-debug --compress-debug-sections "$p" "$p.debug"
	for file in "$p" "$p.debug"; do
		"$rill" convert --exe "$file" "$dir/hidden.rill" -o "$dir/whole.json" 2>"$dir/said"
		say "$what: nothing is missing" "$(grep site: "$dir/said" "$dir/whole.json" || true)"
		same "$what: packets, with names of ${file##*/}" "$dir/wanted" <(told "$dir/whole.json")
	done
	"$rill" convert --exe "$p" "$dir/hidden.json" -o "$dir/whole.json" 2>"$dir/said"
	same "$what: JSON, with names" "$dir/wanted" <(told "$dir/whole.json")
}

while read -r cc std flags; do
	linker=${flags#*-fuse-ld=}
	if [ -z "$(command -v "$cc")" ] || { [ "$linker" != "$flags" ] && [ -z "$(command -v "ld.${linker%% *}")" ]; }; then
		skipped=$((skipped + 1))
		continue
	fi
	one "$cc" "-x ${std%%:*} -std=${std#*:}" "$flags"
done <<-END
	clang c:gnu11 -O0
	clang++ c++:c++11 -O2 -ffunction-sections -fuse-ld=lld -Wl,--gc-sections
	g++ c++:c++11 -O0 -fuse-ld=gold
	gcc c:gnu11 -O2 -flto
	gcc c:gnu11 -O2 -g -ffunction-sections -Wl,--gc-sections
END

# ---- the verbs, on the last of these ----
p=$dir/program
"$rill" report --exe "$p" "$dir/hidden.rill" >"$dir/out"
has "report" '10 .*hidden +secret_scope' "$dir/out"
"$rill" report "$dir/hidden.rill" >"$dir/out" 2>"$dir/said"
has "report without names" 'hidden +site:[0-9]+@' "$dir/out"
has "report says so" '--exe' "$dir/said"
"$rill" tail --exe "$p" "$dir/hidden.rill" >"$dir/out"
has "tail" 'hidden:secret_instant .*secret_i=9' "$dir/out"
for format in perfetto ctf text folded; do
	rm -rf "$dir/out.$format"
	"$rill" pull --exe "$p" "$dir/hidden.rill" --to $format -o "$dir/out.$format" -q
	say "pull to $format" "$(grep -rqa secret_scope "$dir/out.$format" || echo 'no name is in it')"
done
cp "$dir/hidden.rill" "$dir/kept.rill"
"$rill" convert "$dir/kept.rill" -o "$dir/again.rill" 2>/dev/null
"$rill" report --exe "$p" "$dir/again.rill" >"$dir/out"
has "names can be put in later" 'hidden +secret_scope' "$dir/out"

# ---- a core file, whose names are found by the build id ----
rm -rf "$dir/died"
mkdir "$dir/died"
if grep -q '^[|/]' /proc/sys/kernel/core_pattern || ! (ulimit -c unlimited) 2>/dev/null; then
	skipped=$((skipped + 1))
else
	(cd "$dir/died" && ulimit -c unlimited && DIE=1 "$p" trace.rill) >"$dir/said" 2>&1 || true
	"$rill" extract --exe "$dir/program" "$dir"/died/core* -o "$dir/core.json" 2>"$dir/said"
	same "a core file, with names" "$dir/wanted" <(told "$dir/core.json")
	"$rill" extract "$dir"/died/core* -o "$dir/core.json" 2>"$dir/said"
	has "a core file, without" 'events are called site:NUMBER@[0-9a-f]{16}.*--exe' "$dir/said"
fi

# ---- files that do not serve ----
refuse()
{
	"$rill" report --exe "$2" "$dir/hidden.rill" >"$dir/out" 2>&1 && say "$1" "accepted" || has "$1" "$3" "$dir/out"
}
refuse "a file without names" "$p.stripped" 'no names of call sites.*before it was stripped, or its debug file'
refuse "no such file" "$dir/nothing" 'cannot be read: No such file'
refuse "no ELF file" "$dir/named.json" 'a program, a shared library or a debug file is wanted'
gcc -O1 -DRILL_STRIP_NAMES -DOTHER -Iinclude tests/strip/program.c "${link[@]}" -o "$dir/other"
"$rill" report --exe "$dir/other" "$dir/hidden.rill" >"$dir/out" 2>"$dir/said"
has "another program's names are not taken" 'hidden +site:[0-9]+@' "$dir/out"
has "the build id is named" "site:NUMBER@[0-9a-f]{16}" "$dir/said"

# ---- filters ----
"$p" "$dir/filtered.json" 'secret_i*' 2>"$dir/said"
has "a filter by name says that names are stripped" 'cannot match the [0-9]+ call sites.*RILL_STRIP_NAMES.*by category' "$dir/said"
"$p.named" "$dir/filtered.json" 'secret_i*' 2>"$dir/said"
say "and else says nothing" "$(cat "$dir/said")"

# ---- a plugin: the same numbers each time it comes, also behind its end ----
gcc -O2 -fPIC -shared -DRILL_STRIP_NAMES -Iinclude tests/strip/plugin.c "${link[@]}" -o "$dir/plugin.so"
"$p" "$dir/plugged.rill" '' "$dir/plugin.so"
"$rill" report --exe "$p" --exe "$dir/plugin.so" "$dir/plugged.rill" >"$dir/out" 2>&1
has "a plugin's events have one name" '^ +3 +plugged +secret_plugin' "$dir/out"
has "and the program's have theirs" 'hidden +secret_scope' "$dir/out"
# Without a build id the file's name stands for it.
gcc -O2 -fPIC -shared -DRILL_STRIP_NAMES -Iinclude tests/strip/plugin.c "${link[@]}" -Wl,--build-id=none -o "$dir/bare.so"
"$p" "$dir/plugged.rill" '' "$dir/bare.so"
"$rill" report --exe "$dir/bare.so" "$dir/plugged.rill" >"$dir/out" 2>&1
has "an object without a build id goes by its name" '^ +3 +plugged +secret_plugin' "$dir/out"

# ---- a damaged section: fewer names, never a crash ----
objcopy -O binary --only-section=.debug_rill --set-section-flags .debug_rill=alloc "$p" "$dir/section"
size=$(stat -c %s "$dir/section")
[ "$size" -gt 100 ] && word='' || word="$size bytes"
say "the section is there" "$word"
crashed=0
RANDOM=42
for i in $(seq 60); do
	head -c $((RANDOM % size)) "$dir/section" >"$dir/damaged"
	[ $((i % 2)) = 0 ] || { cp "$dir/section" "$dir/damaged"; for _ in 1 2 3 4; do
		printf "\\x$(printf %x $((RANDOM % 256)))" | dd of="$dir/damaged" bs=1 seek=$((RANDOM % size)) conv=notrunc status=none
	done; }
	objcopy --update-section .debug_rill="$dir/damaged" "$p" "$p.damaged"
	code=0
	"$rill" list "$p.damaged" >/dev/null 2>&1 || code=$?
	[ $code -le 2 ] || crashed=$((crashed + 1))
	code=0
	"$rill" report --exe "$p.damaged" "$dir/hidden.rill" >/dev/null 2>&1 || code=$?
	[ $code -le 2 ] || crashed=$((crashed + 1))
done
[ $crashed = 0 ] && word='' || word="$crashed crashes"
say "a damaged section" "$word"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
