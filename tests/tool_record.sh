#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_record.sh - `rill record` with real programs: exit codes, signals, messages, files.
set -uo pipefail
. tests/tool_check.bash

build()
{
	"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/$1" -x c - -L"$RILL_BUILD" -lrill \
		-Wl,-rpath,"$RILL_BUILD" -pthread || exit 1
}
build work <<'END'
#include <rill/trace.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static volatile sig_atomic_t signals;
static void count(int number) { (void)number; signals++; }
static void *emit(void *rounds)
{
	for (long i = 0; i < (long)rounds; i++)
		RILL_INSTANT("work.detail", "step", "i", i);
	return NULL;
}
int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pthread_t t;
	RILL_SCOPE("work", "main");
	RILL_INSTANT("disabled-by-default-work", "rare");
	if (!strcmp(what, "alone")) {
		emit((void *)atol(argv[2]));
		return 0;
	}
	pthread_create(&t, NULL, emit, (void *)(argc > 2 ? atol(argv[2]) : 100L));
	pthread_join(t, NULL);
	if (!strcmp(what, "exit"))
		exit(7);
	if (!strcmp(what, "die")) {
		rill_session_flush(NULL, 60000);
		raise(SIGKILL);
	}
	if (!strcmp(what, "wait")) {
		signal(SIGTERM, count);
		write(1, "ready\n", 6);
		for (int i = 0; i < 1200 && !signals; i++)
			usleep(50000);
		usleep(200000);
		return signals;
	}
	return 0;
}
END
build never <<'END'
#include <rill/trace.h>
int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 5)
		RILL_INSTANT("rare.case", "reached");
	return 0;
}
END
echo 'int main(void){return 0;}' | "${CC:-cc}" -o "$scratch/plain" -x c - || exit 1
printf '#!/bin/sh\nexit 5\n' >"$scratch/script"
printf 'neither script nor ELF\n' >"$scratch/garbage"
chmod +x "$scratch/script" "$scratch/garbage"
cd "$scratch" || exit 1

events() { python3 -c 'import json,sys; print(sum(e["ph"] != "M" for e in json.load(open(sys.argv[1]))))' "$1"; }

check 'a recording ends with one line' 0 \
	'^rill: 102 events, 0 lost, 2 threads, t\.json \([0-9.]+ kB\): open https://ui\.perfetto\.dev .*rill report t\.json.$' \
	"$rill" record -o t.json -- ./work
ok 'the line says what is in the file' '[ "$(events t.json)" = 102 ]'
ok 'only one line is said' '[ "$(wc -l <<<"$err")" = 1 ]'
check 'quiet says nothing' 0 '^$' "$rill" record -q -o t.json ./work
check 'the exit code is the program'"'"'s' 7 '101 events' "$rill" record -o t.json -- ./work exit
check 'options behind the program are its own' 0 '102 events' "$rill" record -o t.json ./work -o 100 --strict
check 'a filter' 0 '100 events' "$rill" record -e work.detail -o t.json ./work
check 'filters add up' 0 '101 events' "$rill" record -e work.detail -e 'disabled-by-default-*' -o t.json ./work
check 'an exclusion as a value' 0 ': 2 events' "$rill" record -e -work.detail -o t.json ./work
check 'event names' 0 '100 events' "$rill" record --events 'st*' -o t.json ./work
check 'slices' 0 '101 events|102 events' "$rill" record --slices -o t.json ./work
check 'slices count as they were recorded' 0 ': 102 events, 0 lost.*B, begin and end of each slice counted\)' "$rill" record --slices -o t.json ./work
check 'the report says the same, and what is there' 0 '' "$rill" report t.json
ok 'both' 'grep -q "^t.json: 101 events, 0 lost.*(102 recorded, begin and end of each slice counted)" out'
ok 'in JSON too' '[ "$("$rill" report --json t.json | jq -c "[.events, .recorded]")" = "[101,102]" ]'
ok 'slices are X' 'grep -q "\"ph\":\"X\"" t.json && ! grep -q "\"ph\":\"B\"" t.json'
check 'the default file' 0 'rill\.[0-9]+\.1\.json' "$rill" record ./work
ok 'it is there' 'ls rill.*.1.json >/dev/null && rm rill.*.1.json'
check 'a pattern' 0 'a\.work\.[0-9]+\.json' "$rill" record -o 'a.${name}.${pid}.json' ./work
check 'another directory of the program' 0 't2\.json' "$rill" record -o t2.json sh -c 'cd / && exec "$1"' sh "$scratch/work"
ok 'the file is where it was asked for' '[ -s t2.json ]'
check 'no status file stays behind' 0 '' env TMPDIR="$scratch" "$rill" record -o t.json ./work
ok 'none' '! ls rill-status-* >/dev/null 2>&1'

check 'losses say the size that would have held them' 0 \
	'events lost \([0-9]+ ring full\): .--buffer [0-9]+[kM]?. would have held them' \
	env RILL_OPTIONS=period_ms=1000,wake=poll "$rill" record -b 4k -o t.json ./work alone 20000
size=$(sed -nE "s/.*--buffer ([0-9]+[kM]?)'.*/\1/p" <<<"$err")
check 'and that size does hold them' 0 ' 20002 events, 0 lost' \
	env RILL_OPTIONS=period_ms=1000,wake=poll "$rill" record -b "$size" -o t.json ./work alone 20000
check 'strict' 3 'events lost' env RILL_OPTIONS=period_ms=1000,wake=poll "$rill" record --strict -b 4k -o t.json ./work alone 20000
check 'strict without losses' 7 ' 0 lost' "$rill" record --strict -o t.json ./work exit

check 'a killed program' 137 'ended by signal 9 .*101 events, 0 lost, 2 threads.*ended without closing' \
	"$rill" record --flush-ms 20 -o t.json ./work die
check 'all files of a killed program are counted' 137 \
	'101 events, 0 lost, 2 threads, 4 files, the last r\.work\.4\.json .*ended without closing its trace; counted in the files' \
	env RILL_OPTIONS=rotate_events=30 "$rill" record --flush-ms 20 -o 'r.${name}.${rotation}.json' ./work die
check 'files of a run before are not' 137 '101 events, 0 lost, 2 threads, 2 files, the last r\.work\.2\.json ' \
	env RILL_OPTIONS=rotate_events=60 "$rill" record --flush-ms 20 -o 'r.${name}.${rotation}.json' ./work die
ok 'they are there' '[ -s r.work.3.json ] && [ -s r.work.4.json ]'
check 'several processes' 0 'process [0-9]+: 102 events.*process [0-9]+: 102 events.*204 events, 0 lost, 4 threads of 2 processes' \
	"$rill" record -o 'p.${pid}.json' sh -c './work; ./work; true'
check 'several processes in one file' 0 'same file.*put \$\{pid\} into -o' \
	"$rill" record -o p.json sh -c './work; ./work; true'

"$rill" record -o w.json ./work wait >ready 2>err & pid=$!
for i in $(seq 1200); do [ -s ready ] && break; sleep 0.05; done
kill -TERM "$pid"
wait "$pid"
ok 'a signal to the tool reaches the program once, and the tool stays to report' "[ $? = 1 ] && grep -q ' events' err"

check 'a program without events' 0 'no events: .*/plain has no rill events' "$rill" record -o n.json "$scratch/plain"
check 'a script without events' 5 'no events: .*script of /bin/sh' "$rill" record -o n.json ./script
check 'a filter that matches nothing' 0 "matches none.*did you mean.* work" "$rill" record -e wrok -o n.json ./work
check 'nothing reached' 0 'no events: ./never has [0-9]+ call sites' "$rill" record -o n.json ./never
check 'names that are not there' 0 "none of the names 'nix'" "$rill" record --events nix -o n.json ./work

check 'no program' 2 'PROGRAM' "$rill" record
check 'a program that is not there' 1 'no such file' "$rill" record ./missing
check 'a name that is not in PATH' 1 'no program of this name in PATH' "$rill" record rill-no-such-program
check 'not executable' 1 'not executable' "$rill" record ./t.json
check 'a directory' 1 'is a directory' "$rill" record /tmp
check 'neither ELF nor script' 126 'another processor' "$rill" record -o n.json ./garbage
printf '#!/no/such/interpreter\n' >lost && chmod +x lost
check 'an interpreter that is not there' 127 'interpreter that it names is missing' "$rill" record -o n.json ./lost
check 'no such output directory' 1 'no directory .*/missing \(mkdir' "$rill" record -o missing/t.json ./work
check 'output is a directory' 1 'is a directory' "$rill" record -o "$scratch" ./work
ln -sf t.json link.json
check 'output is a link' 1 'symbolic link' "$rill" record -o link.json ./work
check 'output is stdout' 2 'a file is wanted' "$rill" record -o - ./work
for size in 0 1 511 2G 9223372036854775808 18446744073709551616; do
	check "buffer $size" 2 'out of range: 512 to 1G' "$rill" record --buffer $size ./work
done
for size in '' x 1x -1 ' 1k' 4kk 0x100; do
	check "buffer '$size'" 2 'is no size' "$rill" record "--buffer=$size" ./work
done
check 'unknown option' 2 "unknown option '--bufer': did you mean '--buffer'" "$rill" record --bufer 1M ./work
check 'unknown letter' 2 "unknown option '-z'" "$rill" record -z ./work
check 'no value' 2 "needs a value" "$rill" record -o
check 'bad filter' 2 "bad filter" "$rill" record -e $'a\nb' ./work
check 'bad number' 2 'milliseconds from 1' "$rill" record --flush-ms 0 ./work
if [ "$(id -u)" = 0 ]; then
	cp work suid && chown 65534 suid && chmod u+s suid
	check 'set-uid' 1 'set-uid' "$rill" record ./suid
fi

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
