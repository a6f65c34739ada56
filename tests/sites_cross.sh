#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sites_cross.sh - call sites on another processor, in its ways of building: as sites_matrix.sh, but each program runs in the
# emulator. Then the entries that keep registers (src/emit/keep_*.S): tests/sites/keep_cross.c looks at each register.
#
# `make check ARCH=...` runs it: RILL_BUILD, CC, CXX, RUN and TARGET_FLAGS are in the environment.
set -euo pipefail
build=$(cd "$RILL_BUILD" && pwd)
read -ra run <<<"$RUN"
read -ra flags <<<"$TARGET_FLAGS"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0
grep -qx 'CONFIG_RILL_SUBSCRIBERS=y' "$build/include/config/auto.conf" || { echo 'skipped: this configuration has no subscribers'; exit 77; }
warnings='-Wall -Wextra -Wshadow -Werror -Iinclude'
# -z text: a relocation in the text, by an event, would make the object unshareable.
static="-static $build/librill.a -Wl,--as-needed $(cat "$build/librill.libs")"
shared="-L$build -lrill -Wl,-rpath,$build -Wl,-z,text -lpthread"

# try WHAT COMMAND...: the commands are joined by and.
try()
{
	local what=$1
	shift
	if "$@" >"$scratch/log" 2>&1; then passed=$((passed + 1)); echo "PASS $what"; else
		failed=$((failed + 1)); echo "FAIL $what"; grep -v 'statically linked' "$scratch/log" | head -n 30 || true; fi
}

# sites COMPILER LANGUAGE_FLAGS LIBRARY SOURCES...
sites()
{
	local compiler=$1 language=$2 library=$3
	shift 3
	$compiler "${flags[@]}" $language $warnings "$@" -o "$scratch/program" $library && "${run[@]}" "$scratch/program" "$scratch/ran" &&
		[ -s "$scratch/ran" ]
}

c() { try "C $1 ${2%% *}" sites "$CC" "-std=gnu11 $1" "$2" tests/sites/main.c tests/sites/other.c tests/sites/unused.c; }
cxx() { try "C++ $1 ${2%% *}" sites "$CXX" "-std=c++11 $1" "$2" tests/sites/main.cc tests/sites/other.cc; }

for each in -O0 -O1 -Os '-O2 -ffunction-sections -Wl,--gc-sections' '-O2 -flto=1' '-O2 -DRILL_SITE_BY_ADDRESS'; do
	c "$each" "$static"
done
c '-O3 -fPIC' "$shared"
cxx -O2 "$shared"
macros=$("$CC" "${flags[@]}" -dM -E -x c /dev/null)
if grep -qw __thumb2__ <<<"$macros"; then
	c '-O2 -marm -mfpu=neon' "$static"
fi

# Where the emulator has no counter, the events of this one go the hot way through its emulation.
counter=''
! grep -qw __arm__ <<<"$macros" || counter='-Isrc bench/insn_counter.c -Wl,--wrap=rill_linux_counter_usable'
keep()
{
	"$CC" "${flags[@]}" -std=gnu11 $1 $warnings tests/sites/keep_cross.c $counter -o "$scratch/keep" $static && "${run[@]}" "$scratch/keep"
}
for each in -O0 '-O2 -fno-omit-frame-pointer'; do
	try "registers are kept, $each" keep "$each"
done

# ARM's tables hold at calls alone: an entry of our own in them would kill who ends a thread from a signal handler that came inside.
unwound_by_nobody()
{
	"${CC%gcc}readelf" -u "$build/librill.so" >"$scratch/unwind"
	grep '\[cantunwind\]' "$scratch/unwind"
	! grep -E '<rill_' "$scratch/unwind" | grep -v '\[cantunwind\]'
}
! grep -qw __arm__ <<<"$macros" || try 'nothing of rill is unwound by tables that hold at calls alone' unwound_by_nobody
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
