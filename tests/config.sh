#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# config.sh - the configuration: config.awk agrees with kconfig-conf, names what it refuses, and the small
# configurations build and run.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '%s\n' "$@"; }

derive() { awk -v conf="$scratch/auto.conf" -v header="$scratch/autoconf.h" -f src/config.awk Kconfig "$1"; }

# refuse LINE WANTED: a .config with this line stops the build, and the message holds WANTED.
refuse()
{
	local text
	printf '%s\n' "$1" >"$scratch/.config"
	if text=$(derive "$scratch/.config" 2>&1); then
		bad "accepted: $1"
	elif [[ $text == *"$2"* ]]; then
		ok
	else
		bad "$1: '$text' does not say '$2'"
	fi
}

refuse 'CONFIG_RILL_BUFER_BYTES=4096' '.config:1: CONFIG_RILL_BUFER_BYTES is not an option'
refuse '# CONFIG_RILL_JSONN is not set' 'is not an option'
refuse 'CONFIG_RILL_LEVELS=4' 'CONFIG_RILL_LEVELS=4 is out of range: 1 to 3'
refuse 'CONFIG_RILL_BUFFER_BYTES=511' 'out of range: 512 to 1073741824'
refuse 'CONFIG_RILL_BUFFER_BYTES=18446744073709551616' 'out of range'
refuse 'CONFIG_RILL_LEVELS=-1' 'out of range'
refuse 'CONFIG_RILL_LEVELS=y' 'a whole number is wanted'
refuse 'CONFIG_RILL_LEVELS=' 'a whole number is wanted'
refuse 'CONFIG_RILL_LEVELS=03' 'a whole number is wanted'
refuse 'CONFIG_RILL_JSON=1' 'y or n is wanted'
refuse 'RILL_JSON=y' 'not understood'
refuse $'# CONFIG_RILL_JSON is not set\nCONFIG_RILL_SINK_FILE=y' 'CONFIG_RILL_SINK_FILE=y needs RILL_JSON'

# What no single range says is a static assertion.
printf 'CONFIG_RILL_BUFFER_BYTES=4097\n' >"$scratch/.config"
derive "$scratch/.config"
mkdir -p "$scratch/generated"
cp "$scratch/autoconf.h" "$scratch/generated"
if text=$(echo '#include "config.h"' | "$CC" -std=gnu11 -Isrc -I"$scratch" -x c -fsyntax-only - 2>&1); then
	bad "a ring of 4097 bytes was accepted"
elif [[ $text == *CONFIG_RILL_BUFFER_BYTES:*power\ of\ two* ]]; then
	ok
else
	bad "$text"
fi

# The same symbols with the same values, whoever completes the configuration.
same()
{
	derive "$1"
	grep -v '^#' "$scratch/auto.conf" | sort >"$scratch/ours"
	cp "$1" "$scratch/.config"
	KCONFIG_CONFIG=$scratch/.config kconfig-conf --olddefconfig Kconfig >/dev/null 2>"$scratch/log" ||
		{ bad "kconfig-conf: $(cat "$scratch/log")"; return; }
	grep -v '^#' "$scratch/.config" | sort | sed '/^$/d' >"$scratch/theirs"
	if [ ! -s "$scratch/log" ] && diff "$scratch/ours" "$scratch/theirs"; then ok; else
		bad "$1: kconfig-conf says otherwise $(cat "$scratch/log")"; fi
	# What kconfig-conf wrote is read again.
	if derive "$scratch/.config"; then ok; else bad "$1: refused after kconfig-conf"; fi
}
if command -v kconfig-conf >/dev/null; then
	echo '# CONFIG_RILL_JSON is not set' >"$scratch/nojson"
	for file in port/defconfig/*_defconfig "$scratch/nojson"; do
		same "$file"
	done
else
	skipped=$((skipped + 1))
	echo "skipped: kconfig-conf is not installed: make deps"
fi

# Every option that is y by default is tried as n, and one that is n as y: each build must link and run.
smoke()
{
	local name=$1 out=$RILL_BUILD/$1
	if "$MAKE" --no-print-directory -j2 O="$out" "CFLAGS=-O1" all >"$scratch/log" 2>&1 &&
	   "$CC" -std=gnu11 -Iinclude -o "$out/version" "$scratch/version.c" "$out/librill.so" -Wl,-rpath,"$out" \
		>>"$scratch/log" 2>&1 && "$out/version" >>"$scratch/log" 2>&1; then
		ok
	else
		bad "$name: $(tail -n 20 "$scratch/log")"
	fi
}
cat >"$scratch/version.c" <<'C'
#include <rill/session.h>
#include <stdio.h>
int main(void) { return puts(rill_version()) < 0; }
C
"$MAKE" --no-print-directory O="$RILL_BUILD/tiny" host_tiny_defconfig >/dev/null
smoke tiny
mkdir -p "$RILL_BUILD/inverse"
awk '$1 == "config" { name = $2 } $1 == "bool" { bool[name] = 1 }
	$1 == "default" && bool[name] { print $2 == "y" ? "# CONFIG_" name " is not set" : "CONFIG_" name "=y" }' \
	Kconfig >"$scratch/.config"
cmp -s "$scratch/.config" "$RILL_BUILD/inverse/.config" || cp "$scratch/.config" "$RILL_BUILD/inverse/.config"
smoke inverse

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
