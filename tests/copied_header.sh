#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# copied_header.sh - a library with its own copy of trace_event*.h builds, loads and runs where there is no rill.
#
# Only the five headers are copied; include/ and librill are out of sight.
set -euo pipefail
passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check()
{
	local what=$1
	shift
	if "$@" >"$scratch/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$what:"
		cat "$scratch/out"
	fi
}
lacks()
{
	! grep -E "$1" "$2"
}

mkdir -p "$scratch/copy/rill"
cp include/rill/trace_event*.h "$scratch/copy/rill"
cp tests/copied_header.c tests/copied_header_cxx.cc "$scratch"
cat >"$scratch/host.c" <<'END'
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = dlopen(argv[argc - 1], RTLD_NOW);
	int (*work)(void (*inside)(void)) = NULL;

	if (library)
		*(void **)&work = dlsym(library, "copied_work");
	if (!work) {
		puts(dlerror());
		return 1;
	}
	for (int i = 0; i < 3; i++)
		if (work(NULL))
			return 2;
	dlclose(library);
	return dlopen(argv[argc - 1], RTLD_NOW | RTLD_NOLOAD) ? 3 : 0;
}
END
warnings='-Wall -Wextra -Wshadow -Wformat-security -Werror'
check "the host builds" ${CC:-cc} $warnings -o "$scratch/host" "$scratch/host.c" -ldl
for optimisation in -O0 -O2; do
	for source in copied_header.c copied_header_cxx.cc; do
		case $source in
		*.c) compiler="${CC:-cc} -std=gnu11 -Wstrict-prototypes -Wmissing-prototypes" ;;
		*) compiler="${CXX:-c++} -std=c++11" ;;
		esac
		so=$scratch/${source%%.*}.so
		check "$source $optimisation builds" $compiler $optimisation $warnings -fPIC -fvisibility=hidden \
			-I"$scratch/copy" -shared -Wl,-z,defs -o "$so" "$scratch/$source"
		"${NM:-nm}" -D "$so" >"$scratch/names"
		check "$source $optimisation asks for no rill and offers no name of it" lacks ' rill_' "$scratch/names"
		check "$source $optimisation has no unique symbols, which pin it" lacks ' u ' "$scratch/names"
		check "$source $optimisation runs, says nothing and goes" "$scratch/host" "$so"
	done
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
