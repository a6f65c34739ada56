#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# crash_calls.sh - all that the crash handler calls, read out of the library's machine code, is system calls and functions that POSIX
# lets a signal handler call, or of which is said below why it may. No memory is asked for, and no lock waited for.
#
# And these faults are noticed: a call of malloc(), one behind another function, one through a pointer, a handler that is not there.
set -euo pipefail
build=${RILL_BUILD:-build/host}
tools=${NM:-nm}
tools=${tools%nm}
library=$build/librill.so
passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
case $(readelf -h "$library" 2>/dev/null) in
*X86-64*) ;;
*)
	echo "skipped: other processors take a function's address in several steps, which are not followed here"
	echo "0 passed, 0 failed, 1 skipped"
	exit 77
	;;
esac

# Where it begins, and whatever is called through a pointer on the way: what writes the pieces, and the clocks.
roots='on_fatal_signal on_crash crashed write_piece rill_port_monotonic_ns rill_linux_counter rill_linux_counter_ordered'
# The clock was chosen when the first session started.
before='choose_once'
# POSIX, signal-safety(7).
allowed='clock_gettime close fstat ftruncate getpid memcpy memset nanosleep open pthread_sigmask pwrite read sigaction sigaddset sigdelset'
allowed+=' sigemptyset sigfillset sigismember strcmp strlen unlink write'
# A system call each, in glibc and musl; the address of errno.
allowed+=' __errno_location mmap mprotect pread process_vm_readv sigaltstack syscall ck_ec32_wake'
# What a thread's first event does, which may come in any handler: a flag in the thread, and a value of a key below 32, which has its place there.
allowed+=' pthread_setcancelstate pthread_setspecific'
# Who calls through a pointer, to one of the roots or to the handler that was there before.
indirect='on_fatal_signal on_crash rill_ring_file_pieces rill_clock_ticks'

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf 'FAILED: %s\n' "$1"; head -n 20 "$scratch/said"; }

# judge CODE: complaints, one a line
judge()
{
	awk -v roots="$roots" -v known_before="$before" -f tests/crash_calls.awk "$1" >"$scratch/calls"
	awk -v allowed="$allowed" -v indirect="$indirect" '
	BEGIN {
		for (n = split(allowed, w, " "); n; n--)
			may[w[n]] = 1
		for (n = split(indirect, w, " "); n; n--)
			pointer[w[n]] = 1
	}
	$1 == "outside" { name = $2; sub(/64$/, "", name); if (!(name in may)) print $3, "calls", $2; next }
	$1 == "indirect" { if (!($2 in pointer)) print $2, "calls through a pointer"; next }
	{ print "there is no function", $2, "or there are several" }' "$scratch/calls" | sort -u >"$scratch/said"
	[ ! -s "$scratch/said" ]
}

"${tools}objdump" -d --no-show-raw-insn "$library" >"$scratch/code"
judge "$scratch/code" && ok || bad 'what may not be called in a signal handler'
count=$(wc -l <"$scratch/calls")
[ "$count" -ge 40 ] && ok || { cp "$scratch/calls" "$scratch/said"; bad "no more than $count calls were found"; }

# noticed WHAT PATTERN: of the code in $scratch/wrong
noticed()
{
	cmp -s "$scratch/code" "$scratch/wrong" && { bad "no fault was made: $1"; return; }
	judge "$scratch/wrong" && { bad "not noticed: $1"; return; }
	grep -q "$2" "$scratch/said" && ok || bad "noticed as something else: $1"
}
malloc=$(awk '/^[0-9a-f]+ <malloc@plt>:$/ { sub(/^0*/, "", $1); print $1 }' "$scratch/code")
# put_call FUNCTION: as the first instruction of it
put_call()
{
	awk -v name="<$1>:" -v call="call   $2" '{ print } $2 == name { at = $1; sub(/^0*/, "", at); printf "    %s:\t%s\n", at, call }' \
		"$scratch/code" >"$scratch/wrong"
}
put_call crashed "$malloc <malloc@plt>"
noticed 'malloc()' 'crashed calls malloc'
put_call rill_ring_switch "$malloc <malloc@plt>"
noticed 'malloc() in what an event calls' 'rill_ring_switch calls malloc'
put_call rill_port_crash_backtrace '*%rax'
noticed 'a call through a pointer' 'backtrace calls through'
sed 's/<on_crash>:/<on_other>:/' "$scratch/code" >"$scratch/wrong"
noticed 'no handler' 'no function on_crash'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
