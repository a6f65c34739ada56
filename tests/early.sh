#!/bin/bash
# SPDX-License-Identifier: MIT
# early.sh - keep-first: a library with CONFIG_RILL_EARLY gives the first session what happened before it; any other does not.
set -euo pipefail
dir=$RILL_BUILD/tests/early
mkdir -p "$dir/lib"
passed=0 failed=0
say() { if [ "$2" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }

cat > "$dir/early.c" <<'END'
#define RILL_EARLY
#include <rill/trace.h>
#include <rill/session.h>
#include <stdio.h>
__attribute__((constructor(200))) static void before_main(void)
{
	RILL_INSTANT("early", "before main", "n", 1);
	RILL_INSTANT("other", "not wanted");
}
int main(int argc, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	struct rill_stats stats;

	{
		RILL_SCOPE("early", "closed before");
		RILL_INSTANT("early", "in main");
	}
	for (int i = 0; argc > 2 && i < 100000; i++)
		RILL_INSTANT("early", "flood");
	{
		RILL_SCOPE("early", "closed behind");
		o.file = argv[1];
		o.filter = "early";
		if (rill_session_start(&o, &s) != 0)
			return 1;
	}
	RILL_INSTANT("early", "after");
	rill_session_flush(s, 5000);
	rill_session_stats(s, &stats);
	printf("%llu\n", (unsigned long long)(stats.delivered + stats.lost_total));
	return 0;
}
END
cp "$RILL_BUILD/.config" "$dir/lib/.config"
echo CONFIG_RILL_EARLY=y >> "$dir/lib/.config"
$MAKE -s O="$dir/lib" "$dir/lib/librill.a" > "$dir/make.log" 2>&1 || { cat "$dir/make.log"; exit 1; }
libs="-lurcu-bp -lck -lpthread -ljson-c"
$CC -O2 -Iinclude "$dir/early.c" -o "$dir/early" "$dir/lib/librill.a" $libs
$CC -O2 -Iinclude "$dir/early.c" -o "$dir/plain" "$RILL_BUILD/librill.a" $libs

total=$("$dir/early" "$dir/early.json")
names=$(jq -r '.[] | select(.cat == "early") | .ph + " " + .name' "$dir/early.json" | tr '\n' ',')
[ "$names" = "I before main,B closed before,I in main,E closed before,B closed behind,E closed behind,I after," ] &&
	say "everything from before is there, in order, and closed" ok || say "got: $names" no
[ "$total" = 7 ] && say books ok || say "7 events were emitted for it, $total are in the books" no
total=$("$dir/early" "$dir/flood.json" flood)
# The ring is full when the scope begins: the lost begin writes no end.
[ "$total" = 100006 ] && say flood ok || say "100006 events were emitted, $total are delivered or lost" no
[ "$(jq -r '[.[] | select(.cat == "early")][0].name' "$dir/flood.json")" = "before main" ] &&
	say "the first are kept, not the last" ok || say "a flood pushed the first events out" no
"$dir/plain" "$dir/plain.json" > /dev/null
[ "$(jq -r '[.[] | select(.cat == "early")] | map(.name) | join(",")' "$dir/plain.json")" = "after" ] &&
	say plain ok || say "a library without CONFIG_RILL_EARLY kept early events" no
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
