#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packages.sh - other people's build systems find and build rill: CMake and Meson for real; the packages for
# Buildroot and Yocto by carrying out their commands, with as much of either system as that takes (tests/package/).
#
# Three of these build from source, which takes seconds each.
set -euo pipefail
top=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. tests/count.bash

# refused WHAT PATTERN COMMAND...: fails, and says why
refused()
{
	local what=$1 pattern=$2 text
	shift 2
	if text=$("$@" 2>&1); then
		bad "$what: is not refused: $*"
	elif [[ $text == *$pattern* ]]; then
		ok
	else
		bad "$what: wanted '$pattern':" "$text"
	fi
}

same() { if [ "$2" = "$3" ]; then ok; else bad "$1: '$2' and '$3'"; fi; }
lacks() { if [ -e "$1" ]; then bad "$1 is there"; else ok; fi; }

# records PROGRAM [LIBRARIES]: it is hello, and what it records are its twenty events
records()
{
	local events
	rm -f "$scratch/hello.json"
	LD_LIBRARY_PATH=${2:-} RILL_TRACE='' RILL_FILE="$scratch/hello.json" "$1" || true
	events=$(grep -c '"name":"round"' "$scratch/hello.json" || true)
	same "events of $1" "$events" 20
}

needs_shared() { grep -q 'NEEDED.*librill.so.0' <<<"$(readelf -d "$1")"; }
is_static() { ! needs_shared "$1"; }

stage=$scratch/stage/opt/rill
version=$(awk -F'"' '/define RILL_VERSION/ { print $2 }' src/config.h)
jobs=-j$(nproc)
small=$top/tests/package/small.config
# The name by which make built it: by another one all would be built anew.
build=$(realpath --relative-to=. "$RILL_BUILD")
"${MAKE:-make}" --no-print-directory O="$build" DESTDIR="$scratch/stage" PREFIX=/opt/rill install >"$scratch/log" 2>&1 || {
	cat "$scratch/log"; bad 'make install failed'; }
# What follows are builds of other people's.
unset CFLAGS CPPFLAGS LDFLAGS CXXFLAGS PKG_CONFIG_PATH CMAKE_PREFIX_PATH WERROR
mkdir "$scratch/sources"
tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$scratch/sources"

# ---- CMake ---------------------------------------------------------------------------------------

if command -v cmake >/dev/null; then
	mkdir "$scratch/cmake"
	cp examples/hello.c "$scratch/cmake"
	cat >"$scratch/cmake/CMakeLists.txt" <<-'END'
		cmake_minimum_required(VERSION 3.13)
		project(hello C)
		if(POINTER)
			set(CMAKE_SIZEOF_VOID_P ${POINTER})
		endif()
		find_package(rill ${WANT} REQUIRED)
		find_package(rill REQUIRED)
		add_executable(hello hello.c)
		target_link_libraries(hello PRIVATE rill::rill)
	END
	cmake_asks() { cmake -S "$scratch/cmake" -B "$scratch/cmake/build" -DCMAKE_PREFIX_PATH="$stage" "$@"; }
	cmake_builds() { cmake_asks "$@" && cmake --build "$scratch/cmake/build"; }
	hello=$scratch/cmake/build/hello

	step 'CMake' cmake_builds
	step 'CMake takes the shared library' needs_shared "$hello"
	records "$hello"
	step 'CMake, static' cmake_builds -Drill_USE_STATIC_LIBS=ON
	step 'CMake takes the static library when asked' is_static "$hello"
	records "$hello"
	for asked in 0.1 0.1.0 '0.1.0;EXACT' 'COMPONENTS;shared;static'; do
		step "CMake, asked for $asked" cmake_asks -DWANT="$asked"
	done
	for asked in 0.0 0.2 0.1.1 1 1.0; do
		refused "CMake, asked for $asked" 'for package "rill" that is compatible' cmake_asks -DWANT="$asked"
	done
	refused 'CMake, asked for a part' "there is no component 'debug'" cmake_asks -DWANT='COMPONENTS;debug'
	refused 'CMake, for other pointers' 'for pointers of' cmake_asks -DWANT=0.1 -DPOINTER=2
	rm "$stage/lib/librill.so" "$scratch/cmake/build/CMakeCache.txt"
	step 'CMake, without the shared library' cmake_builds
	step 'CMake takes what there is' is_static "$hello"
	mv "$stage/lib/librill.a" "$stage/lib/kept"
	refused 'CMake, without any library' 'the static library of rill is not in' cmake_asks
	mv "$stage/lib/kept" "$stage/lib/librill.a"
	ln -s librill.so.0 "$stage/lib/librill.so"
else
	skip 'CMake: there is no cmake'
fi

# ---- Meson ---------------------------------------------------------------------------------------

if command -v meson >/dev/null && command -v ninja >/dev/null; then
	mkdir -p "$scratch/meson/subprojects/packagefiles"
	cd "$scratch/meson"
	cp "$top/examples/hello.c" .
	printf '%s\n' "project('hello', 'c')" "executable('hello', 'hello.c', dependencies: dependency('rill'))" >meson.build
	step 'Meson, by pkg-config' env PKG_CONFIG_PATH="$stage/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$scratch/stage" \
		sh -c 'meson setup installed && meson compile -C installed'
	step 'Meson takes the shared library' needs_shared installed/hello
	records installed/hello "$stage/lib"

	refused 'Meson, with neither' 'Dependency "rill" not found' meson setup nothing
	cp "$top/doc/package/meson/rill.wrap" subprojects
	cp -r "$top/doc/package/meson/packagefiles/rill" subprojects/packagefiles
	archive=$(sed -n 's/^source_filename = //p' subprojects/rill.wrap)
	tar --transform="s|^\.|${archive%.tar.gz}|" -C "$scratch/sources" -czf "subprojects/packagefiles/$archive" .
	step 'Meson, with a configuration that is none' \
		sh -c 'meson setup wrong -Drill:config=none >log 2>&1 && exit 1; grep -q "none_defconfig" log'
	for option in $(grep -oE -- '-Drill:[a-z_]+' "$top/doc/package/README.md"); do
		step "$option is an option" grep -q "^option('${option##*:}'" subprojects/packagefiles/rill/meson_options.txt
	done
	step 'Meson, as a subproject' sh -c "meson setup own -Drill:config='$small' -Drill:c_args=-O1 &&
		meson compile -C own"
	step 'Meson builds the static library' is_static own/hello
	records own/hello
	step 'Meson says the version' grep -q "^Project version: $version\$" own/meson-logs/meson-log.txt
	touch "subprojects/${archive%.tar.gz}/src/format/json.c"
	step 'Meson leaves to make what is out of date' \
		sh -c 'meson compile -C own >log && grep -q "CC *src/format/json.c" log && [ "$(grep -c "  CC " log)" = 1 ]'
	cd "$top"
else
	skip 'Meson: there is no meson or no ninja'
fi

# ---- Buildroot -----------------------------------------------------------------------------------

tree=$top/doc/package/buildroot
export BR2_EXTERNAL_RILL_PATH=$tree
buildroot=("${MAKE:-make}" --no-print-directory -s -f tests/package/buildroot.mk SOURCE="$scratch/buildroot" STAGING_DIR="$scratch/staging" \
	TARGET_DIR="$scratch/target" TARGET_CC="$CC" JOBS="$jobs")
value() { "${buildroot[@]}" PACKAGE="$1" "${@:3}" print-"$2"; }

same "Buildroot's version and rill's" "$(value rill RILL_VERSION)" "$version"
same "Buildroot's sources" "$(realpath "$(value rill RILL_SITE)")" "$top"
same 'what the licence of rill hashes to' \
	"$(awk '$3 == "LICENSE" { print $2 }' "$tree/package/rill/rill.hash")" "$(sha256sum <LICENSE | cut -d' ' -f1)"
same 'the archive of ck that is hashed' "$(awk '/tar.gz/ { print $3 }' "$tree/package/ck/ck.hash")" "ck-$(value ck CK_VERSION).tar.gz"
step 'hashes are hashes' awk '/^(#|$)/ { next } $1 != "sha256" || $2 !~ /^[0-9a-f]+$/ || length($2) != 64 || NF != 3 { print; exit 1 }' \
	"$tree"/package/*/*.hash
for pair in arm:arm aarch64:aarch64 i586:i686 x86_64:x86_64 powerpc64le:ppc64 riscv64:riscv64; do
	same "ck's name of ${pair%:*}" "$(value ck CK_PLATFORM ARCH="${pair%:*}")" "${pair#*:}"
done
same 'what rill depends on' "$(value rill RILL_DEPENDENCIES)" 'ck liburcu'
same 'with the tool' "$(value rill RILL_DEPENDENCIES BR2_PACKAGE_RILL_TOOL=y BR2_PACKAGE_PROTOBUF_C=y)" \
	'ck liburcu elfutils json-c host-protobuf-c protobuf-c'
for file in external.desc external.mk Config.in package/{ck,rill}/Config.in; do
	step "$file is there" test -s "$tree/$file"
done
same 'the name of the tree' "$(sed -n 's/^name: //p' "$tree/external.desc")" RILL

cp -r "$scratch/sources" "$scratch/buildroot"
step "Buildroot's commands" "${buildroot[@]}" PACKAGE=rill BR2_PACKAGE_RILL_CONFIG="\"$small\"" \
	build stage target
for file in include/rill/trace.h lib/librill.a lib/librill.so lib/pkgconfig/rill.pc lib/cmake/rill/rill-config.cmake; do
	step "$file is staged" test -e "$scratch/staging/usr/$file"
done
step 'the target has the library' test -f "$scratch/target/usr/lib/librill.so.0"
lacks "$scratch/target/usr/bin/rill"
step 'the option of the menu holds' grep -q '^CONFIG_RILL_TOOL=n$' "$scratch/buildroot/build/target/.config"
step 'a program against what is staged' "$CC" -I"$scratch/staging/usr/include" -o "$scratch/hello" examples/hello.c \
	-L"$scratch/staging/usr/lib" -lrill
records "$scratch/hello" "$scratch/target/usr/lib"
step 'a configuration by its name' "${buildroot[@]}" PACKAGE=rill BR2_PACKAGE_RILL_CONFIG='"armhf"' configure
step 'it is taken' grep -q '^CONFIG_RILL_BUFFER_BYTES=131072$' "$scratch/buildroot/build/target/.config"

if command -v kconfig-conf >/dev/null; then
	# menu NAME=y...: what Buildroot's menu makes of that
	menu()
	{
		printf 'BR2_%s=y\n' "$@" >"$scratch/br.config"
		KCONFIG_CONFIG=$scratch/br.config CONFIG_='' kconfig-conf --olddefconfig tests/package/buildroot.kconfig \
			>"$scratch/br.log" 2>&1 || cat "$scratch/br.log"
		grep -E '^BR2_PACKAGE_(RILL|CK|LIBURCU|JSON_C|ELFUTILS)[A-Z_]*=' "$scratch/br.config" |
			grep -v ARCH_SUPPORTS | sed 's/^BR2_PACKAGE_//' | LC_ALL=C sort | tr '\n' ' '
	}
	same 'the menu, for ARM' "$(menu arm TOOLCHAIN_HAS_THREADS INSTALL_LIBSTDCPP PACKAGE_RILL)" \
		'CK=y LIBURCU=y RILL=y RILL_CONFIG="board" '
	same 'the menu, with the tool' \
		"$(menu aarch64 TOOLCHAIN_HAS_THREADS INSTALL_LIBSTDCPP USE_WCHAR PACKAGE_RILL PACKAGE_RILL_TOOL)" \
		'CK=y ELFUTILS=y JSON_C=y LIBURCU=y RILL=y RILL_CONFIG="board" RILL_TOOL=y '
	same 'the menu, without C++' "$(menu arm TOOLCHAIN_HAS_THREADS PACKAGE_RILL)" ''
	same 'the menu, for ARMv5' "$(menu arm ARM_CPU_ARMV5 TOOLCHAIN_HAS_THREADS INSTALL_LIBSTDCPP PACKAGE_RILL)" ''
	same 'the menu, static only' "$(menu arm STATIC_LIBS TOOLCHAIN_HAS_THREADS INSTALL_LIBSTDCPP PACKAGE_RILL)" ''
else
	skip "Buildroot's menu: there is no kconfig-conf"
fi

# ---- Yocto ---------------------------------------------------------------------------------------

layer=$top/doc/package/yocto/meta-rill
recipe=$(echo "$layer"/recipes-support/rill/rill_*.bb)
if command -v python3 >/dev/null; then
	bitbake() { python3 tests/package/bitbake.py "$layer" "$recipe" "$scratch/yocto" "$@"; }
	same "Yocto's version and rill's" "$(bitbake print PV)" "$version"
	same 'what the licence of rill sums to' "$(bitbake print LIC_FILES_CHKSUM)" "file://LICENSE;md5=$(md5sum <LICENSE | cut -d' ' -f1)"
	same "Yocto's sources" "$(bitbake print S)" "$top"
	same "the layer's recipes" "$(cd "$layer" && ls recipes-*/*/*.bb)" "${recipe#"$layer"/}"
	for option in $(bitbake print PACKAGECONFIG_ALL); do
		name=${option#CONFIG_} name=${name%=*}
		step "$option is an option of rill" grep -qx "config $name" Kconfig
	done
	same 'what the recipe depends on' "$(bitbake print DEPENDS PACKAGECONFIG='lz4 tool')" 'concurrencykit liburcu lz4 elfutils json-c'
	refused 'an option that is none' 'PACKAGECONFIG has no "toll"' bitbake print DEPENDS PACKAGECONFIG=toll
	export CFLAGS=-O1 PARALLEL_MAKE=$jobs
	step "Yocto's tasks" bitbake run configure compile install
	bitbake packages >"$scratch/packages"
	same 'files in no package' "$(grep -c '^(none)' "$scratch/packages" || true)" 0
	for pair in 'rill /usr/lib64/librill.so.0' 'rill-dev /usr/lib64/librill.so' 'rill-dev /usr/include/rill/trace.h' \
		'rill-dev /usr/lib64/cmake/rill/rill-config.cmake' 'rill-staticdev /usr/lib64/librill.a' \
		'rill-forward /usr/bin/rill-forward' 'rill-doc /usr/share/man/man7/rill.7'; do
		step "$pair" grep -qx "$pair" "$scratch/packages"
	done
else
	skip 'Yocto: there is no python3'
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
