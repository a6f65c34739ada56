#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report.sh - runs the benchmarks, subject by subject, and writes their tables and plots into the documentation: `make bench-report`.
#
#     ONLY='threads latency'   these subjects alone (others stay as they were measured last)
#     DRAW=1                   measures nothing: tables and plots of what was measured last
#     QUICK=1                  short runs, to see that everything works; their figures mean nothing, so that they go into a copy of the page
#     DOC=FOLDER               where costs.md and plots/ are; doc unless told, with QUICK bench/quick in the build folder
#     RESULTS=FOLDER           where what a subject printed stays, SUBJECT.txt; bench/report in the build folder unless told, with QUICK
#                              bench/quick
#     PEERS=FILE               what `make bench-peers` kept; bench/peers/results in the build folder unless told
#
# A subject's table stands in costs.md between the marks `<!-- bench SUBJECT begin -->` and `<!-- bench SUBJECT end -->`; between those of
# `bars` stands what all that was measured in this build folder says of the bars (bars.awk).
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
. bench/plots.sh
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
programs=$build/bench
if [ -n "${QUICK:-}" ]; then
	quick=--quick results=${RESULTS:-$programs/quick} doc=${DOC:-$programs/quick}
else
	quick='' results=${RESULTS:-$programs/report} doc=${DOC:-doc}
fi
peers=${PEERS:-$programs/peers/results}
subjects='disabled emit instructions strings rings threads flight signals work wake latency sinks load rate consumer merge packet json growth sizes convert'
mkdir -p "$results" "$doc/plots"
[ -n "${DOC:-}" ] || [ "$doc" = doc ] || cp doc/costs.md "$doc/costs.md"
scratch=$(mktemp -d "$build/bench/report.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# ---- measuring -------------------------------------------------------------------------------------

with_options() { "$programs/$1" $quick --dir "$scratch" "${@:2}"; }

# For programs that do not say by themselves what they were measured on.
machine_lines() { "$programs/bench_emit" --quick --no-insn | grep '^#'; }

# Why a subject cannot be measured here; nothing if it can.
missing()
{
	case $1 in
	instructions) [ -n "$(command -v valgrind)" ] || echo 'valgrind is missing: make deps' ;;
	convert) [ -x "$build/rill" ] || echo 'the configuration has no tool' ;;
	consumer|flight|json|merge|packet) [ -x "$programs/bench_$1" ] || echo "bench_$1 is not there" ;;
	esac
}

measure()
{
	local kib one first=1

	case $1 in
	instructions)
		machine_lines
		bench/callgrind.sh "$programs/bench_disabled" ${QUICK:+disabled_0}
		bench/callgrind.sh "$programs/bench_emit" ${QUICK:+emit_1}
		bench/callgrind.sh "$programs/bench_strings" two_ints_text_16 ;;
	rings)
		for kib in 16 64 256 1024 4096 16384; do
			with_options bench_emit --no-insn --ring-kib $kib --seconds 3 |
				{ [ $first = 1 ] && cat || grep -v '^#'; } | sed "s/^bench .*/& kib=$kib/"
			first=0
		done ;;
	sizes)
		machine_lines
		"$programs/bench_size" "$scratch/size.rill" ${QUICK:+plain} ;;
	consumer)
		machine_lines
		"$programs/bench_consumer" "$scratch/consumer.out" ;;
	json|merge|packet)
		machine_lines
		if [ -n "$quick" ]; then
			for one in 0 1 2; do "$programs/bench_$1" $one; done
		else
			"$programs/bench_$1"
		fi ;;
	convert)
		machine_lines
		RILL_BUILD=$build BENCH_EVENTS=$([ -n "${QUICK:-}" ] && echo 20000 || echo 3000000) TMPDIR=$scratch bash bench/bench_convert.sh ;;
	*) with_options "bench_$1" ;;
	esac
}

# ---- tables ----------------------------------------------------------------------------------------

# lines SUBJECT CASES: what it printed for these cases (a regular expression)
lines() { grep -E "^bench case=($2) " "$results/$1.txt" || true; }

# table COLUMNS: lines on standard input become rows. A column is KEY|HEADING or KEY|HEADING|FORM; forms are M (millions), k
# (thousands), KiB (of bytes), us (of ns) and p (percent of the share).
table()
{
	awk -v columns="$1" '
	function shown(value, form) {
		if (value == "" || value == "-") return "-"
		if (form == "M") return sprintf("%.4g", value / 1e6)
		if (form == "k") return sprintf("%g", value / 1e3)
		if (form == "KiB") return sprintf("%g", value / 1024)
		if (form == "us") return sprintf("%.1f", value / 1e3)
		gsub(/_/, " ", value)
		return value
	}
	BEGIN {
		n = split(columns, column, ";")
		for (i = 1; i <= n; i++) {
			split(column[i], part, "|")
			key[i] = part[1]; form[i] = part[3]
			head = head "| " part[2] " "; rule = rule "|---"
		}
		print head "|"; print rule "|"
	}
	{
		split("", v)
		for (f = 1; f <= NF; f++) { at = index($f, "="); if (at) v[substr($f, 1, at - 1)] = substr($f, at + 1) }
		row = ""
		for (i = 1; i <= n; i++) row = row "| " shown(v[key[i]], form[i]) " "
		print row "|"
	}'
}

common_ns='ns_min|ns, least;ns_med|ns, median'
common="case|;$common_ns"

tables()
{
	local s=$1

	case $s in
	disabled) lines $s '.*' | table "$common;added_ns|added to the loop;insn|instructions;ratio|to the test of a byte" ;;
	emit) lines $s '.*' | table "$common;insn|instructions;floor_ns|floor, ns;ratio|to the floor;bytes|bytes in the ring" ;;
	instructions) lines $s '.*' | table 'case|;insn|callgrind;steps|single steps' ;;
	strings) lines $s '.*' | table "$common;insn|instructions;floor_ns|floor, ns;ratio|to the floor" ;;
	rings) lines $s 'emit_1|clock_16' | table "kib|ring, KiB;$common;ratio|to the floor" ;;
	threads) lines $s '.*' | table 'case|;threads|threads;ns_min|ns, least;ns_med|ns, median;against_one|median to one thread;least_against_one|least to one thread;ratio|to the floor' ;;
	flight) lines $s 'once.*|both.*' | table "$common;insn|instructions;floor_ns|clock and both stores, ns;ratio|to that" ;;
	signals) lines $s '.*' | table "$common;ratio|to level 0" ;;
	work) lines $s '.*' | table "$common;added_ns|added, ns;insn|instructions;ratio|to work and floor" ;;
	wake) lines $s '.*' | table "$common;floor_ns|floor, ns;ratio|to the floor" ;;
	latency)
		lines $s '.*' | table 'case|;ns_med|median, ns;p90|90 %;p99|99 %;p999|99.9 %;p9999|99.99 %;p99999|99.999 %;p999_over_median|99.9 % to median;max|longest, us|us;worst|what it was;preemptions|preemptions;steal_ms|steal, ms;lost|lost'
		echo
		echo 'The slowest of each, in microseconds:'
		echo
		sed -n 's/^slowest //p' "$results/$s.txt" | table 'case|;place|place;ns|us|us;what|what it was' ;;
	sinks) lines $s '.*' | table "$common;floor_ns|floor, ns;ratio|to the floor;bytes|bytes of an event;lost|lost" ;;
	load) lines $s '.*' | table 'case|;rate|M events/s wanted|M;offered_per_s|offered|M;delivered_per_s|delivered|M;lost_percent|lost, %;consumer_percent|consumer, % of a core;ns_min|ns of an event;pass_ms|longest pass, ms;write_ms|longest write, ms' ;;
	rate)
		lines $s '.*' | table 'case|;threads|producers;rate|M events/s|M;lost|lost;delivered|delivered, M|M;bytes|bytes of an event;ns_min|ns of an event;floor_ns|write(2) alone, ns;consumer_percent|consumer, % of a core;preemptions|preemptions;late_ms|woke late, ms;steal_ms|steal, ms;pass_ms|longest pass, ms;write_ms|longest write, ms'
		echo
		echo 'All long trials:'
		echo
		sed -n 's/^attempt //p' "$results/$s.txt" | table 'case|;number|trial;rate|M events/s|M;lossless|lossless;lost|lost;took_s|s;preemptions|preemptions;late_ms|woke late, ms;steal_ms|steal, ms;pass_ms|longest pass, ms;write_ms|longest write, ms' ;;
	consumer)
		lines $s 'start_.*|stop_.*' | table 'case|;first_ms|the first, median of 21 processes, ms;first_least_ms|least, ms;ms_min|least, ms;ms_med|median, ms'
		echo
		lines $s 'idle_.*' | table 'case|;wake_ups_per_s|wake-ups a second;cpu_percent|% of a core'
		echo
		lines $s 'rate_.*' | table 'case|;events_per_s|events/s;consumer_cpu_percent|% of a core;lost|lost' ;;
	json|merge|packet)
		lines $s '.*' | table "shape|event;rings|rings;burst|in runs of;$common_ns;million_per_s|M events/s;floor_ns|floor, ns;ratio|to the floor;bytes|bytes of an event;lost|lost" ;;
	growth)
		lines $s growth_threads | table 'threads|threads;ns_min|ns, least;ns_med|ns, median;drain_ns|to merge, encode, write, ns;resident_kib|in memory, KiB;lost|lost'
		echo
		lines $s growth_events | table 'events|events;ns_med|ns, emitted and drained;cpu_ns|processor time, ns;bytes|bytes of an event;resident_kib|in memory, KiB;most_kib|at most, KiB;lost|lost' ;;
	sizes) lines $s '.*' | table 'case|;packet_bytes|packet, bytes;compress|compressed;bytes|bytes of an event;ns_min|processor time, ns;floor_ns|floor, ns;ratio|to the floor;lost|lost' ;;
	convert) lines $s '.*' | table "$common;floor_ns|floor, ns;ratio|to the floor;events_per_s|M events/s|M;bytes|bytes of an event;resident_kib|in memory, KiB" ;;
	esac
}

# The machine's lines as a sentence.
machine()
{
	awk '/^# / { for (i = 2; i <= NF; i++) { at = index($i, "="); if (at) v[substr($i, 1, at - 1)] = substr($i, at + 1) } }
		END {
			gsub(/_/, " ", v["processor"]); split(v["load"], load, "_")
			printf "%s, %s processors, %s MHz; %s; %s; clock %s, %s ns a read; load %s; %s.\n", v["processor"], v["processors"],
				v["mhz"], v["system"], v["compiler"], v["clock"], v["read_ns"], load[1], v["date"]
		}' "$results/$1.txt"
}

# put SUBJECT FILE: in between the marks of the subject
put()
{
	grep -q "<!-- bench $1 begin -->" "$doc/costs.md" || { echo "report.sh: $doc/costs.md has no marks for $1" >&2; exit 1; }
	awk -v subject="$1" -v file="$2" '
		$0 == "<!-- bench " subject " end -->" { skip = 0 }
		!skip
		$0 == "<!-- bench " subject " begin -->" { print ""; while ((getline line < file) > 0) print line; print ""; skip = 1 }' \
		"$doc/costs.md" >"$scratch/costs.md"
	cat "$scratch/costs.md" >"$doc/costs.md"
}

# ---- all of it -------------------------------------------------------------------------------------

have_gnuplot=$(command -v gnuplot || true)
[ -n "$have_gnuplot" ] || echo "bench-report: gnuplot is missing (make deps): tables alone, the plots stay as they are" >&2
for subject in ${ONLY:=$subjects}; do
	case " $subjects " in
	*" $subject "*) ;;
	*) echo "bench-report: ONLY=$subject: there is no such subject; there are: $subjects" >&2; exit 2 ;;
	esac
done
number=0 started=$SECONDS
for subject in $ONLY; do
	number=$((number + 1)) start=$SECONDS
	if [ -z "${DRAW:-}" ]; then
		printf 'bench-report: %s (%d of %d) ... ' "$subject" $number "$(wc -w <<<"$ONLY")"
		why=$(missing "$subject")
		if [ -n "$why" ]; then
			echo "left out: $why"
			continue
		fi
		{ measure "$subject"; echo "# date=$(date +%F)"; } >"$scratch/$subject.txt"
		mv "$scratch/$subject.txt" "$results/$subject.txt"
		echo "$((SECONDS - start)) s"
	elif [ ! -e "$results/$subject.txt" ]; then
		echo "bench-report: $subject was not measured yet in $build: make bench-report ONLY=$subject" >&2
		continue
	fi
	{ tables "$subject"; echo; machine "$subject"; } >"$scratch/section"
	if [ -n "$have_gnuplot" ]; then
		if [ "$(type -t "plots_$subject")" = function ]; then
			{ echo; "plots_$subject"; } >>"$scratch/section"
		fi
	else
		sed -n "/^<!-- bench $subject begin -->/,/^<!-- bench $subject end -->/s/^!\[.*/\n&/p" "$doc/costs.md" >>"$scratch/section"
	fi
	sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$scratch/section"
	put "$subject" "$scratch/section"
done
# Only what lies in this build folder: what was measured elsewhere has no say in what is met here.
mapfile -t kept < <(find "$results" -name '*.txt' | sort)
[ ! -e "$peers" ] || kept+=("$peers")
awk -f bench/bars.awk "${kept[@]}" </dev/null >"$scratch/section"
put bars "$scratch/section"
echo "bench-report: $doc/costs.md, $doc/plots; $((SECONDS - started)) s in all"
