#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# arch.sh - port/arch compiles for each processor whose compiler is here, and becomes the
# instructions that it promises.
set -euo pipefail
. tests/count.bash
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/use.c" <<'C'
#include "port/arch/arch.h"
uint64_t plain(void);
uint64_t ordered(void);
void store(uint64_t *word, uint64_t value);
uint64_t load(const uint64_t *word);
const char *name(void);
uint64_t plain(void) { return rill_arch_ticks(); }
uint64_t ordered(void) { rill_arch_pause(); return rill_arch_ticks_ordered(); }
void store(uint64_t *word, uint64_t value) { rill_arch_store_u64(word, value); }
uint64_t load(const uint64_t *word) { return rill_arch_load_u64(word); }
const char *name(void) { return RILL_ARCH_NAME; }
_Static_assert(RILL_ARCH_CACHE_LINE >= 32, "");
_Static_assert(RILL_ARCH_INLINE_TICKS == 0 || RILL_ARCH_INLINE_TICKS == 1, "");
C
warnings='-Wall -Wextra -Wshadow -Wpedantic -Werror'

# wanted WHAT EXPRESSION TEXT
wanted()
{
	if grep -Eiq "$2" <<<"$3"; then ok; else bad "$1: $3"; fi
}

# function_of NAME: the instructions of one function, on one line
function_of()
{
	awk -v name="$1" '$1 == name ":" { on = 1; next }
		on && /^[a-z_]+:/ { on = 0 }
		on && !/^[ \t]*[.#@]/ { gsub(/[ \t]+/, " "); printf "%s;", $0 }' "$scratch/use.s"
}

# try "COMPILER FLAGS" NAME ORDERED-READ STORE NEVER: regular expressions over the assembly
try()
{
	local compiler=${1%% *}

	if ! command -v "$compiler" >/dev/null; then
		skipped=$((skipped + 1))
		return
	fi
	# shellcheck disable=SC2086
	if ! $1 -std=c11 -O2 $warnings -I. -S -o "$scratch/use.s" "$scratch/use.c" 2>"$scratch/said"; then
		# A compiler without the C library of its target says nothing about rill.
		if grep -q 'No such file\|file not found' "$scratch/said" && ! grep -q 'port/arch/.*file' "$scratch/said"; then
			skipped=$((skipped + 1))
		else
			bad "$1:" "$(head -n 5 "$scratch/said")"
		fi
		return
	fi
	wanted "$1: name" "$2" "$(grep -E 'string|asci' "$scratch/use.s")"
	wanted "$1: ordered read" "$3" "$(function_of ordered)"
	wanted "$1: store" "$4" "$(function_of store)"
	if grep -Eq "$5" "$scratch/use.s"; then
		bad "$1: $(grep -E "$5" "$scratch/use.s" | head -n 3)"
	else
		ok
	fi
}

x86='lfence.*rdtsc.*lfence' arm64='isb.*mrs.*cntvct_el0.*isb' arm='isb.*mrrc.*c?14.*isb'
riscv='fence.*(rdtime|csrr.*time).*fence' atomic='ldrexd|strexd|__atomic_|cmpxchg8b|amo'
for compiler in gcc clang; do
	case $("$compiler" -dumpmachine 2>/dev/null || true) in
	x86_64*) try "$compiler" x86-64 "$x86" 'movq? ' "$atomic" ;;
	esac
done
try i686-linux-gnu-gcc i386 'cpuid.*rdtsc.*cpuid' 'movl.*movl' "$atomic"
try 'i686-linux-gnu-gcc -msse2' i386 "$x86" 'mov.*mov' 'ldrexd|__atomic_|cmpxchg8b'
try aarch64-linux-gnu-gcc arm64 "$arm64" 'str ' "$atomic"
try 'clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include' arm64 "$arm64" 'str ' "$atomic"
try arm-linux-gnueabihf-gcc arm "$arm" 'str.*str|strd' "$atomic"
try 'arm-linux-gnueabihf-gcc -marm' arm "$arm" 'str.*str|strd' "$atomic"
try 'clang --target=arm-linux-gnueabihf -march=armv7-a -isystem /usr/arm-linux-gnueabihf/include' arm "$arm" \
	'str.*str|strd' "$atomic"
try riscv64-linux-gnu-gcc riscv64 "$riscv" 'sd ' "$atomic"
try 'clang --target=riscv64-linux-gnu -isystem /usr/riscv64-linux-gnu/include' riscv64 "$riscv" 'sd ' "$atomic"

# Without the choice of a processor the header would hold no barrier of the right kind. crc32c.h has none, and chooses by itself.
for header in port/arch/*.h; do
	case $header in */arch.h | */crc32c.h) continue ;; esac
	if text=$(${CC:-cc} -I. -include stdint.h -fsyntax-only -x c "$header" 2>&1); then
		bad "$header can be included directly"
	else
		case $text in *'include port/arch/arch.h'*) ok ;; *) bad "$header: $text" ;; esac
	fi
done

# A processor that has no lock-free words is refused by name, not miscompiled.
if command -v arm-linux-gnueabihf-gcc >/dev/null; then
	mkdir -p "$scratch/gnu"
	: >"$scratch/gnu/stubs-soft.h"
	text=$(arm-linux-gnueabihf-gcc -march=armv5te -marm -mfloat-abi=soft -I"$scratch" -I. -fsyntax-only "$scratch/use.c" 2>&1) &&
		bad "ARMv5 is not refused"
	case $text in *'lock-free words'*) ok ;; *) bad "ARMv5: $text" ;; esac
else
	skipped=$((skipped + 1))
fi

# Nor are 32-bit pointers on a 64-bit processor.
mkdir -p "$scratch/gnu"
: >"$scratch/gnu/stubs-x32.h"
if [[ $(${CC:-cc} -dumpmachine) == x86_64* ]]; then
	text=$(${CC:-cc} -mx32 -I"$scratch" -I"/usr/include/$(${CC:-cc} -print-multiarch)" -I. -fsyntax-only "$scratch/use.c" 2>&1) && bad "x32 is not refused"
	case $text in *'does not know x32'*) ok ;; *) bad "x32: $text" ;; esac
else
	skipped=$((skipped + 1))
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
