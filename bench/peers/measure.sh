#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# measure.sh - the measurements of bench_peers.sh, which starts it: cost, instructions, bytes on disk and highest rate of each tracer, as
# lines of key=value, separated by tabs, in WORK/results.
#
#     measure.sh BUILD WORK
set -euo pipefail
build=$1 work=$2
here=$(dirname "$0")
programs=$build/bench/peers
out=$work/out
tab=$'\t'
wrap=()
whole= marker=
declare -A gone=()		# tracers that are not here
if [ -z "$PEERS_QUICK" ]; then
	events=(none int64 text) crowds=(1 2) size_stretches=250 search_steps=4 search_ms=$((PEERS_SECONDS > 10 ? PEERS_SECONDS * 100 : 1000))
else
	events=(int64) crowds=(1) size_stretches=25 search_steps=2 search_ms=300
fi
. "$here/lttng.sh"

say() { echo "bench-peers: $1" >&2; }

# put KIND KEY=VALUE...
put() { local IFS=$tab; echo "$*" >>"$work/results"; }

# gone_for WHY TRACER...
gone_for()
{
	local why=$1 tracer
	shift
	for tracer; do
		[ -n "${gone[$tracer]:-}" ] || { put absent "tracer=$tracer" "why=$why"; say "without $tracer: $why"; }
		gone[$tracer]=yes
	done
}

wants() { [[ " $PEERS_ONLY " == *" $1 "* ]]; }

# ---- one run of one tracer ----

# The program's line is then in WORK/line, without what only a daemon or the trace itself knows; the trace is in $out.
# started TRACER HOW EVENT THREADS A B
started()
{
	local tracer=$1 clock=
	shift
	case $tracer in *-monotonic) clock=monotonic ;; esac
	case $tracer in
	rill-memory-*) RILL_CLOCK=$clock "${wrap[@]}" "$programs/peer_rill" "$@" memory:4096 ;;
	rill-file-*) RILL_CLOCK=$clock "${wrap[@]}" "$programs/peer_rill" "$@" "$out/trace.rill" ;;
	rill-json-*) RILL_CLOCK=$clock "${wrap[@]}" "$programs/peer_rill" "$@" "$out/trace.json" ;;
	lttng-blocking) LTTNG_UST_ALLOW_BLOCKING=1 "${wrap[@]}" "$programs/peer_lttng" "$@" ;;
	lttng-*) "${wrap[@]}" "$programs/peer_lttng" "$@" ;;
	trace-marker) "$programs/peer_marker" "$@" "$marker" ;;
	v8) node --no-warnings --expose-internals --trace-event-categories peers --trace-event-file-pattern "$out/"'${rotation}.json' \
		"$here/v8.js" "$@" ;;
	esac >"$work/line" 2>"$work/err"
}

# run TRACER HOW EVENT THREADS A B: line and lost are set
run()
{
	local tracer=$1 counted
	rm -rf "$out"
	mkdir "$out"
	[[ $tracer != lttng-* ]] || lttng_open "$tracer" "$out" || return 1
	started "$@" || { say "$tracer: $(tail -n 1 "$work/err")"; return 1; }
	lost=
	[[ $tracer != lttng-* ]] || lost=$(lttng_close) || return 1
	line=$(tail -n 1 "$work/line")
	case $tracer in
	rill-*) lost=${line##*lost=} ;;
	v8)
		# It has no books: what is not in the file is lost.
		counted=$({ find "$out" -type f -exec cat {} +; } | { grep -oE '"cat":"peers"' || true; } | wc -l)
		lost=$(($(value emitted) - counted)) ;;
	esac
	[[ $line != *"${tab}event=off$tab"* ]] || lost=0
}

# Of the line.
value() { local rest="$line$tab"; rest=${rest#*"$tab$1="}; echo "${rest%%"$tab"*}"; }

# A tracer that fails is not measured any further; the others are.
try()
{
	[ -z "${gone[$1]:-}" ] || return 1
	run "$@" && return
	gone_for "failed: $(tail -n 1 "$work/err")" "$1"
	! lttng -q destroy peers >/dev/null 2>&1 || true
	return 1
}

# ---- what is measured ----

# cost TRACER EVENT THREADS ROUND
cost()
{
	# So few that a ring holds them all, should the consumer not get a processor meanwhile: losing costs something else.
	local stretches=30
	[ "$1" != v8 ] || stretches=20	# a hundred times slower
	try "$1" cost "$2" "$3" "$stretches" 2000 || return 0
	put "cost${tab}tracer=$1" "round=$4" "${line#*"$tab"}" "books=${lost:-?}"
}

# Of one event without the loop; the warm-up cancels out.
# executed TRACER EVENT: instructions is set
executed()
{
	local turns counts=()
	for turns in 1200 200; do
		wrap=(valgrind --tool=callgrind --callgrind-out-file=/dev/null "--toggle-collect=peer_run_$2")
		try "$1" cost "$2" 1 1 "$turns" || { wrap=(); return 1; }
		wrap=()
		counts+=("$(awk -v what=executed -f "$here/read.awk" "$work/err")")
	done
	instructions=$((${counts[0]} - ${counts[1]}))
}

insn()
{
	local loop event
	# The loop is timed beside itself, so twice as often as an event.
	executed "$1" loop || return 0
	loop=$((instructions / 4000))
	for event in "${events[@]}" off; do
		executed "$1" "$event" || return 0
		put insn "tracer=$1" "event=$event" "insn=$(((instructions + 1000) / 2000 - loop))"
	done
}

counted()
{
	case $1 in
	rill-*) "$build/rill" check "$2" 2>&1 || true ;;
	lttng-*) [ -z "$(command -v babeltrace2)" ] || babeltrace2 "$2" -c sink.utils.counter -p step=+0 2>/dev/null ;;
	esac | awk -v what=counted -f "$here/read.awk"
}

# size TRACER EVENT: half a million events and what a warm-up adds
size()
{
	local file=$out bytes attempt
	# On a busy machine events may get lost, and what tells of them takes bytes, too.
	for attempt in 1 2 3; do
		try "$1" cost "$2" 1 "$size_stretches" 2000 || return 0
		[ "$lost" != 0 ] || break
		say "$1: $lost events were lost in attempt $attempt of 3"
	done
	bytes=$(find "$out" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum }')
	case $1 in rill-file-*) file=$out/trace.rill ;; rill-json-*) file=$out/trace.json ;; esac
	put size "tracer=$1" "event=$2" "emitted=$(value emitted)" "lost=$lost" "bytes=$bytes" "counted=$(counted "$1" "$file")"
}

stolen() { awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { printf "%d", $9 * 1000 / hz }' /proc/stat; }

# Whether nothing is lost and the pace is kept: holds TRACER THREADS EVENTS_PER_SECOND MILLISECONDS, all threads in sum
holds()
{
	local stolen_before
	stolen_before=$(stolen)
	try "$1" rate int64 "$2" $(($3 / $2)) "$4" || return 1
	steal=$(($(stolen) - stolen_before))
	[ "$lost" = 0 ] && [ "$(value reached)" -ge $(($3 / 100 * 99)) ]
}

# Between what it takes flat out, where nothing is paced, and a sixteenth of that, halving what is left of it on a scale of powers.
# searched TRACER THREADS: found is set
searched()
{
	local high low middle step
	try "$1" rate int64 "$2" 0 "$search_ms" || return 1
	high=$(value reached)
	low=$((high / 16))
	found=$low
	for ((step = 1; step <= search_steps; step++)); do
		middle=$(awk -v low="$low" -v high="$high" 'BEGIN { printf "%d", sqrt(low * high) }')
		if holds "$1" "$2" "$middle" "$search_ms" || holds "$1" "$2" "$middle" "$search_ms"; then
			low=$middle found=$middle
		else
			high=$middle
		fi
	done
}

# Each in turn holds its rate for the whole time, more after a success, less after a failure; the best of the rounds counts, and who
# has none by then goes on until it has, or until it is plain that others keep this machine busy.
# rates PLACE THREADS ROUNDS TRACER...
rates()
{
	local place=$1 threads=$2 rounds=$3 tracer round missing milliseconds=$((PEERS_SECONDS * 1000))
	local -A rate=() best=()
	shift 3
	for tracer; do
		[ -z "${gone[$tracer]:-}" ] || continue
		say "highest lossless rate of $tracer, $threads thread(s), $place: searching"
		! searched "$tracer" "$threads" || rate[$tracer]=$found
	done
	for ((round = 1; round <= rounds + 4; round++)); do
		missing=
		for tracer; do
			[ -n "${rate[$tracer]:-}" ] || continue
			[ "$round" -le "$rounds" ] || [ -z "${best[$tracer]:-}" ] || continue
			say "$tracer, $place: ${rate[$tracer]} events/s for $PEERS_SECONDS s"
			if holds "$tracer" "$threads" "${rate[$tracer]}" "$milliseconds"; then
				put "rate${tab}tracer=$tracer" "place=$place" "round=$round" "${line#*"$tab"}" "steal_ms=$steal" held=yes
				best[$tracer]=${rate[$tracer]}
				rate[$tracer]=$((${rate[$tracer]} / 20 * 21))
			else
				[ -n "${gone[$tracer]:-}" ] ||
					put "rate${tab}tracer=$tracer" "place=$place" "round=$round" "${line#*"$tab"}" "steal_ms=$steal" held=no
				rate[$tracer]=$((${rate[$tracer]} / 4 * 3))
			fi
			[ -n "${best[$tracer]:-}${gone[$tracer]:-}" ] || missing=yes
		done
		[ "$round" -lt "$rounds" ] || [ -n "$missing" ] || break
	done
}

# ---- who is here, and what they are asked to do ----

rill_modes='rill-memory-monotonic rill-memory-counter rill-file-monotonic rill-file-counter rill-json-monotonic rill-json-counter'
lttng_modes='lttng-snapshot lttng-discard lttng-blocking'

# An instance of the kernel's tracing has a buffer that nobody else writes to; bench_peers.sh removes it. Where none can be had, but the
# system's own trace_marker can be written to, it is that; else the reason is in WORK/marker.
marker_up()
{
	local folder=/mnt/instances/$PEERS_INSTANCE
	if [ -n "$PEERS_ALONE" ] && mount -t tracefs peers /mnt 2>"$work/marker"; then
		: >"$work/instance"
		mkdir "$folder" && echo 4096 >"$folder/buffer_size_kb" && marker=$folder/trace_marker
	elif { : >>/sys/kernel/tracing/trace_marker; } 2>>"$work/marker"; then
		marker=/sys/kernel/tracing/trace_marker
	fi
	[ -n "$marker" ]
}

version() { dpkg-query -W -f='${Package} ${Version}' "$1" 2>/dev/null || true; }

asked()
{
	local mode
	put asked tracer=rill "text=$("$build/rill" version); buffer_bytes=4M, prefault, else the library's defaults; \
memory: the last 4 MiB (memory:4096); file: packets of 4 KiB; \
write(2) without sync, by threads at nice 10"
	for mode in $lttng_modes; do
		[ -n "${gone[$mode]:-}" ] || put asked "tracer=$mode" "text=$(lttng_asked "$mode")"
	done
	[ -n "${gone[lttng-discard]:-}" ] || put asked tracer=lttng "text=$(version lttng-tools), $(version liblttng-ust1); \
clock: CLOCK_MONOTONIC; its consumer, at nice 0, asks the kernel to write what it has written to disk (sync_file_range) before it goes on"
	[ -n "${gone[v8]:-}" ] || put asked tracer=v8 "text=node $(node --version): internalBinding('trace_events').trace() from JavaScript, \
--trace-event-categories peers, one worker for each thread, not pinned; clock: CLOCK_MONOTONIC, and the thread's CPU time"
	[ -n "${gone[trace-marker]:-}" ] || put asked tracer=trace-marker "text=$([ ! -e "$work/instance" ] ||
		echo 'an instance of its own with 4 MiB for each processor; ')vsnprintf() and write(2) into trace_marker; \
clock: the kernel's '$(sed -n 's/.*\[\(.*\)\].*/\1/p' "${marker%/*}/trace_clock")'"
}

find_peers()
{
	local why=
	why=$(lttng_missing)
	[ -n "$why" ] || lttng_up || why="its daemon did not start: $(head -n 1 "$work/sessiond")"
	[ -z "$why" ] || gone_for "$why" $lttng_modes
	command -v node >/dev/null || gone_for 'not installed: apt-get install nodejs' v8
	marker_up || gone_for "no tracefs that this user can write to: $(head -n 1 "$work/marker")" trace-marker
	command -v valgrind >/dev/null || put absent tracer=callgrind 'why=not installed: apt-get install valgrind'
}

machine()
{
	local model
	model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
	put said "what=machine" "text=${model:-$(uname -m)}, $(nproc) processor(s), Linux $(uname -r) $(uname -m)"
	put said "what=compiler" "text=$(${CC:-cc} --version | head -n 1)"
	put said "what=clock" "text=rill's own ('counter'): $("$build/rill" doctor 2>/dev/null | sed -n 's/^clock  *//p'); peers: the kernel's"
	put said "what=file system" "text=$(stat -f -c %T "$work") for traces on disk; memory is a tmpfs, where there is nothing to sync"
	put said "what=load before" "text=$(cut -d' ' -f1-3 /proc/loadavg)"
}

# The comparison that a bar is about has all rounds, the others one each.
all_rates()
{
	rates disk 1 "$PEERS_ROUNDS" lttng-blocking rill-file-monotonic rill-file-counter
	[ -z "$PEERS_QUICK" ] || return 0
	rates disk 1 1 lttng-discard v8 rill-json-monotonic rill-json-counter
	rates disk 2 1 lttng-blocking rill-file-monotonic rill-file-counter
	[ -n "$PEERS_ALONE" ] || return 0
	out=/dev/shm/out
	rates memory 1 1 lttng-blocking rill-file-monotonic rill-file-counter
}

measure()
{
	local round event threads tracer
	local -a all=($lttng_modes $rill_modes v8 trace-marker)

	for ((round = 1; round <= PEERS_ROUNDS; round++)); do
		wants cost || break
		for threads in "${crowds[@]}"; do
			for event in "${events[@]}"; do
				say "cost of $event, $threads thread(s), round $round of $PEERS_ROUNDS"
				for tracer in "${all[@]}"; do cost "$tracer" "$event" "$threads" "$round"; done
			done
			for tracer in lttng-discard rill-file-counter v8 trace-marker; do cost "$tracer" off "$threads" "$round"; done
		done
	done
	if wants insn && [ -n "$(command -v valgrind)" ]; then
		say 'instructions'
		for tracer in lttng-discard rill-file-monotonic rill-file-counter; do insn "$tracer"; done
	fi
	if wants size; then
		for event in "${events[@]}"; do
			say "bytes on disk of $event"
			for tracer in lttng-discard rill-file-counter v8 rill-json-counter; do size "$tracer" "$event"; done
		done
	fi
	whole=yes
	wants rate || return 0
	whole=
	all_rates
	whole=yes
}

machine
find_peers
asked
measure
# An error that bash finds while it expands ends a function without a word.
[ -n "$whole" ] || { say 'a measurement broke off; what bash said stands above'; exit 1; }
put said "what=load after" "text=$(cut -d' ' -f1-3 /proc/loadavg)"
