#!/bin/bash
# SPDX-License-Identifier: MIT
# last_thread.sh - a program whose threads end one by one with pthread_exit(), the first one too, ends although it is traced, with
# exit code 0 and a complete trace; while one of its threads works, it goes on. Where there is only a flight session the consumer rests, and
# the first thread calls it when it ends.
set -euo pipefail
dir=$RILL_BUILD/tests/last_thread
mkdir -p "$dir"
cat > "$dir/main.c" <<'END'
#include <pthread.h>
#include <rill/trace.h>
#include <stdio.h>
#include <unistd.h>
static void *work(void *unused)
{
	(void)unused;
	for (int i = 0; i < 12; i++) {
		RILL_INSTANT("last", "tick", "i", i);
		usleep(100000);
	}
	puts("worked to the end");
	return NULL;
}
static void *work_in_silence(void *unused)
{
	usleep(4500000);
	puts("worked in silence");
	return unused;
}
int main(int argc, char **argv)
{
	pthread_t t;

	(void)argv;
	pthread_create(&t, NULL, argc == 1 ? work : work_in_silence, NULL);
	pthread_detach(t);
	if (argc > 1)
		usleep(4000000);	/* the consumer rests by then */
	pthread_exit(NULL);
}
END
$CC -O2 -Iinclude "$dir/main.c" -o "$dir/main" "$RILL_BUILD/librill.a" $(cat "$RILL_BUILD/librill.libs")
passed=0 failed=0
say() { if [ "$2" = "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$1: '$2' instead of '$3'"; fi; }
rc=0
out=$(RILL_TRACE=last RILL_FILE="$dir/out.json" timeout -s KILL 20 "$dir/main") || rc=$?
say "exit code" $rc 0
say "the worker" "$out" "worked to the end"
say "events in the file" "$(jq '[.[] | select(.cat == "last")] | length' "$dir/out.json")" 12
say "its last event" "$(jq -r '.[-1].name' "$dir/out.json")" rill_summary
if grep -q '^CONFIG_RILL_FLIGHT=y' "$RILL_BUILD/include/config/auto.conf"; then
	rc=0
	out=$(RILL_TRACE=last RILL_OPTIONS=flight_bytes=64k timeout -s KILL 20 "$dir/main" silent) || rc=$?
	say "exit code of the silent one" $rc 0
	say "the silent worker" "$out" "worked in silence"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
