#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# peers.sh - what `make bench-peers` reads and reckons, on recorded output of the real tools (golden/peers), and that nothing it started is
# left behind when it is interrupted; never how fast anything was.
set -euo pipefail
. tests/count.bash
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
programs=$build/bench/peers
golden=tests/golden/peers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tab=$'\t'

# ---- what other tools print ----

# reads WHAT FILE WANTED
reads()
{
	local number
	number=$(awk -v what="$1" -f bench/peers/read.awk "$2")
	if [ "$number" = "$3" ]; then ok; else bad "$1 of $2: '$number' instead of '$3'"; fi
}
reads lost "$golden/lttng_list" 117998
reads executed "$golden/callgrind" 129603
reads counted "$golden/babeltrace2_counter" 2002
reads counted "$golden/rill_check" 12000
reads counted "$golden/rill_check_json" 8000
# Of a text that has no such number nothing comes, not 0: a loss would be hidden.
reads lost "$golden/callgrind" ''
reads executed "$golden/lttng_list" ''
reads counted /dev/null ''
{ cat "$golden/lttng_list"; echo '      Discarded events: 2'; } >"$scratch/two_channels"
reads lost "$scratch/two_channels" 118000

# ---- the table ----

# has FILE LINE: is a line of it
has() { if [ "$(grep -cxF -- "$2" "$1")" = 1 ]; then ok; else bad_in "not once: '$2'" "$1"; fi; }

awk -f bench/peers/table.awk "$golden/results" >"$scratch/table"
while IFS= read -r line; do has "$scratch/table" "$line"; done <"$golden/rows"
# Where the reader of a trace finds another number of events than there should be, the row says so; the highest rate that held counts.
{
	cat "$golden/results"
	grep -F "size${tab}tracer=lttng-discard${tab}event=int64${tab}" "$golden/results" | sed 's/counted=.*/counted=7/'
	grep "^rate${tab}tracer=lttng-discard${tab}.*round=2${tab}" "$golden/results" | sed 's/held=no/held=yes/'
} >"$scratch/results"
awk -f bench/peers/table.awk "$scratch/results" >"$scratch/changed"
has "$scratch/changed" '| LTTng-UST, discard | bytes on disk | one int64 | 5.05 | the same | 14.01 (a reader found 7 events) | - | 0.36 |'
has "$scratch/changed" '| LTTng-UST, discard | M events/s, disk, 1 thread | one int64 | 2.07 (preempted 2909, stolen 0 ms) | none held | '\
'2.86 (preempted 1625, stolen 20 ms) | - | 0.72 |'
# Each row is a comparison with as many columns as the head says.
if [ "$(awk -F'|' '/^\| compared with/ { columns = NF } columns && /^\|/ && NF != columns' "$scratch/table")" = '' ]
then ok; else bad_in 'rows of different lengths' "$scratch/table"; fi

# ---- the programs ----

# start EXIT_CODE COMMAND...
start()
{
	local wanted=$1 rc=0
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null || rc=$?
	if [ $rc = "$wanted" ]; then ok; else bad_in "$*: exit code $rc instead of $wanted" "$scratch/err"; fi
}

matches() { if [ "$(grep -cE -- "$2" "$1")" != 0 ]; then ok; else bad_in "no line '$2'" "$1"; fi; }

number='[0-9]+\.[0-9]+'
for event in none int64 text; do
	start 0 "$programs/peer_rill" cost "$event" 2 3 100 "$scratch/t.rill"
	line="^cost event=$event threads=2 ns_min=$number ns_med=$number preempted=[0-9]+ emitted=800 delivered=800 lost=0\$"
	matches "$scratch/out" "${line// /$tab}"
	start 0 "$build/rill" check "$scratch/t.rill"
	matches "$scratch/out" ', 800 events,'
done
start 0 "$programs/peer_rill" cost off 1 3 100 "$scratch/t.rill"
matches "$scratch/out" "${tab}emitted=400${tab}delivered=0${tab}lost=0\$"
start 0 "$programs/peer_rill" rate int64 2 1000 50 "$scratch/t.json"
# A machine that is busy elsewhere does not reach the rate, so no number of events is right but that nothing is missing.
line="^rate event=int64 threads=2 offered=2000 reached=[0-9]+ seconds=$number preempted=[0-9]+ emitted=([0-9]+) delivered=\\1 lost=0\$"
matches "$scratch/out" "${line// /$tab}"
# A file takes what a trace_marker is given.
: >"$scratch/marker"
start 0 "$programs/peer_marker" cost text 1 1 2 "$scratch/marker"
wanted=begin
for i in 0 1 2 3; do wanted+="text i=$i j=$((-i)) text=sixteen bytes 16"; done
if [ "$(cat "$scratch/marker")" = "$wanted" ]; then ok; else bad_in 'peer_marker wrote' "$scratch/marker"; fi
start 1 "$programs/peer_marker" cost text 1 1 2 "$scratch/nowhere/trace_marker"
matches "$scratch/err" 'nowhere/trace_marker: No such file'
start 1 "$programs/peer_rill" cost none 1 1 1 "$scratch/nowhere/t.rill"
matches "$scratch/err" '^peer_rill: .*nowhere'
start 1 "$programs/peer_rill" cost none 1 1 1
matches "$scratch/err" 'OUTLET'
for wrong in '' 'cost none' 'fast none 1 1 1' 'cost nothing 1 1 1' 'cost none 0 1 1' 'cost none 1 1x 1' 'cost none 17 1 1' \
		'rate none 1 -1 5'; do
	start 2 "$programs/peer_rill" $wrong
done

# ---- the whole, without peers and with wrong wishes ----

bench=bench/peers/bench_peers.sh
mkdir "$scratch/bin" "$scratch/traces"
for tool in awk bash cat chmod cp cut date dirname env find gcc getconf grep head id ln mkdir mktemp mount nproc rm rmdir sed \
		setpriv sh sleep sort stat tail tr uname unshare wc; do
	path=$(command -v "$tool") && ln -s "$path" "$scratch/bin/$tool"
done
start 77 env "PATH=$scratch/bin" "PEERS_IN=$scratch/traces" PEERS_ONLY=insn "$bench"
matches "$scratch/out" '^\| LTTng-UST, blocking \| .* not measured: not installed: apt-get install lttng-tools liblttng-ust-dev'
matches "$scratch/out" "^\\| V8's own, by Node \\| .* not measured: not installed: apt-get install nodejs"
matches "$scratch/err" '^bench-peers: without v8: not installed: apt-get install nodejs'
matches "$scratch/out" '^\| instructions \| not measured: not installed: apt-get install valgrind'
start 2 "$bench" --fast
start 2 env PEERS_SECONDS=0 "$bench"
start 2 env PEERS_ROUNDS=many "$bench"
start 2 env PEERS_ONLY=speed "$bench"
start 2 env "PEERS_IN=$scratch/nowhere" "$bench"
matches "$scratch/err" 'nowhere'
start 2 env QUICK=1 "$bench" --write
matches "$scratch/err" 'QUICK: .* leave out --write'
if [ -z "$(ls "$scratch/traces")" ]; then ok; else bad 'traces are left'; fi

# ---- interrupted ----

# Processes that know the folder of the traces: as LTTng's home, or at all.
with() { grep -lzs "^$1=$scratch/traces" /proc/[0-9]*/environ || true; }

# until_so WHAT COMMAND...: looks for a minute
until_so()
{
	local tries what=$1
	shift
	for ((tries = 0; tries < 600; tries++)); do
		! "$@" || { ok; return; }
		sleep 0.1
	done
	bad_in "not within a minute: $what" "$scratch/interrupted"
}
daemon_runs() { [ -n "$(with LTTNG_HOME)" ] && [ -n "$(ls "$scratch"/traces/*/out 2>/dev/null)" ]; }
all_gone() { [ -z "$(with PEERS_IN)" ]; }

# What this run's processes would leave there would be nobody's: they have a /run and a /dev/shm that go with them.
own_folders()
{
	local pid folder
	pid=$(with LTTNG_HOME | head -n 1) pid=${pid#/proc/} pid=${pid%/environ}
	for folder in /run /dev/shm; do
		[ "$(stat -c %d "/proc/$pid/root$folder" 2>/dev/null)" != "$(stat -c %d "$folder")" ] || return 1
	done
}
ended() { ! kill -0 "$job" 2>/dev/null; }

# interrupted SIGNAL EXIT_CODE: as from a terminal, that is to the whole group. The signals have their usual meaning there, whatever this
# script was started by: in the background of a shell SIGINT would be ignored, and whom it is ignored for cannot catch it.
interrupted()
{
	local job rc=0
	set -m
	PEERS_IN=$scratch/traces PEERS_ONLY=rate env --default-signal "$bench" >"$scratch/interrupted" 2>&1 </dev/null &
	job=$!
	set +m
	until_so "the daemon runs" daemon_runs
	if own_folders; then ok; else bad_in "before $1: the daemon shares /run or /dev/shm with others" "$scratch/interrupted"; fi
	if [ "$1" = KILL ]; then kill -KILL "$job"; else kill "-$1" -- "-$job"; fi
	until_so "after $1 it ends" ended
	ended || kill -KILL "$job"
	wait "$job" 2>/dev/null || rc=$?
	if [ $rc = "$2" ]; then ok; else bad_in "after $1: exit code $rc instead of $2" "$scratch/interrupted"; fi
	until_so "after $1 the daemon is gone" all_gone
	# Nobody is there to tidy up after a kill.
	if [ "$1" = KILL ] || [ -z "$(ls "$scratch/traces")" ]; then ok; else bad "after $1 traces are left"; fi
	rm -rf "$scratch"/traces/*
}

apart=(unshare --mount --pid --fork --kill-child --mount-proc)
[ "$(id -u)" = 0 ] || apart=(unshare --user --map-root-user "${apart[@]:1}")
if ! command -v lttng-sessiond >/dev/null || [ ! -x "$programs/peer_lttng" ]; then
	skipped=$((skipped + 1))
	echo 'SKIP interrupted: LTTng is not installed: .ci/deps peers'
elif ! "${apart[@]}" sh -c 'mount -t tmpfs peers /run' 2>/dev/null; then
	skipped=$((skipped + 1))
	echo 'SKIP interrupted: no namespaces of its own'
else
	interrupted KILL 137
	interrupted INT 130	# which also tidies up what the killed one left in the kernel
	interrupted TERM 143
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
