#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# static.sh - a static build asks nobody for memory: none of its objects can, a program with sessions, threads and signals at work sees
# nobody ask but the C library and liburcu, as doc/memory.md lists, and rill's threads run on stacks of rill's own.
set -euo pipefail
dir=$RILL_BUILD/tests/static
mkdir -p "$dir/lib"
passed=0 failed=0
say() { if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$2"; fi; }

cp tests/static/static.config "$dir/lib/.config"
$MAKE -s O="$dir/lib" "$dir/lib/librill.a" "$dir/lib/librill.so" "$dir/lib/tests/test_heap" >"$dir/make.log" 2>&1 || {
	cat "$dir/make.log"
	exit 1
}
say "it builds without a warning" "$(grep -i warning "$dir/make.log" || true)"

# Whatever gives memory, by the names of the C library.
memory='malloc|calloc|realloc|reallocarray|free|strn?dup|v?asprintf|(posix_)?memalign|aligned_alloc|valloc|s?brk|mmap(64|2)?|mremap'
memory+='|open_memstream|fmemopen|fopen(64)?|fdopen|getline|getdelim|opendir|scandir(64)?|qsort(_r)?|getaddrinfo'
say "an object asks for memory" "$("${NM:-nm}" -uA "$dir/lib/librill.a" 2>/dev/null | grep -E " U ($memory)\$" || true)"
# The same look at a build with a heap sees them.
[ -n "$("${NM:-nm}" -uA "$RILL_BUILD/librill.a" 2>/dev/null | grep -E " U ($memory)\$" || true)" ] ||
	grep -q '^CONFIG_RILL_STATIC=y' "$RILL_BUILD/include/config/auto.conf" && word='' || word="nothing is found where there is something"
say "what is looked for" "$word"
bss=$(size "$dir/lib/librill.so" | awk 'END { print $3 }')
[ "$bss" -ge 1572864 ] && word='' || word="$bss bytes"
say ".bss holds the two blocks" "$word"

"$dir/lib/tests/test_heap" >"$dir/heap.log" 2>&1 && word='' || word=$(cat "$dir/heap.log")
say "the heap" "$word"

${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -Iinclude -I. -Isrc -I"$dir/lib/include" -include generated/autoconf.h tests/static/quiet.c \
	-o "$dir/quiet" "$dir/lib/librill.a" $(cat "$dir/lib/librill.libs") -ldl -lpthread
for file in trace.json trace.rill memory:64; do
	case $file in
	memory:*) place=$file ;;
	*) place=$dir/$file ;;
	esac
	"$dir/quiet" "$place" "$dir/refused.json" >"$dir/quiet.log" 2>&1 || true
	[ "$(tail -n 1 "$dir/quiet.log")" = ok ] && word='' || word=$(tail -n 3 "$dir/quiet.log")
	say "a program at work, $file" "$word"
	say "$file: who asks for memory, and is not in doc/memory.md" \
		"$(grep '^asked' "$dir/quiet.log" | grep -vE '^asked (ld-linux.*|libc\.so.*|liburcu-bp\.so.*)$' | sort | uniq -c || true)"
	# One vector of thread-local storage for each thread of rill's, and liburcu's registry.
	asked=$(grep -c '^asked' "$dir/quiet.log" || true)
	[ "$asked" -le 24 ] && word='' || word=$(grep '^asked' "$dir/quiet.log" | sort | uniq -c)
	say "$file: $asked requests by the C library and liburcu" "$word"
done
jq -e length "$dir/trace.json" >/dev/null && word='' || word='not JSON'
say "what was written is a trace" "$word"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
