#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh - runs fuzz targets that are built and shows what came of it as a table.
#
#     tests/fuzz/run.sh FOLDER [--brief | --runs N] SECONDS TARGET...
#
# What breaks a target is kept in build/fuzz-findings/, beside the command that repeats it. Inputs that reach something new
# stay in FOLDER/corpus for the next run. --brief begins with the seeds alone, and puts the faults of the list
# tests/fuzz/faults into the code, each of which its target must find in that time. --runs ends a target behind so many
# executions, if that is earlier. The last line is the sum.
set -euo pipefail
home=$1
shift
brief= runs=-1
[ "$1" != --brief ] || { brief=1; shift; }
[ "$1" != --runs ] || { runs=$2; shift 2; }
limit_s=$1
shift
targets=("$@")
findings=build/fuzz-findings
logs=$home/logs
jobs=$(nproc)
passed=0 failed=0
# A single allocation, and all of them with what the sanitizer adds to them, in MB.
one_max=200 all_max=1500

mkdir -p "$findings" "$logs"
unset RILL_TRACE RILL_FILE RILL_BUFFER RILL_EVENTS RILL_OPTIONS RILL_STATUS_FILE RILL_QUIET RILL_CLOCK
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1

# fuzz PROGRAM TARGET PREFIX CORPUS: one target for the time given; its exit code.
fuzz()
{
	local dict=tests/fuzz/$2.dict

	case $2 in
	check | convert | frame | report) dict=tests/fuzz/packet.dict ;;
	esac
	timeout -k 5 $((limit_s + 60)) "$1" -runs="$runs" -max_total_time="$limit_s" -timeout=20 -rss_limit_mb=$all_max -malloc_limit_mb=$one_max \
		-max_len=16384 -print_final_stats=1 -close_fd_mask=3 -artifact_prefix="$3" ${brief:+-seed=1} ${dict:+-dict="$dict"} \
		"$4" "$home/seeds/$2"
}

# Waits until fewer than so many jobs run.
wait_for_place()
{
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n || true
	done
}

# ---- the targets ----

run_target()
{
	local name=$1 rc=0 corpus=$home/corpus/$1

	[ -z "$brief" ] || corpus=$home/brief/$1
	[ -z "$brief" ] || rm -rf "$corpus"
	mkdir -p "$corpus"
	fuzz "$home/tests/fuzz/$name" "$name" "$findings/$name-" "$corpus" >"$logs/$name.log" 2>&1 </dev/null || rc=$?
	echo $rc >"$logs/$name.rc"
}

stat_of() { awk -v key="stat::$1:" '$1 == key { print $2 }' "$logs/$2.log"; }

tell_target()
{
	local name=$1 rc found word=clean

	rc=$(cat "$logs/$name.rc")
	[ "$rc" = 0 ] || word=FAILED
	printf '%-12s %11s %9s %9s %8s %8s MB  %s\n' "$name" "$(stat_of number_of_executed_units "$name")" "$(stat_of average_exec_per_sec "$name")" \
		"$(awk '/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) } END { print cov + 0 }' "$logs/$name.log")" \
		"$(stat_of new_units_added "$name")" "$(stat_of peak_rss_mb "$name")" "$word"
	if [ "$rc" = 0 ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	grep -aE 'does not hold|ERROR: |SUMMARY|runtime error' "$logs/$name.log" | head -n 6 | sed 's/^/             | /' || true
	while read -r found; do
		echo "$home/tests/fuzz/$name $found" >"$found.command"
		cp "$logs/$name.log" "$found.log"
		echo "             | again: $home/tests/fuzz/$name $found"
	done < <(sed -n 's/.*Test unit written to //p' "$logs/$name.log")
}

# ---- faults put in on purpose ----

# Builds the target with one file of rill's that holds the fault.
build_faulty()
{
	local name=$1 file=$2 target=$3 to=$home/faulty/$1

	mkdir -p "$to"
	awk -v name="$name" -f tests/mutants/apply.awk tests/fuzz/faults "$file" >"$to/fault.c" 2>"$to/log" &&
		$CC $CFLAGS -w -I"$(dirname "$file")" -c -o "$to/fault.o" "$to/fault.c" >>"$to/log" 2>&1 &&
		$CC -fsanitize=fuzzer,address,undefined $(wrap_of "$target") -o "$to/target" "$home/tests/fuzz/$target.o" "$to/fault.o" \
			$LIBS >>"$to/log" 2>&1
}

wrap_of() { sed -n "s/^fuzz-wrap-$1 := //p" tests/fuzz/build.mk; }

run_fault()
{
	local name=$1 file=$2 target to=$home/faulty/$1 rc=0 start=$SECONDS

	target=$(awk -v name="$name" -v ask=check -f tests/mutants/apply.awk tests/fuzz/faults)
	rm -rf "$to"
	if ! build_faulty "$name" "$file" "$target"; then
		echo "not built" >"$home/faulty/$name.word"
		return
	fi
	mkdir -p "$to/corpus"
	fuzz "$to/target" "$target" "$to/" "$to/corpus" >>"$to/log" 2>&1 </dev/null || rc=$?
	[ $rc = 0 ] || rc=found
	echo "$rc $target $((SECONDS - start))" >"$home/faulty/$name.word"
}

tell_fault()
{
	local rc target took

	read -r rc target took <"$home/faulty/$1.word"
	case $rc in
	found)
		passed=$((passed + 1))
		printf '%-32s found by %s after %s s\n' "$1" "$target" "$took"
		rm -rf "$home/faulty/$1"
		;;
	*)
		failed=$((failed + 1))
		printf '%-32s NOT FOUND by %s\n' "$1" "$target"
		tail -n 5 "$home/faulty/$1/log" | sed 's/^/             | /'
		;;
	esac
}

# ---- all ----

bash tests/fuzz/seeds.sh "$home"
printf '%-12s %11s %9s %9s %8s %11s  %s\n' target executions 'a second' coverage new memory verdict
for name in "${targets[@]}"; do
	wait_for_place
	run_target "$name" &
done
wait
for name in "${targets[@]}"; do
	tell_target "$name"
done

if [ -n "$brief" ]; then
	echo
	mkdir -p "$home/faulty"
	mapfile -t faults < <(awk -v list=1 -f tests/mutants/apply.awk tests/fuzz/faults)
	for fault in "${faults[@]}"; do
		wait_for_place
		run_fault ${fault% *} &
	done
	wait
	for fault in "${faults[@]}"; do
		tell_fault "${fault%% *}"
	done
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
