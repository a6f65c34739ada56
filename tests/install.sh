#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh - what `make install` lays down is enough for a program of somebody else's, in C and C++,
# dynamic and static, and `make uninstall` takes all of it away.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
. tests/count.bash

# The name by which make built it: by another one all would be built anew.
build=$(realpath --relative-to=. "$RILL_BUILD")
"$MAKE" --no-print-directory O="$build" DESTDIR="$root" PREFIX=/opt/rill install
export PKG_CONFIG_PATH=$root/opt/rill/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
read -ra cflags <<<"$(pkg-config --cflags rill)"
read -ra libs <<<"$(pkg-config --libs rill)"
static_libs=$(pkg-config --static --libs rill)
read -ra static_libs <<<"${static_libs/-lrill /}"
lib=$root/opt/rill/lib

{
	for header in "$root"/opt/rill/include/rill/*.h; do
		echo "#include <rill/${header##*/}>"
	done
	echo '#include <stdio.h>'
	printf '%s\n' 'int main(void) { return puts(rill_version()) < 0; }'
} >"$root/user.c"
cp "$root/user.c" "$root/user.cc"

step "version of pkg-config" test "$(pkg-config --modversion rill)" = \
	"$(sed -n 's/^#define RILL_VERSION "\(.*\)"/\1/p' src/config.h)"
strict=(-Wall -Wextra -Wformat-security -Werror)
step "C11" "$CC" -std=gnu11 "${strict[@]}" -Wshadow -Wstrict-prototypes -Wmissing-prototypes "${cflags[@]}" -o "$root/c" "$root/user.c" "${libs[@]}"
step "C++11" "$CXX" -std=c++11 "${strict[@]}" "${cflags[@]}" -o "$root/cc" "$root/user.cc" "${libs[@]}"
step "run, C" env LD_LIBRARY_PATH="$lib" "$root/c"
step "run, C++" env LD_LIBRARY_PATH="$lib" "$root/cc"
step "needs librill.so.0 by that name" sh -c "readelf -d '$root/c' | grep -q 'NEEDED.*librill.so.0'"
step "against librill.a" "$CC" -std=gnu11 "${cflags[@]}" -o "$root/a" "$root/user.c" "$lib/librill.a" \
	"${static_libs[@]}"
step "run, against librill.a" "$root/a"
step "each header by itself" bash -c 'for h in "$0"/opt/rill/include/rill/*.h; do
	echo "#include <rill/${h##*/}>" | "$1" -std=gnu11 -Wall -Wextra -Werror -I"$0/opt/rill/include" -x c -fsyntax-only - || exit 1
	echo "#include <rill/${h##*/}>" | "$2" -std=c++11 -Wall -Wextra -Werror -I"$0/opt/rill/include" -x c++ -fsyntax-only - || exit 1
	done' "$root" "$CC" "$CXX"
step "the tool runs where it was installed" "$root/opt/rill/bin/rill" version

"$MAKE" --no-print-directory O="$build" DESTDIR="$root" PREFIX=/opt/rill uninstall
left=$(find "$root/opt" ! -type d -o -name '*rill*' ! -path "$root/opt/rill")
step "uninstall leaves nothing of rill: $left" test -z "$left"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
