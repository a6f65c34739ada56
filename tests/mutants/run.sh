#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh - builds rill with each of the faults of the list `faults`, one at a time, and shows which check notices it.
#
#     tests/mutants/run.sh [--some] [NAME...]    --some: those that the list marks so; NAME: only these
#
# A fault that no check notices is a missing test, and one that no longer fits the code is an outdated list: both have failed.
# Everything happens in a copy of the tree below the build folder. Each check must first pass without any fault there; then
# a fault is put in, what depends on it is built again, and its checks run. A check notices by an exit code
# other than 0 and 77, or by not coming to an end. Where a check cannot run here (77), its faults are skipped.
#
# A check that took a second without a fault has 3 more with one, and 10 in any case. The last line is the sum.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${RILL_BUILD:-build/host}
mkdir -p "$build"
build=$(cd "$build" && pwd)
home=$build/mutants
tree=$home/tree
list=tests/mutants/faults
apply=tests/mutants/apply.awk
make=${MAKE:-make}
export MAKE=$make	# for scripts among the checks, also when no make has called this
out=build/m
passed=0 failed=0 skipped=0
declare -A without=()	# how each check ended without a fault
declare -A limit_s=()	# how long it may take with one

# A fault may leave a variable or function unused; no warning of that kind is of interest.
unset WERROR MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
unset RILL_TRACE RILL_FILE RILL_BUFFER RILL_EVENTS RILL_OPTIONS RILL_TRIGGER RILL_STATUS_FILE RILL_QUIET RILL_CLOCK
runner=()
if setarch -R true 2>/dev/null; then
	runner=(setarch -R)	# gcc's ThreadSanitizer gives up where the kernel spreads mappings wider than it knows
fi

# ---- the copy ----

make_copy()
{
	mkdir -p "$tree/$out"
	find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	# With its times, so that a second run builds little.
	tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$tree"
	[ ! -f "$build/.config" ] || cmp -s "$build/.config" "$tree/$out/.config" || cp "$build/.config" "$tree/$out/.config"
}

# ---- checks: [points|thread|address] PROGRAM|SCRIPT [CASE] ----

# Sets kind, what and only.
parse()
{
	kind=plain
	read -r what only <<<"$1"
	case $what in
	points | thread | address) kind=$what; read -r what only <<<"$only" ;;
	esac
}

# The folder of a kind of build, and how make is told of it.
folder_of()
{
	case $1 in
	plain) echo $out ;;
	points) echo $out/points ;;
	*) echo "$out-$1" ;;
	esac
}

make_args()
{
	case $1 in
	plain) echo "O=$out" ;;
	points) echo "O=$out/points" ;;
	*) echo "O=$out SAN=$1" ;;
	esac
}

# What a check needs built: a program itself and what it loads, for a script the libraries.
target_of()
{
	case $what in
	*.sh) echo "$out/librill.a $out/librill.so.0" ;;
	*) echo "$(folder_of "$kind")/$what" ;;
	esac
	[ "$kind" != plain ] || echo plugins
}

# build_kind KIND TARGET...
build_kind()
{
	local kind=$1
	shift
	(cd "$tree" && $make --no-print-directory "-j$(nproc)" $(make_args "$kind") "$@")
}

# Builds and runs one check; its exit code: 0 passed, 77 cannot run, 99 does not build, else noticed.
check()
{
	local rc=0 log=$home/check.log limit=${limit_s[$1]:-900}

	parse "$1"
	build_kind "$kind" $(target_of) >"$home/build.log" 2>&1 || return 99
	case $what in
	*.sh) set -- "$what" ;;
	*) set -- ${runner[@]+"${runner[@]}"} "$(folder_of "$kind")/$what" ;;
	esac
	# In a shell that says nothing when the check dies of a signal.
	(cd "$tree" && RILL_BUILD=$PWD/$(folder_of "$kind") TSAN_OPTIONS=halt_on_error=1:exitcode=66 \
		timeout -s KILL "$limit" "$@" ${only:+"$only"} >"$log" 2>&1 </dev/null 9>&-) 2>/dev/null || rc=$?
	[ $rc != 99 ] || rc=1
	return $rc
}

tell_log()
{
	echo "       the end of $1:"
	grep -aE 'error:|ERROR|FAILED|does not hold| is [0-9]+ and |WARNING: Thread' "$1" | head -n 12 | sed 's/^/       | /' || true
	tail -n 6 "$1" | sed 's/^/       | /'
}

# Every check of the chosen faults, once, in the copy as it is.
check_without()
{
	local each rc wanted targets started

	for wanted in plain points thread address; do
		targets=$(for each in "$@"; do
			parse "$each"
			[ "$kind" != $wanted ] || target_of
		done | sort -u)
		[ -n "$targets" ] || continue
		[ $wanted != points ] || targets=points	# from the plain build's folder, which makes their configuration
		build_kind ${wanted/points/plain} $targets >"$home/build.log" 2>&1 || { tell_log "$home/build.log"; return 1; }
	done
	for each in "$@"; do
		rc=0
		started=$SECONDS
		check "$each" || rc=$?
		limit_s[$each]=$((10 + 3 * (SECONDS - started)))
		without[$each]=$rc
		case $rc in
		0) ;;
		77) echo "SKIP $each cannot run here: $(tail -n 1 "$home/check.log")" ;;
		*) failed=$((failed + 1)); echo "FAIL without any fault: $each (exit code $rc)"; tell_log "$home/check.log" ;;
		esac
	done
	# What a fault makes old comes back from here.
	rm -rf "$home/clean"
	mkdir "$home/clean"
	(cd "$tree" && find build -type f -print0 | tar --null -T - -cf -) | tar -xf - -C "$home/clean"
}

# ---- faults ----

# ask NAME KIND: the lines of that kind that the list has for the fault.
ask() { awk -v name="$1" -v ask="$2" -f $apply $list; }

# The file as it was, with its time, and everything that was built meanwhile.
take_out()
{
	local each

	cp -p "$home/saved" "$tree/$1"
	(cd "$tree" && find build -type f -newer "$home/stamp" -print0) | while IFS= read -r -d '' each; do
		rm -f "$tree/$each"	# first: a program may still be running
		[ ! -e "$home/clean/$each" ] || cp -p "$home/clean/$each" "$tree/$each"
	done
}

# Sets word and by.
run_checks()
{
	local each rc

	word=PASS by=
	while read -r each; do
		case ${without[$each]} in
		0) ;;
		77) word=SKIP by="cannot run here: $each"; return ;;
		*) word=FAIL by="fails without any fault: $each"; return ;;
		esac
		rc=0
		check "$each" || rc=$?
		case $rc in
		0) word=FAIL by="not noticed by: $each" ;;
		99) word=FAIL by='the faulty code does not compile' ;;
		137) by+="${by:+, }$each (no end)" ;;
		*) by+="${by:+, }$each" ;;
		esac
		[ $word = PASS ] || return 0
	done < <(ask "$1" check)
}

# try NAME FILE
try()
{
	local name=$1 file=$2 line word by took start=${EPOCHREALTIME/./}

	cp -p "$tree/$file" "$home/saved"
	if ! line=$(awk -v name="$name" -f $apply $list "$home/saved" 2>&1 >"$home/faulty"); then
		failed=$((failed + 1))
		echo "FAIL $line"
		return
	fi
	touch "$home/stamp"
	sleep 0.01	# what is built from here on is newer than the stamp
	cat "$home/faulty" >"$tree/$file"
	run_checks "$name"
	take_out "$file"
	took=$(((${EPOCHREALTIME/./} - start) / 100000))
	printf '%-4s %-32s %-34s %3d.%d s  %s\n' $word "$name" "$file:$line" $((took / 10)) $((took % 10)) "$by"
	case $word in
	PASS) passed=$((passed + 1)) ;;
	SKIP) skipped=$((skipped + 1)) ;;
	FAIL)
		failed=$((failed + 1))
		echo "       it breaks: $(ask "$name" breaks)"
		case $by in
		*compile) tell_log "$home/build.log" ;;
		esac
		;;
	esac
}

# ---- which ----

some=
names=()
for arg in "$@"; do
	case $arg in
	--some) some=1 ;;
	-*) echo "$0: $arg: --some or names of faults are wanted" >&2; exit 2 ;;
	*) names+=("$arg") ;;
	esac
done

chosen()
{
	local name file when

	awk -v list=1 -f $apply $list | while read -r name file when; do
		[ -z "$some" ] || [ "$when" = some ] || continue
		[ ${#names[@]} = 0 ] || [[ " ${names[*]} " = *" $name "* ]] || continue
		echo "$name $file"
	done
}

mapfile -t faults < <(chosen)
for name in ${names[@]+"${names[@]}"}; do
	[[ " ${faults[*]%% *} " = *" $name "* ]] || { echo "$0: no fault '$name' in $list" >&2; exit 2; }
done
[ ${#faults[@]} -gt 0 ] || { echo "$0: $list holds no such fault" >&2; exit 2; }

mkdir -p "$home"
exec 9>"$home/lock"
flock -n 9 || { echo "$0: another run is under way in $home: wait for it, or give another folder (O=DIR)" >&2; exit 2; }
make_copy
mapfile -t checks < <(for fault in "${faults[@]}"; do ask "${fault%% *}" check; done | sort -u)
echo "${#faults[@]} faults, ${#checks[@]} checks"
if ! check_without "${checks[@]}"; then
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
for fault in "${faults[@]}"; do
	try ${fault}
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
