#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# config.sh - the configuration: config.awk agrees with kconfig-conf, names what it refuses, and the small
# configurations build and run.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. tests/count.bash

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
refuse $'# CONFIG_RILL_WRITER_THREAD is not set\nCONFIG_RILL_SINK_SERIAL=y' 'CONFIG_RILL_SINK_SERIAL=y needs RILL_WRITER_THREAD'
refuse 'CONFIG_RILL_SINK_PLAIN=y' 'CONFIG_RILL_SINK_PLAIN=y needs !RILL_TOOL'

# A number out of range stops every way to a configuration, also those that would put the default in its place.
for goal in olddefconfig savedefconfig all; do
	mkdir -p "$scratch/wrong"
	echo 'CONFIG_RILL_LEVELS=4' >"$scratch/wrong/.config"
	if text=$("$MAKE" --no-print-directory O="$scratch/wrong" "$goal" 2>&1); then
		bad "make $goal takes a number out of range"
	elif [[ $text == *'CONFIG_RILL_LEVELS=4 is out of range: 1 to 3'* || $text == *'needs kconfig-frontends'* ]]; then
		ok
	else
		bad "make $goal: $text"
	fi
	grep -qx 'CONFIG_RILL_LEVELS=4' "$scratch/wrong/.config" || bad "make $goal changed a number out of range without a word"
done

# budget KIB WANTED LINE...: the smallest configuration with that bound; WANTED is empty where it is kept.
budget()
{
	local text
	{ cat port/defconfig/host_tiny_defconfig; printf '%s\n' "CONFIG_RILL_MEMORY_BUDGET_KB=$1" "${@:3}"; } >"$scratch/.config"
	derive "$scratch/.config"
	text=$(awk -f src/budget.awk "$scratch/auto.conf" 2>&1) || true
	if [[ -z $2 && -z $text || -n $2 && $text == *"$2"* ]]; then ok; else bad "a budget of $1 KiB: '$text'"; fi
}
budget 40 ''
budget 0 '' CONFIG_RILL_BUFFER_BYTES=1048576
budget 40 '12288.0 KiB  rings: RILL_THREADS_MAX 6 times RILL_BUFFER_BYTES 2097152' CONFIG_RILL_BUFFER_BYTES=2097152 CONFIG_RILL_LEVELS=1
budget 30 'CONFIG_RILL_MEMORY_BUDGET_KB=30 is exceeded: 34.3 KiB are asked for'

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

printf 'CONFIG_RILL_QUEUE_BYTES=2048\n' >"$scratch/.config"
derive "$scratch/.config"
cp "$scratch/autoconf.h" "$scratch/generated"
if text=$(echo '#include "config.h"' | "$CC" -std=gnu11 -Isrc -I"$scratch" -x c -fsyntax-only - 2>&1); then
	bad "a queue of 2048 bytes was accepted"
elif [[ $text == *CONFIG_RILL_QUEUE_BYTES:*at\ least\ 4096* ]]; then
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

# Every option that is y by default is tried as n, and one that is n as y unless it needs one that is n then: each build must
# link and run.
library()
{
	if grep -q CONFIG_RILL_PIC=y "$1/include/config/auto.conf"; then
		echo "$1/librill.so -Wl,-rpath,$1"
	else
		echo "-no-pie $1/librill.a $(cat "$1/librill.libs")"
	fi
}
smoke()
{
	local name=$1 out=$RILL_BUILD/$1 how
	if "$MAKE" --no-print-directory -j2 O="$out" "CFLAGS=-O1" all >"$scratch/log" 2>&1 &&
	   how=$(library "$out") &&
	   "$CC" -std=gnu11 -Iinclude -o "$out/version" "$scratch/version.c" $how >>"$scratch/log" 2>&1 &&
	   "$out/version" >>"$scratch/log" 2>&1; then
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
# each_sink: a trace into every kind of sink, by its usual name; each must begin like a packet.
cat >"$scratch/sinks.c" <<'C'
#define _GNU_SOURCE
#include <rill/session.h>
#include <rill/trace.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static int trace_to(const char *file)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	options.file = file;
	if (rill_session_start(&options, &session) < 0)
		return printf("%s: %s\n", file ? file : "default", rill_error());
	RILL_INSTANT("c", "event");
	rill_session_stop(session);
	return 0;
}
static int begins(int fd, size_t at)
{
	unsigned char bytes[64];
	const ssize_t got = read(fd, bytes, sizeof bytes);

	if (got > (ssize_t)at + 2 && bytes[at] == 0xd2 && bytes[at + 1] == 0x6c)
		return 0;
	return printf("descriptor %d: no packet, %zd bytes\n", fd, got);
}
int main(void)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	const int pty = posix_openpt(O_RDWR | O_NOCTTY), listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char text[256], folder[128];
	int pipes[2], bad = 0;

	if (grantpt(pty) || unlockpt(pty) || pipe(pipes) || !getcwd(folder, sizeof folder))
		return 1;
	snprintf(place.sun_path, sizeof place.sun_path, "%.90s/sock", folder);
	unlink(place.sun_path);
	if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 1))
		return 1;
	bad |= trace_to("file.rill") || begins(open("file.rill", O_RDONLY), 0);
	snprintf(text, sizeof text, "fd:%d", pipes[1]);
	bad |= trace_to(text) || begins(pipes[0], 0);
	snprintf(text, sizeof text, "serial:%s?baud=115200", ptsname(pty));
	bad |= trace_to(text) || begins(pty, 2);
	snprintf(text, sizeof text, "unix:%s", place.sun_path);
	bad |= trace_to(text) || begins(accept(listener, NULL, NULL), 0);
	bad |= trace_to("memory:64?dump=memory.rill") || begins(open("memory.rill", O_RDONLY), 0);
	bad |= trace_to(NULL);
	snprintf(text, sizeof text, "rill.%d.1.rill", (int)getpid());
	bad |= begins(open(text, O_RDONLY), 0);
	return bad;
}
C
# configure NAME LINE...
configure()
{
	mkdir -p "$RILL_BUILD/$1"
	printf '%s\n' "${@:2}" >"$scratch/.config"
	cmp -s "$scratch/.config" "$RILL_BUILD/$1/.config" || cp "$scratch/.config" "$RILL_BUILD/$1/.config"
}
"$MAKE" --no-print-directory O="$RILL_BUILD/tiny" host_tiny_defconfig >/dev/null
smoke tiny
# What holds in every configuration holds in this one; the trace of the last test stays.
any()
{
	if "$MAKE" --no-print-directory -j2 O="$RILL_BUILD/$1" CFLAGS=-O1 "$RILL_BUILD/$1/tests/test_any" >"$scratch/log" 2>&1 &&
	   TEST_ANY_FILE=$scratch/any.rill "$RILL_BUILD/$1/tests/test_any" >"$scratch/log" 2>&1; then
		ok
	else
		bad "$1: $(tail -n 30 "$scratch/log")"
	fi
}
any tiny
# Its plain packets are packets to who reads them.
if [ -x "$RILL_BUILD/rill" ]; then
	"$RILL_BUILD/rill" check "$scratch/any.rill" >"$scratch/log" 2>&1 || true	# the rings are small, and their losses no damage
	if grep -qE ' packets, [0-9]+ events, 1 streams, ' "$scratch/log" && ! grep -qE 'damage|missing|unreadable' "$scratch/log"; then ok; else
		bad "rill check: $(cat "$scratch/log")"; fi
	if "$RILL_BUILD/rill" report "$scratch/any.rill" >"$scratch/log" 2>&1 && grep -q 'tick' "$scratch/log"; then ok; else
		bad "rill report: $(cat "$scratch/log")"; fi
fi
mkdir -p "$RILL_BUILD/inverse"
awk '$1 == "config" { name = $2 } $1 == "bool" { bool[name] = 1 } $1 == "depends" { needs[name] = 1 }
	$1 == "default" && bool[name] { value[name] = $2 }
	END { for (name in value)
		if (value[name] == "y")
			print "# CONFIG_" name " is not set"
		else if (!needs[name])
			print "CONFIG_" name "=y" }' \
	Kconfig | sort >"$scratch/.config"
cmp -s "$scratch/.config" "$RILL_BUILD/inverse/.config" || cp "$scratch/.config" "$RILL_BUILD/inverse/.config"
smoke inverse
# Packets alone, and neither of the formats, with all sinks.
lean=('# CONFIG_RILL_JSON is not set' '# CONFIG_RILL_TOOL is not set' '# CONFIG_RILL_TRACE_CONFIG_JSON is not set')
configure packets "${lean[@]}"
smoke packets
if "$CC" -std=gnu11 -Iinclude -o "$scratch/sinks" "$scratch/sinks.c" "$RILL_BUILD/packets/librill.so" \
	-Wl,-rpath,"$RILL_BUILD/packets" >"$scratch/log" 2>&1 && (cd "$scratch" && timeout 20 ./sinks) >"$scratch/log" 2>&1; then
	ok
else
	bad "packets into each sink: $(cat "$scratch/log")"
fi
configure neither "${lean[@]}" '# CONFIG_RILL_BINARY is not set'
smoke neither

# The library compresses in one way, the tool in the other; what either lacks it says. All programs have a control socket.
configure mixed CONFIG_RILL_LZ4=y CONFIG_RILL_TOOL_ZSTD=y '# CONFIG_RILL_WRITER_THREAD is not set' CONFIG_RILL_PACKET_FORMS=64 \
	CONFIG_RILL_CONTROL_ALWAYS=y
export XDG_RUNTIME_DIR=$scratch/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"
smoke mixed
any mixed
cat >"$scratch/ticks.c" <<'C'
#include <rill/trace.h>
int main(void) { for (int i = 0; i < 5000; i++) RILL_INSTANT("a", "tick"); return 0; }
C
mixed=$RILL_BUILD/mixed
# says WANTED COMMAND...: its output holds that
says()
{
	local wanted=$1 text
	shift
	text=$("$@" 2>&1) || true
	if [[ $text == *"$wanted"* ]]; then ok; else bad "$*: '$text' does not say '$wanted'"; fi
}
if "$CC" -std=gnu11 -Iinclude -o "$mixed/ticks" "$scratch/ticks.c" "$mixed/librill.so" -Wl,-rpath,"$mixed" 2>"$scratch/log"; then
	says 'cannot compress by zstd: it was built without CONFIG_RILL_ZSTD' \
		env RILL_TRACE=1 RILL_FILE="$scratch/z.rill" RILL_OPTIONS=compress=zstd "$mixed/ticks"
	text=$(RILL_TRACE=1 RILL_FILE="$scratch/t.rill" RILL_OPTIONS=compress=lz4 "$mixed/ticks" 2>&1) || true
	if [ -z "$text" ]; then ok; else bad "a program whose trace is whole says: $text"; fi
	says 'events, are compressed by lz4, which this build of rill cannot read: build it with CONFIG_RILL_TOOL_LZ4=y' \
		"$mixed/rill" convert "$scratch/t.rill" -o "$scratch/t.json"
	says 'compressed by lz4: this build of rill cannot read that; build it with CONFIG_RILL_TOOL_LZ4' \
		"$mixed/rill" check "$scratch/t.rill"
	says 'this build of rill was made without CONFIG_RILL_TOOL_LZ4' \
		"$mixed/rill" convert "$scratch/t.rill" -o "$scratch/u.rill" --compress lz4
else
	bad "$(cat "$scratch/log")"
fi
cat >"$scratch/folder.c" <<'C'
#include <rill/trace.h>
#include <stdlib.h>
int main(void) { RILL_INSTANT("a", "tick"); return system("ls \"$XDG_RUNTIME_DIR/rill\" 2>&1"); }
C
if "$CC" -std=gnu11 -Iinclude -o "$mixed/folder" "$scratch/folder.c" "$mixed/librill.so" -Wl,-rpath,"$mixed" 2>"$scratch/log"; then
	says '.sock' "$mixed/folder"
	if [ -z "$(RILL_CONTROL=0 "$mixed/folder")" ]; then ok; else bad "a control socket in spite of RILL_CONTROL=0"; fi
	if [ -z "$(ls "$XDG_RUNTIME_DIR/rill")" ]; then ok; else bad "a control socket stays behind"; fi
else
	bad "$(cat "$scratch/log")"
fi
unset XDG_RUNTIME_DIR

# Each option has two values among what is built here, by static.sh, and for boards (.ci/cross, size_min.sh), so that neither way is written
# in vain. What is off stands in no auto.conf; a number that is not asked for is no second one.
# same_everywhere AUTO.CONF...: what has not
same_everywhere()
{
	awk 'FNR == 1 { file++ }
		file == 1 && $1 == "config" { name = $2; options[name] = 1 }
		file == 1 && $1 == "bool" { bool[name] = 1 }
		file > 1 && /^CONFIG_/ { at = index($0, "="); name = substr($0, 8, at - 8); on[name]++
			if (!((name, substr($0, at)) in seen)) { seen[name, substr($0, at)] = 1; values[name]++ } }
		END { for (name in options)
			if (name in bool ? !on[name] || on[name] == file - 1 : values[name] < 2)
				print "CONFIG_" name " has the same value in every configuration that is built" }' Kconfig "$@"
}
index=0
{ cat port/defconfig/host_defconfig; echo CONFIG_RILL_TEST_POINTS=y; } >"$scratch/points"	# tests/rules.mk builds it beside the rest
for file in "$RILL_BUILD"/{tiny,inverse,packets,neither,mixed}/.config port/defconfig/{host,armhf,arm64,armhf_min}_defconfig \
	tests/static/static.config "$scratch/points"; do
	derive "$file"
	cp "$scratch/auto.conf" "$scratch/built.$((index++))"
done
same=$(same_everywhere "$scratch"/built.*)
if [ -z "$same" ]; then ok; else bad "$same"; fi
# It sees a switch that is always on, one that is always off, and a number that is always the same where it is asked for at all.
mkdir "$scratch/changed"
for change in 's/^CONFIG_RILL_COPIES=.*//' 's/^CONFIG_RILL_COPIES=.*//; $aCONFIG_RILL_COPIES=y' \
	's/^CONFIG_RILL_STATIC_BYTES=.*/CONFIG_RILL_STATIC_BYTES=9/'; do
	for file in "$scratch"/built.*; do sed "$change" "$file" >"$scratch/changed/${file##*/}"; done
	same=$(same_everywhere "$scratch"/changed/built.*)
	name=${change#*^} name=${name%%=*}
	if [[ $same == "$name has"* && $same != *$'\n'* ]]; then ok; else bad "$change: '$same'"; fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
