#!/bin/bash
# SPDX-License-Identifier: MIT
# two_copies.sh - a program and a plugin that each hold a static librill: the second copy refuses, with a message.
set -euo pipefail
dir=$RILL_BUILD/tests/two_copies
mkdir -p "$dir"
cat > "$dir/plugin.c" <<'END'
#include <rill/trace.h>
__attribute__((visibility("default"))) void plugin(void) { RILL_INSTANT("copies", "from the plugin"); }
END
cat > "$dir/host.c" <<'END'
#include <dlfcn.h>
#include <rill/trace.h>
#include <rill/session.h>
int main(int argc, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	void *object;

	o.file = argv[2];
	if (argc < 3 || rill_session_start(&o, &s) != 0)
		return 1;
	RILL_INSTANT("copies", "from the program");
	object = dlopen(argv[1], RTLD_NOW);
	if (!object)
		return 2;
	((void (*)(void))dlsym(object, "plugin"))();
	return dlclose(object);
}
END
libs="$(cat "$RILL_BUILD/librill.libs") -ldl"
$CC -O2 -fPIC -shared -fvisibility=hidden -Iinclude "$dir/plugin.c" -o "$dir/plugin.so" "$RILL_BUILD/librill.a" $libs -Wl,--exclude-libs,ALL
$CC -O2 -Iinclude "$dir/host.c" -o "$dir/host" "$RILL_BUILD/librill.a" $libs
"$dir/host" "$dir/plugin.so" "$dir/out.json" 2> "$dir/messages"
passed=0 failed=0
say() { if [ "$2" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; cat "$dir/messages"; fi; }
[ "$(jq -r '[.[] | select(.cat == "copies") | .name] | join(",")' "$dir/out.json")" = "from the program" ] &&
	say events ok || say "only the first copy records" no
[ "$(grep -c 'second copy of librill' "$dir/messages")" = 1 ] && say message ok || say "the second copy says once that it stays off" no
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
