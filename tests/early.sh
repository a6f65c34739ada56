#!/bin/bash
# SPDX-License-Identifier: MIT
# early.sh - keep-first: a library with CONFIG_RILL_EARLY gives the first session what happened before it. (Any other does not
# link with -DRILL_EARLY: abi.sh.)
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
# Two threads emit across the start of the first session; then a child of a fork leaves a scope that was begun early.
cat > "$dir/across.c" <<'END'
#define RILL_EARLY
#include <rill/trace.h>
#include <rill/session.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static atomic_bool over;
static atomic_ulong emitted;
static void *emit(void *unused)
{
	while (!over) {
		RILL_INSTANT("early", "across");
		emitted++;
		for (volatile int i = 0; i < 40; i++)
			;	/* slow enough that the ring has room at the start */
	}
	return unused;
}
static struct rill_session *start(const char *file)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.file = file;
	o.filter = "early";
	if (rill_session_start(&o, &s) != 0)
		_exit(1);
	return s;
}
static int forked(char **files)
{
	int status = 0;
	pid_t pid;
	{
		RILL_SCOPE("early", "begun before");
		start(files[0]);
		pid = fork();
		if (pid == 0)
			start(files[1]);
	}
	RILL_INSTANT("early", "behind");
	if (pid)
		waitpid(pid, &status, 0);
	return status != 0;
}
int main(int argc, char **argv)
{
	struct rill_stats stats;
	struct rill_session *s;
	pthread_t threads[2];

	if (argc > 2)
		return forked(argv + 1);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, emit, NULL);
	usleep(3000);
	s = start(argv[1]);
	usleep(1000);
	over = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	rill_session_flush(s, 5000);
	rill_session_stats(s, &stats);
	printf("%ld\n", (long)(emitted - stats.delivered - stats.lost_total));
	return 0;
}
END
libs=$(cat "$RILL_BUILD/librill.libs")
$CC -O2 -Iinclude "$dir/early.c" -o "$dir/early" "$dir/lib/librill.a" $libs

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
$CC -O2 -Iinclude "$dir/across.c" -o "$dir/across" "$dir/lib/librill.a" $libs
for round in 1 2 3 4 5 6 7 8; do
	missing=$("$dir/across" "$dir/across.json")
	[ "$missing" = 0 ] && say across ok || say "$missing events from around the start are neither delivered nor counted" no
done
"$dir/across" "$dir/parent.json" "$dir/child.json" && say fork ok || say "a child of a fork fails over its parent's early session" no
[ "$(jq -r '[.[] | select(.cat == "early")] | map(.name) | join(",")' "$dir/child.json")" = "behind" ] &&
	say child ok || say "the child's trace is not its own" no
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
