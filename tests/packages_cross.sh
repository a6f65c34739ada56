#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packages_cross.sh - what `make install` lays down for another processor is found by CMake with a toolchain file and by
# Meson with a cross file, and what they build runs in the emulator.
#
# `make check ARCH=...` runs it: RILL_BUILD, CC, RUN and TARGET_FLAGS are in the environment.
set -euo pipefail
read -ra run <<<"$RUN"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. tests/count.bash

# records WHAT PROGRAM: it is hello, and what it records are its twenty events
records()
{
	local events
	rm -f "$scratch/hello.json"
	RILL_TRACE='' RILL_FILE="$scratch/hello.json" "${run[@]}" "$2" || true
	events=$(grep -c '"name":"round"' "$scratch/hello.json" || true)
	if [ "$events" = 20 ]; then ok; else bad "$1: $events events in place of 20"; fi
}

macros=$("$CC" $TARGET_FLAGS -dM -E -x c /dev/null)
has() { grep -qw "$1" <<<"$macros"; }
if has __aarch64__; then processor=aarch64 family=aarch64
elif has __arm__; then processor=arm family=arm
elif has __i386__; then processor=i686 family=x86
elif has __riscv; then processor=riscv64 family=riscv64
else processor=unknown family=unknown; fi
if has __ORDER_BIG_ENDIAN__ && grep -q '__BYTE_ORDER__ __ORDER_BIG_ENDIAN__' <<<"$macros"; then order=big; else order=little; fi

stage=$scratch/stage
# The name by which make built it: by another one all would be built anew.
build=$(realpath --relative-to=. "$RILL_BUILD")
step 'make install' "${MAKE:-make}" --no-print-directory O="$build" DESTDIR="$stage" PREFIX=/usr install
cp examples/hello.c "$scratch"
# Where there is no shared library programs are static.
static=
[ -e "$stage/usr/lib/librill.so" ] || static=-static
# Flags of the host's own have no place in a build for another processor.
unset CFLAGS CPPFLAGS LDFLAGS CXXFLAGS PKG_CONFIG_PATH CMAKE_PREFIX_PATH

# ---- CMake ----

if command -v cmake >/dev/null; then
	cat >"$scratch/toolchain.cmake" <<-END
		set(CMAKE_SYSTEM_NAME Linux)
		set(CMAKE_SYSTEM_PROCESSOR $processor)
		set(CMAKE_C_COMPILER $CC)
		set(CMAKE_C_FLAGS_INIT "$TARGET_FLAGS")
		set(CMAKE_EXE_LINKER_FLAGS_INIT "$static")
		set(CMAKE_FIND_ROOT_PATH $stage)
		set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
	END
	cat >"$scratch/CMakeLists.txt" <<-'END'
		cmake_minimum_required(VERSION 3.13)
		project(hello C)
		find_package(rill 0.1 REQUIRED)
		add_executable(hello hello.c)
		target_link_libraries(hello PRIVATE rill::rill)
	END
	cmake_builds() {
		cmake -S "$scratch" -B "$scratch/cmake" -DCMAKE_TOOLCHAIN_FILE="$scratch/toolchain.cmake" "$@" &&
			cmake --build "$scratch/cmake"
	}
	step 'CMake' cmake_builds
	records 'CMake' "$scratch/cmake/hello"
	step 'CMake, static' cmake_builds -Drill_USE_STATIC_LIBS=ON
	records 'CMake, static' "$scratch/cmake/hello"
else
	skip 'CMake: there is no cmake'
fi

# ---- Meson ----

# list WORD...: as Meson writes one
list() { printf "'%s'," "$@"; }

if command -v meson >/dev/null && command -v ninja >/dev/null; then
	cat >"$scratch/cross.ini" <<-END
		[binaries]
		c = '$CC'
		ar = '$(command -v "${CC%gcc}ar" || echo ar)'
		pkgconfig = 'pkg-config'
		exe_wrapper = [$(list "${run[@]}")]
		[properties]
		sys_root = '$stage'
		pkg_config_libdir = '$stage/usr/lib/pkgconfig'
		[built-in options]
		c_args = [$(list $TARGET_FLAGS)]
		c_link_args = [$(list $TARGET_FLAGS $static "-Wl,-rpath,$stage/usr/lib")]
		[host_machine]
		system = 'linux'
		cpu_family = '$family'
		cpu = '$processor'
		endian = '$order'
	END
	printf '%s\n' "project('hello', 'c')" "executable('hello', 'hello.c', dependencies: dependency('rill'))" >"$scratch/meson.build"
	step 'Meson' sh -c "cd '$scratch' && meson setup --cross-file cross.ini meson && meson compile -C meson"
	records 'Meson' "$scratch/meson/hello"
else
	skip 'Meson: there is no meson or no ninja'
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
