#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh - runs test programs and test scripts, one line each when it has ended, and adds up.
#
#     tests/run.sh LOGS PROGRAM|SCRIPT...
#
# As many run at once as there are processors (RILL_TEST_JOBS=N: so many), but of the scripts that call $MAKE only one, since the
# folder that it builds in is the same for all.
#
# A program's cases are counted from CUnit's summary in its log, a script's from its last line
# ("N passed, N failed, N skipped"), else it is one case. Exit code 77 means skipped, which is not passed.
# RUN=COMMAND starts the programs, not the scripts. LOADER=COMMAND is what scripts get as RUN where the programs need none.
# A program that dies, hangs or fails without naming a case counts as one failed case more. The last
# line is the sum; the exit code is 1 when anything failed or nothing ran.
#
# With SAN=thread programs that cannot make a thread are left out: the sanitizer has nothing to say of them.
set -u
logs=$1
shift
limit_s=${RILL_TEST_LIMIT_S:-600}
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# gcc's ThreadSanitizer gives up where the kernel spreads mappings wider than it knows.
runner=()
if [ "${SAN:-}" = thread ] && setarch -R true 2>/dev/null; then
	runner=(setarch -R)
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=0:exitcode=66}
# Programs of another processor run in an emulator; they need to know it to start each other (tests/emulated.h).
if [ -n "${RUN:-}" ]; then
	read -ra emulator <<<"$RUN"
	if ! command -v "${emulator[0]}" >/dev/null; then
		echo "skipped: ${emulator[0]} is not installed, and the programs are not for this processor: make deps-all"
		echo "0 passed, 0 failed, $# skipped"
		exit 77
	fi
	export RILL_RUN=$RUN
else
	emulator=()
	unset RILL_RUN
fi
# The tool is not linked for this machine as test programs are.
if [ -n "${LOADER:-}" ]; then export RILL_LOADER=$LOADER; else unset RILL_LOADER; fi
# What a developer has set for programs of their own may not reach the tests.
unset RILL_TRACE RILL_FILE RILL_BUFFER RILL_EVENTS RILL_OPTIONS RILL_TRIGGER RILL_STATUS_FILE RILL_QUIET RILL_CLOCK
# Sub-makes of the scripts are builds of their own.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

# Sets p, f and s from a log; f counts named failures only.
count()
{
	local sum

	sum=$(tail -n 1 "$1" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p')
	if [ -z "$sum" ]; then
		sum=$(awk '/^ +Test: .*\.\.\.skipped: /{ s++ }
			/^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+/{ p = $4; f = $5; cunit = 1 }
			END { if (cunit) print p - s, f, s + 0 }' "$1")
	fi
	p=0 f=0 s=0
	[ -z "$sum" ] || read -r p f s <<<"$sum"
}

# What is to be told of a program goes to the output, its sums to $logs/NAME.sums.
run_one()
{
	local program=$1 prefix=("${runner[@]}" "${emulator[@]}") name log start rc took word p f s
	name=$(basename "$program" .sh)
	log=$logs/$name.log
	# What scripts start lies in the build folder as it would on a board: without a loader on this machine.
	case $program in *.sh) prefix=(); [ -z "${LOADER:-}" ] || prefix=(env "RUN=$LOADER") ;; esac
	start=${EPOCHREALTIME/./}
	timeout -k 10 "$limit_s" "${prefix[@]}" "$program" >"$log" 2>&1 </dev/null
	rc=$?
	took=$(( (${EPOCHREALTIME/./} - start) / 100000 ))
	count "$log"
	word=PASS
	case $rc in
	0) [ $((p + f + s)) -gt 0 ] || p=1 ;;
	77) word=SKIP; [ "$s" -gt 0 ] || s=1 ;;
	*) [ "$f" -gt 0 ] || f=1 ;;
	esac
	[ "$f" -eq 0 ] || word=FAIL
	echo "$p $f $s" >"$logs/$name.sums"
	printf '  %-4s %-28s %5d cases%s %6d.%d s\n' $word "$name" $((p + f + s)) \
		"$([ "$s" -gt 0 ] && echo ", $s skipped" || true)" $((took / 10)) $((took % 10))
	case $word in
	FAIL)
		[ $rc -ne 124 ] && [ $rc -ne 137 ] || echo "       took longer than $limit_s s"
		echo "       exit code $rc; $log ends:"
		grep -E -A 4 'FAILED$|FAILED |^[^ ]*\.(c|cc|h):[0-9]+: |ERROR: |WARNING: ThreadSanitizer|runtime error:' "$log" |
			head -n 40 | sed 's/^/       | /'
		tail -n 12 "$log" | sed 's/^/       | /'
		;;
	SKIP)
		grep -hoE 'skipped: .*' "$log" | sed -E 's/ \.\.\. ?passed$//; s/^/       /' | sort -u | head -n 5
		;;
	esac
}

# What it is linked with says so.
can_make_threads() { "${NM:-nm}" -u "$1" | grep -q pthread_create; }

# ---- all ----

jobs=${RILL_TEST_JOBS:-$(nproc)}
builders=() scripts=() programs=() alone=0
for program in "$@"; do
	case $program in
	*.sh) if grep -qsE '\$\{?MAKE\b' "$program"; then builders+=("$program"); else scripts+=("$program"); fi ;;
	*) if [ "${SAN:-}" = thread ] && ! can_make_threads "$program"; then alone=$((alone + 1)); else programs+=("$program"); fi ;;
	esac
done
[ $alone = 0 ] || echo "  $alone programs that cannot make a thread are left out"
others=("${scripts[@]}" "${programs[@]}")	# the longest are among the scripts
declare -A running=()	# names, by process
builder=		# the process of the one that runs

start()
{
	local name
	name=$(basename "$1" .sh)
	run_one "$1" >"$logs/$name.told" &
	running[$!]=$name
}

end_of_one()
{
	local pid p f s name

	wait -n -p pid "${!running[@]}"
	name=${running[$pid]}
	unset "running[$pid]"
	[ "$pid" != "$builder" ] || builder=
	read -r p f s <"$logs/$name.sums"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	cat "$logs/$name.told"
	rm -f "$logs/$name.told" "$logs/$name.sums"
}

while [ $((${#builders[@]} + ${#others[@]} + ${#running[@]})) -gt 0 ]; do
	if [ ${#running[@]} -ge "$jobs" ]; then
		end_of_one
	elif [ ${#builders[@]} -gt 0 ] && [ -z "$builder" ]; then
		start "${builders[0]}"
		builder=$!
		builders=("${builders[@]:1}")
	elif [ ${#others[@]} -gt 0 ]; then
		start "${others[0]}"
		others=("${others[@]:1}")
	else
		end_of_one
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
