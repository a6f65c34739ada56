#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_short.sh - the benchmark programs run, say what they measured in lines that a script can read, and close their books; and the
# report makes tables and plots of such lines. Never how fast anything was.
set -euo pipefail
. tests/count.bash
export LC_ALL=C
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# run EXIT_CODE PROGRAM ARGUMENTS...: output in $scratch/out and $scratch/err
run()
{
	local expected=$1 rc=0
	shift
	(cd "$scratch" && exec "$build/bench/$@") >"$scratch/out" 2>"$scratch/err" </dev/null || rc=$?
	if [ $rc = "$expected" ]; then ok; else bad_in "$*: exit code $rc instead of $expected" "$scratch/err"; fi
}

# has WHAT EXPRESSION: a line of the output matches
has() { if [ "$(grep -cE -- "$2" "$scratch/out")" != 0 ]; then ok; else bad_in "$1: no line '$2'" "$scratch/out"; fi; }

number='-?[0-9]+\.[0-9]+'
line="^bench case=[a-z0-9_]+ args=[0-9]+ threads=[0-9]+ ns_min=$number ns_med=$number insn=(-|$number) floor_ns=$number ratio=$number"
line="$line lost=[0-9]+ bytes=$number( [a-z0-9_]+=[^ ]+)*\$"

# program NAME CASE...: a short run has these cases, no line is half a line, and every line of books closes.
program()
{
	local name=$1 case
	shift
	run 0 "$name" --quick --dir "$scratch"
	cp "$scratch/out" "$scratch/$name"
	if [ "$(grep -cvE "^(# |(slowest|quantile|attempt) case=|books |faults=)|$line" "$scratch/out")" = 0 ]; then
		ok
	else
		bad_in "$name: lines that nothing can read" "$scratch/out"
	fi
	has "$name" '^# .* processor=[^ ]+ .* mhz=[^ ]+ '
	has "$name" '^# compiler=[^ ]+ clock=[^ ]+ .* load=[^ ]+ '
	for case in "$@"; do has "$name" "^bench case=$case "; done
	if awk '/^books closed=/ { seen++; if ($2 != "closed=1") wrong++ }
		/^books emitted=/ { seen++; split($2, e, "="); split($3, d, "="); split($4, l, "="); wrong += e[2] != d[2] + l[2] }
		END { exit !seen || wrong }' "$scratch/out"; then ok; else bad_in "$name: the books do not close" "$scratch/out"; fi
}

# emitted PROGRAM LEAST: the books of its last run speak of so many events
emitted()
{
	if awk -v least="$2" '/^books emitted=/ { split($2, e, "="); sum += e[2] } END { exit sum < least }' "$scratch/$1"; then
		ok
	else
		bad_in "$1: fewer than $2 events" "$scratch/$1"
	fi
}

program bench_disabled loop byte_test disabled_0 disabled_1 disabled_2 disabled_6 disabled_text disabled_scope
has bench_disabled '^books emitted=0 delivered=0 lost=0$'
program bench_emit clock clock_32 emit_0 emit_1 emit_2 emit_6 emit_scope
emitted bench_emit 100
program bench_strings clock_copy_16 text_0 text_16 text_1024 two_ints_text_16 bytes_16
emitted bench_strings 100
program bench_work work work_clock_32 work_disabled work_emit_1 work_scope
emitted bench_work 100
program bench_threads threads_clock_32 'threads_emit args=1 threads=1' 'threads_emit args=1 threads=2'
emitted bench_threads 600
program bench_flight once_0 once_1 once_2 once_scope both_0 both_1 both_2 both_scope
emitted bench_flight 100
# Each event that was to be interrupted was, and its handler's events are in the books as well.
program bench_signals signal_level_0 signal_level_1 signal_level_2
has bench_signals '^faults=([0-9]+) expected=\1$'
emitted bench_signals 360
program bench_wake wake_futex wake_futex_awake wake_event wake_pass
program bench_latency latency_floor latency_idle latency_busy latency_absent
emitted bench_latency 60000
has bench_latency '^quantile case=latency_absent share=0\.99999 '
program bench_sinks sink_{null,file,memory,pipe,socket}_{binary,json}
emitted bench_sinks 30720
program bench_load 'load_binary .* rate=1000' 'load_json .* rate=100000'
program bench_rate 'rate_binary args=1 threads=1' 'rate_json_twice args=1 threads=2'
program bench_growth growth_events 'growth_threads args=1 threads=4'
emitted bench_growth 39000
# No longer traces than asked for.
run 0 bench_growth --quick --events 1000 --dir "$scratch"
if [ "$(grep -c '^bench case=growth_events .* events=1000 ' "$scratch/out") $(grep -c '^bench case=growth_events ' "$scratch/out")" = '1 1' ]
then ok; else bad_in 'bench_growth --events 1000' "$scratch/out"; fi
if [ "$(find "$scratch" -name 'trial.*' -o -name 'growth.*' -o -name 'bench_sinks*.*' | wc -l)" = 0 ]; then ok; else bad 'files are left'; fi

# What a second process or callgrind is told to count: one case, so many turns.
run 0 bench_emit --count emit_1 7
has 'counted' '^books emitted=8 delivered=8 lost=0$'
for wrong in '--fast' '--seconds' '--seconds 0' '--events 1000000001' '--ring-kib 1x' '--dir' '--count emit_1' '--count emit_1 0' '--count none 5'; do
	run 2 bench_emit $wrong
	if [ "$(grep -c '^usage: bench_emit ' "$scratch/err")" = 1 ]; then ok; else bad_in "bench_emit $wrong: no usage" "$scratch/err"; fi
done

# ---- the report ------------------------------------------------------------------------------------

# report ARGUMENTS...: of what lies in $scratch/results, into $scratch/doc
report()
{
	env RILL_BUILD="$build" RESULTS="$scratch/results" PEERS="$scratch/peers" DOC="$scratch/doc" QUICK=1 DRAW=1 "$@" bash bench/report.sh >"$scratch/out" 2>&1
}

# row TEXT: it is a line of the page
row() { if [ "$(grep -cxF -- "$1" "$scratch/doc/costs.md")" = 1 ]; then ok; else bad_in "costs.md has no row '$1'" "$scratch/out"; fi; }

mkdir "$scratch/doc" "$scratch/results"
cp doc/costs.md "$scratch/doc/costs.md"
for name in disabled emit strings work wake threads signals latency sinks load rate growth; do
	cp "$scratch/bench_$name" "$scratch/results/$name.txt"
done
cat >"$scratch/results/rings.txt" <<'END'
# program=bench_emit rill=0.1.0 machine=x86_64 processor=One_Of_Them processors=2 mhz=2500.000 system=Linux-6.1
# compiler=gcc-12.2.0 clock=tsc read_ns=9.5 ordered_ns=20.0 hz=2500000000 load=0.25_0.50_0.75_1/100_4711 ring_kib=16
bench case=clock_16 args=1 threads=1 ns_min=9.25 ns_med=9.50 insn=- floor_ns=9.25 ratio=1.000 lost=0 bytes=16.00 kib=16
bench case=emit_1 args=1 threads=1 ns_min=9.50 ns_med=9.75 insn=- floor_ns=9.25 ratio=1.027 lost=0 bytes=16.00 kib=16
bench case=emit_2 args=2 threads=1 ns_min=9.75 ns_med=9.80 insn=- floor_ns=9.25 ratio=1.054 lost=0 bytes=24.00 kib=16
# date=2026-01-31
END
cat >"$scratch/results/rate.txt" <<'END'
# compiler=gcc-12.2.0 clock=tsc load=1.25_0.50_0.75_1/100_4711
attempt case=rate_binary number=1 rate=25123456 lost=3 took_s=10.01 preemptions=4 late_ms=5.5 steal_ms=20 pass_ms=1.5 write_ms=2.5 lossless=0
bench case=rate_binary args=1 threads=1 ns_min=40.00 ns_med=40.00 insn=- floor_ns=1.25 ratio=32.000 lost=0 bytes=5.05 rate=25000000 emitted=250000000 delivered=250000000 seconds=10.00 consumer_percent=80.5 preemptions=2 late_ms=1.1 steal_ms=0 pass_ms=3.3 write_ms=4.4
# date=2026-01-30
END
cat >"$scratch/results/merge.txt" <<'END'
# compiler=gcc-12.2.0 clock=tsc load=0.25_0.50_0.75_1/100_4711
bench case=merge shape=none rings=2 burst=16 events=200000 ns_min=1.00 ns_med=1.10 lost=0
bench case=merge shape=none rings=2 burst=1 events=200000 ns_min=10.00 ns_med=11.00 lost=0
bench case=merge shape=none rings=1000 burst=1 events=200000 ns_min=83.40 ns_med=90.00 lost=0
# date=2026-01-31
END
for held in 50000000:no 12500000:yes 12000000:yes; do
	printf 'rate\ttracer=lttng-blocking\tplace=disk\tthreads=1\toffered=%s\theld=%s\n' ${held/:/ }
done >"$scratch/peers"
printf 'said\twhat=load before\ttext=0.50 1.50 2.50\nrate\ttracer=rill-file-counter\tplace=disk\tthreads=1\toffered=24900000\theld=yes\n' >>"$scratch/peers"
if report; then ok; else bad_in 'the report fails' "$scratch/out"; fi
row '| 16 | clock 16 | 9.25 | 9.50 | 1.000 |'
row '| 16 | emit 1 | 9.50 | 9.75 | 1.027 |'
row 'One Of Them, 2 processors, 2500.000 MHz; Linux-6.1; gcc-12.2.0; clock tsc, 9.5 ns a read; load 0.25; 2026-01-31.'
row '| rate binary | 1 | 25 | 0 | 250 | 5.05 | 40.00 | 1.25 | 80.5 | 2 | 1.1 | 0 | 3.3 | 4.4 |'
row '| rate binary | 1 | 25.12 | 0 | 3 | 10.01 | 4 | 5.5 | 20 | 1.5 | 2.5 |'
# The bars: what is met, missed and not run, each by what was measured; a bar that is reached exactly is met.
row '| merge, 2 rings: at least 100 M events/s | 100 M events/s, met | `bench_merge`, random interleaving, least; load 0.25, 2026-01-31 |'
row '| merge, 64 rings: at least 30 M events/s | not run | `bench_merge`, random interleaving, least |'
row '| merge, 1000 rings: at least 12 M events/s | 11.99 M events/s, **missed** | `bench_merge`, random interleaving, least; load 0.25, 2026-01-31 |'
row '| merge, cost by rings to log2 of the rings: at most 1 x | not run | `bench_merge`, 64 and 1000 rings to 2 |'
row '| merge and packets, one int64: at least 60 M events/s | not run | `bench_packet`, 2 rings in runs of 16, least |'
row '| 10 s without loss, one producer, packets: at least 25 M events/s | 25 M events/s, met | `bench_rate`, by search; load 1.25, 2026-01-30 |'
row "| packets to a file without loss, rill : LTTng-UST blocking, rill's own clock: at least 2 x | 1.99 x, **missed** | \`make bench-peers\`, one "\
'producer, to disk; load 0.50, in one run |'
row "| the same, both with the kernel's clock: at least 2 x | not run | \`make bench-peers\`, one producer, to disk |"
# Nothing but what stands between the marks of these subjects has changed, and a second time changes nothing.
outside() { awk '/^<!-- bench .* begin -->/ { print; skip = 1 } /^<!-- bench .* end -->/ { skip = 0 } !skip' "$1"; }
outside doc/costs.md >"$scratch/before"
outside "$scratch/doc/costs.md" >"$scratch/after"
if cmp -s "$scratch/before" "$scratch/after"; then ok; else bad 'the report changed what is not its own'; fi
cp "$scratch/doc/costs.md" "$scratch/once"
report ONLY='rings rate' || bad_in 'the report fails the second time' "$scratch/out"
if cmp -s "$scratch/once" "$scratch/doc/costs.md"; then ok; else bad 'a second report differs from the first'; fi
if report ONLY=nothing; then bad 'a subject that does not exist is taken'; else ok; fi
if [ "$(grep -c 'ONLY=nothing: there is no such subject' "$scratch/out")" = 1 ]; then ok; else bad_in 'no word about it' "$scratch/out"; fi
if [ -n "$(command -v gnuplot)" ]; then
	for plot in cost-by-arguments cost-by-ring cost-by-threads latency throughput-by-load consumer-by-rate growth-by-threads growth-by-events; do
		if [ "$(grep -c '^</svg>' "$scratch/doc/plots/$plot.svg")" = 1 ]; then ok; else bad_in "no plot $plot" "$scratch/out"; fi
		row "![$plot](plots/$plot.svg)"
	done
else
	skip 'plots: gnuplot is missing'
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
