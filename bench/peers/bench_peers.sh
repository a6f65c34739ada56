#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_peers.sh - rill and its peers side by side in one run: measures (measure.sh) and prints the table (table.awk).
#
#     bench/peers/bench_peers.sh [--write]     --write: also into doc/costs.md, between the marks there
#
#     QUICK=1           short runs of a part of it, to see that everything works; their figures mean nothing
#     PEERS_SECONDS=N   how long a rate has to hold, 10 unless told (QUICK: 1)
#     PEERS_ROUNDS=N    how often each case has its turn, 3 unless told (QUICK: 1)
#     PEERS_ONLY=WORDS  of "cost insn size rate"; all unless told
#     PEERS_IN=DIR      where the traces go, build/host/bench/peers unless told
#     PEERS_RESULTS=F   also keeps what was measured, as lines of key=value
#
# What it starts runs in namespaces of its own where the system has them: LTTng's daemon gets a /run and a home nobody else sees, and the
# kernel ends it with everything else in there when this script ends, however that comes about.
# Exit code: 0 measured, 77 there is no peer to compare with, 1 something is wrong (the message says what), 2 wrong usage.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
seconds=${PEERS_SECONDS:-${QUICK:+1}} rounds=${PEERS_ROUNDS:-${QUICK:+1}}
seconds=${seconds:-10} rounds=${rounds:-3} only=${PEERS_ONLY:-cost insn size rate}
page=doc/costs.md

complain() { echo "bench-peers: $1" >&2; exit "${2:-1}"; }
for pair in "PEERS_SECONDS $seconds" "PEERS_ROUNDS $rounds"; do
	[[ ${pair#* } =~ ^[1-9][0-9]{0,3}$ ]] || complain "${pair% *}: a number from 1 to 9999 is wanted, not '${pair#* }'" 2
done
for word in $only; do
	[[ $word =~ ^(cost|insn|size|rate)$ ]] || complain "PEERS_ONLY: cost, insn, size and rate are known, not '$word'" 2
done
case ${1-} in ''|--write) ;; *) complain "there is no option '$1'; --write is one" 2 ;; esac
[ -z "${QUICK:-}" ] || [ -z "${1-}" ] || complain 'QUICK: the figures of short runs are not for the page; leave out --write (WRITE=1)' 2
[ -x "$build/bench/peers/peer_rill" ] || complain "$build/bench/peers/peer_rill is not there: make peer-programs" 2
[ -d "${PEERS_IN:-$build/bench/peers}" ] || complain "PEERS_IN: there is no folder '$PEERS_IN'" 2

work=$(mktemp -d "${PEERS_IN:-$build/bench/peers}/run.XXXXXX")
work=$(cd "$work" && pwd)
inner='' alone=''
# A buffer of the kernel's for trace_marker that is nobody else's.
instance=rill_peers.$$

# It is no process, so it stays until somebody removes it: this run's own ($1) at its end, and those of runs that were killed.
without_instances()
{
	unshare --mount sh -c 'mount -t tracefs peers /mnt || exit
		for left in /mnt/instances/rill_peers.*; do
			[ -d "$left" ] || continue
			[ "${left##*/}" != "$1" ] && [ -d "/proc/${left##*.}" ] || rmdir "$left"
		done' sh "$1" >/dev/null 2>&1 || true
}

# The first process of the namespace takes all others in it along, and is gone only when they are: nobody writes any more then.
finish()
{
	local first
	trap '' INT TERM HUP
	if [ -n "$inner" ]; then
		first=$(cat "/proc/$inner/task/$inner/children" 2>/dev/null || true)
		[ -n "$alone" ] && [ -n "$first" ] || first="$first $inner"
		kill -KILL $first 2>/dev/null || true
		wait "$inner" 2>/dev/null || true
	fi
	[ ! -e "$work/instance" ] || without_instances "$instance"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A user who is not root becomes one inside. pdeathsig: should this script be killed, unshare goes, and all in the namespace with it.
apart=(setpriv --pdeathsig KILL unshare)
[ "$(id -u)" = 0 ] || apart+=(--user --map-root-user)
apart+=(--mount --pid --fork --kill-child --mount-proc)
if "${apart[@]}" sh -c 'mount -t tmpfs peers /run && mount -t tmpfs peers /dev/shm' >"$work/apart" 2>&1; then
	alone=yes
else
	apart=(setpriv --pdeathsig KILL)
fi
: >"$work/results"
without_instances ''
PEERS_QUICK=${QUICK:-} PEERS_ALONE=$alone PEERS_INSTANCE=$instance PEERS_SECONDS=$seconds PEERS_ROUNDS=$rounds PEERS_ONLY=$only \
	"${apart[@]}" bash "$here/measure.sh" "$build" "$work" </dev/null &
inner=$!
wait "$inner" && rc=0 || rc=$?
inner=
[ $rc = 0 ] || complain "the measurement ended with code $rc"
[ -z "${PEERS_RESULTS:-}" ] || cp "$work/results" "$PEERS_RESULTS"

awk -f "$here/table.awk" "$work/results" >"$work/table"
cat "$work/table"
echo "bench-peers: $SECONDS s in all" >&2
if [ "${1-}" = --write ]; then
	awk -v table="$work/table" '/<!-- peers end -->/ { skip = 0 } !skip { print }
		/<!-- peers begin -->/ { print ""; while ((getline line < table) > 0) print line; print ""; skip = 1 }' "$page" >"$work/page"
	cat "$work/page" >"$page"
fi
[ "$(grep -cE '^cost	tracer=(lttng|v8|trace-marker)|^(size|rate|insn)	tracer=(lttng|v8)' "$work/results")" != 0 ] || exit 77
