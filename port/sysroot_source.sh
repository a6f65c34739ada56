#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sysroot_source.sh - makes a sysroot whose libraries Debian does not have in binary form: a C library out of packages, the rest
# compiled from Debian's sources, as static libraries. port/sysroot.sh calls it.
#
#     port/sysroot_source.sh ARCH DIR      ARCH: riscv64 (glibc), arm64_musl, armel_v6_musl, armhf_musl, i386_musl, riscv64_musl, s390x_musl
#
# Each library is a list of files and a handful of settings that hold for any Linux, so no `configure` runs: all of them together take
# half a minute. Those for musl are without what the tool rill needs: it stays on the host.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sysroot_apt.sh"

arch=$1 dir=$2
# debian: whose packages are taken; musl: what its packages call the processor; processor: as flags-ARCH of port/targets.mk says
tool='elfutils protobuf-c' musl_source='' processor=''
case $arch in
riscv64) debian=all prefix=riscv64-linux-gnu musl= ;;
arm64_musl) debian=arm64 prefix=aarch64-linux-gnu musl=aarch64-linux-musl tool= ;;
armel_v6_musl) debian=armel prefix=arm-linux-gnueabi musl=arm-linux-musleabi tool='' processor='-march=armv6k -marm' ;;
armhf_musl) debian=armhf prefix=arm-linux-gnueabihf musl=arm-linux-musleabihf tool= ;;
i386_musl) debian=i386 prefix=i686-linux-gnu musl=i386-linux-musl tool= ;;
# Debian has no musl for it in binary form either.
riscv64_musl) debian=all prefix=riscv64-linux-gnu musl=riscv64-linux-musl tool='' musl_source=musl ;;
s390x_musl) debian=s390x prefix=s390x-linux-gnu musl=s390x-linux-musl tool='' processor='-mlong-double-64' ;;
*) refuse 2 "'$arch' is not made from sources" ;;
esac
# The C library first: the others want its headers.
sources="${musl_source:+$musl_source }ck cunit json-c liburcu zlib${tool:+ $tool}"
# The number changes when this script makes something else of the same sources.
wanted="$arch from source, 1: $sources"
! made "$dir" "$wanted" || exit 0

have "${prefix}-gcc" "gcc-$prefix"
have "${prefix}-ar" "binutils-$prefix"
have dpkg-source dpkg-dev

# ---- the C library ----

# Packages of a cross compiler lay out usr/PREFIX/{include,lib}; a board has usr/{include,lib}.
take_glibc()
{
	local root=$work/root from=$work/root/usr/$prefix

	unpack_debs "libc6-$arch-cross" "libc6-dev-$arch-cross" "linux-libc-dev-$arch-cross" "libgcc-s1-$arch-cross" \
		"libstdc++6-$arch-cross"
	[ -f "$from/lib/libc.so.6" ] || refuse 1 "the packages hold no usr/$prefix/lib/libc.so.6: this release of Debian lays them \
out in another way"
	mv "$from/include" "$root/usr/include"
	mkdir -p "$root/usr/lib"
	mv "$from/lib" "$root/usr/lib/$prefix"
	rm -rf "${from:?}" "${root:?}/usr/share"
	ln -s "usr/lib" "$root/lib"
	(cd "$root/usr/lib" && ln -s "$prefix"/ld-linux-*.so.* .)
	# Linker scripts name their libraries by whole paths, which the linker looks for in the sysroot.
	grep -lI "^GROUP\|^INPUT" "$root/usr/lib/$prefix"/*.so | xargs sed -i "s|/usr/$prefix/lib/|/usr/lib/$prefix/|g"
	relative_links
}

# musl and the kernel's headers, out of packages.
take_musl()
{
	local root=$work/root

	unpack_debs musl-dev musl linux-libc-dev
	[ -f "$root/usr/lib/$musl/libc.a" ] || refuse 1 "the packages hold no usr/lib/$musl/libc.a: this release of Debian lays \
them out in another way"
	mkdir "$root/musl"
	mv "$root/usr/include/$musl" "$root/musl/include"
	mv "$root/usr/lib/$musl" "$root/musl/lib"
	mv "$root/usr/include/linux" "$root/usr/include/asm-generic" "$root/usr/include"/*/asm "$root/musl/include"
	rm -rf "${root:?}/usr" "${root:?}/lib"
	mv "$root/musl" "$root/usr"
	rm -f "$root/usr/lib/libc.so"	# a link to the loader's place on a board; programs here are static
}

# The kernel's headers alone; musl itself is one of the sources.
take_headers()
{
	local root=$work/root from=$work/root/usr/$prefix/include

	unpack_debs "linux-libc-dev-${arch%_musl}-cross"
	[ -d "$from/asm" ] || refuse 1 "the package holds no usr/$prefix/include/asm: this release of Debian lays it out in another way"
	mkdir -p "$root/own/include" "$root/own/lib"
	mv "$from/linux" "$from/asm-generic" "$from/asm" "$root/own/include"
	rm -rf "${root:?}/usr"
	mv "$root/own" "$root/usr"
}

# musl has a configure of its own that asks nothing but the compiler; its headers are made, too. Its variables have the names of ours,
# and a make that calls this hands on its own: ARCH, CROSS_COMPILE, MAKEFLAGS.
make_musl()
{
	local clean=(env -i PATH="$PATH")

	(cd "$1" && "${clean[@]}" ./configure --target="$musl" --prefix= --disable-shared CC="$prefix-gcc" AR="$prefix-ar" \
		RANLIB="$prefix-ranlib" && "${clean[@]}" make -j"$(nproc)" && "${clean[@]}" make DESTDIR="$work/root/usr" install) \
		>"$work/log" 2>&1 || {
		tail -n 5 "$work/log" >&2
		refuse 1 "musl cannot be compiled; the lines above say why"
	}
}

# What makes gcc use them: its own start files and search paths are glibc's.
write_specs()
{
	local root=$work/root

	cat >"$root/musl.specs" <<-SPECS
		%rename cpp_options rill_cpp_options

		*cpp_options:
		-nostdinc -isystem %R/usr/include -isystem include%s %(rill_cpp_options)

		*cc1:
		%(cc1_cpu) -nostdinc -isystem %R/usr/include -isystem include%s

		*link_libgcc:
		-L%R/usr/lib -L .%s

		*libgcc:
		libgcc.a%s libgcc_eh.a%s

		*startfile:
		%R/usr/lib/crt1.o %R/usr/lib/crti.o crtbeginT.o%s

		*endfile:
		crtend.o%s %R/usr/lib/crtn.o

		*link:
		-nostdlib -static --eh-frame-hdr

	SPECS
}

# ---- the libraries ----

# compile LIBRARY FOLDER "FLAGS" FILE...: usr/lib/.../LIBRARY.a of these files below the FOLDER of a source
compile()
{
	local library=$1 folder=$2 flags=$3 objects=$work/objects/$1

	shift 3
	mkdir -p "$objects"
	printf '%s\n' "$@" | (cd "$folder" && xargs -P "$(nproc)" -I '{}' sh -c \
		'"$1" $2 -c -o "$3/$(echo "$4" | tr / _).o" "$4"' sh "$prefix-gcc" "$c_flags $flags" "$objects" '{}') \
		>"$work/log" 2>&1 || {
		grep -m 5 'error' "$work/log" >&2 || tail -n 5 "$work/log" >&2
		refuse 1 "$library cannot be compiled; the lines above say why"
	}
	"$prefix-ar" rcs "$libraries/$library.a" "$objects"/*.o
}

# defines NAME...: lines that say that this system has what they name
defines() { printf '#define %s 1\n' "$@"; }

make_ck()
{
	local from=$1

	# With the memory order of a processor that reorders, and where Concurrency Kit has no assembler for a processor
	# (RISC-V), with the compiler's atomic operations.
	cat >"$from/include/ck_md.h" <<-MD
		#ifndef CK_MD_H
		#define CK_MD_H
		#define CK_MD_CACHELINE (64)
		#define CK_MD_PAGESIZE (4096)
		#define CK_MD_RMO
		$([ "${arch%_musl}" != riscv64 ] || echo '#define CK_USE_CC_BUILTINS 1')
		#define CK_VERSION "from Debian's sources"
		#define CK_GIT_SHA ""
		#endif
	MD
	compile libck "$from/src" "-I$from/include" ck_array.c ck_ec.c ck_hs.c ck_ht.c ck_epoch.c ck_hp.c ck_rhs.c
	cp -r "$from/include/." "$headers/"
}

make_liburcu()
{
	local from=$1 flags

	defines CONFIG_RCU_SMP CONFIG_RCU_HAVE_CLOCK_GETTIME CONFIG_RCU_HAVE_MULTIFLAVOR >"$from/include/urcu/config.h"
	echo '#define CONFIG_RCU_TLS __thread' >>"$from/include/urcu/config.h"
	defines HAVE_CPU_SET_T HAVE_GETTID HAVE_SCHED_GETCPU HAVE_SCHED_SETAFFINITY HAVE_SYSCONF HAVE_SYS_SYSCALL_H \
		>"$from/include/config.h"
	[ -z "$musl" ] || sed -i '/GETTID/d' "$from/include/config.h"
	flags="-I$from/include -I$from/src -include $from/include/config.h -D_GNU_SOURCE"
	compile liburcu-common "$from/src" "$flags" wfqueue.c wfcqueue.c wfstack.c compat_arch.c compat_futex.c
	compile liburcu-bp "$from/src" "$flags" urcu-bp.c urcu-pointer.c
	cp -r "$from/include/urcu" "$from/include"/urcu*.h "$headers/"
}

make_cunit()
{
	local from=$1/CUnit

	mkdir -p "$headers/CUnit"
	cp "$from/Headers"/*.h "$headers/CUnit/"
	sed 's/@VERSION@-@RELEASE@/2.1-3/' "$from/Headers/CUnit.h.in" >"$headers/CUnit/CUnit.h"
	compile libcunit "$from/Sources" "-I$headers -I$headers/CUnit -DVERSION=\\\"2.1-3\\\"" Framework/CUError.c Framework/MyMem.c \
		Framework/TestDB.c Framework/TestRun.c Framework/Util.c Basic/Basic.c Automated/Automated.c Console/Console.c
}

make_json_c()
{
	local from=$1

	{
		defines HAVE_DECL_INFINITY HAVE_DECL_ISINF HAVE_DECL_ISNAN HAVE_DECL_NAN HAVE_DLFCN_H HAVE_ENDIAN_H HAVE_FCNTL_H \
			HAVE_GETRANDOM HAVE_INTTYPES_H HAVE_LIMITS_H HAVE_LOCALE_H HAVE_OPEN HAVE_REALLOC HAVE_SETLOCALE HAVE_SNPRINTF \
			HAVE_STDARG_H HAVE_STDINT_H HAVE_STDLIB_H HAVE_STRCASECMP HAVE_STRDUP HAVE_STRERROR HAVE_STRINGS_H HAVE_STRING_H \
			HAVE_STRNCASECMP HAVE_STRTOLL HAVE_STRTOULL HAVE_SYSLOG_H HAVE_SYS_PARAM_H HAVE_SYS_RANDOM_H HAVE_SYS_STAT_H \
			HAVE_SYS_TYPES_H HAVE_UNISTD_H HAVE_USELOCALE HAVE_VASPRINTF HAVE_VPRINTF HAVE_VSNPRINTF HAVE_VSYSLOG \
			HAVE_ATOMIC_BUILTINS JSON_C_HAVE_INTTYPES_H
		# For the preprocessor: all that it compares them with is each other.
		echo '#define SIZEOF_INT 4
#define SIZEOF_LONG __SIZEOF_LONG__
#define SIZEOF_LONG_LONG 8
#define SIZEOF_INT64_T 8
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#define SIZEOF_SSIZE_T __SIZEOF_SIZE_T__'
	} >"$from/config.h"
	defines JSON_C_HAVE_INTTYPES_H >"$from/json_config.h"
	sed 's/@JSON_H_JSON_POINTER@/#include "json_pointer.h"/' "$from/json.h.cmakein" >"$from/json.h"
	compile libjson-c "$from" "-I$from -D_GNU_SOURCE" arraylist.c debug.c json_c_version.c json_object.c json_object_iterator.c \
		json_pointer.c json_tokener.c json_util.c json_visit.c linkhash.c printbuf.c random_seed.c strerror_override.c
	mkdir -p "$headers/json-c"
	cp "$from"/*.h "$headers/json-c/"
	rm "$headers/json-c/config.h"
}

make_zlib()
{
	local from=$1

	compile libz "$from" '-DHAVE_UNISTD_H -DHAVE_HIDDEN -D_LARGEFILE64_SOURCE=1' adler32.c compress.c crc32.c deflate.c gzclose.c \
		gzlib.c gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c
	cp "$from/zlib.h" "$from/zconf.h" "$headers/"
}

# libelf alone.
make_elfutils()
{
	local from=$1

	defines HAVE_DECL_MEMPCPY HAVE_DECL_POWEROF2 HAVE_DECL_REALLOCARRAY HAVE_DECL_RAWMEMCHR HAVE_DECL_MEMRCHR \
		HAVE_VISIBILITY HAVE_STDATOMIC_H HAVE_ERROR_H HAVE_ERR_H >"$from/config.h"
	cat >>"$from/config.h" <<-'CONFIG'
		#define PACKAGE_NAME "elfutils"
		#define _GNU_SOURCE 1
		#include <eu-config.h>
	CONFIG
	compile libelf "$from/libelf" "-std=gnu99 -I$from -I$from/lib -I$from/libelf -DHAVE_CONFIG_H -D_GNU_SOURCE" \
		$(cd "$from/libelf" && ls *.c ../lib/next_prime.c ../lib/crc32.c)
	# A script for the linker, since whoever wants libelf need not know that it wants zlib.
	echo 'INPUT(libelf.a libz.a)' >"$libraries/libelf.so"
	cp "$from/libelf/libelf.h" "$from/libelf/gelf.h" "$from/libelf/nlist.h" "$headers/"
}

make_protobuf_c()
{
	local from=$1

	compile libprotobuf-c "$from" "-I$from" protobuf-c/protobuf-c.c
	mkdir -p "$headers/protobuf-c"
	cp "$from/protobuf-c/protobuf-c.h" "$headers/protobuf-c/"
}

# ---- all of it ----

start_apt "$debian" deb-src
if [ -n "$musl_source" ]; then take_headers; elif [ -n "$musl" ]; then take_musl; else take_glibc; fi
headers=$work/root/usr/include libraries=$work/root/usr/lib
# -fPIC: they become parts of librill.so, too.
c_flags="-O2 -g -fPIC -ffunction-sections -w --sysroot=$work/root${processor:+ $processor}"
if [ -n "$musl" ]; then
	write_specs
	c_flags="$c_flags -specs=$work/root/musl.specs"
else
	libraries=$libraries/$prefix
fi

mkdir "$work/source"
(cd "$work/source" && own_apt source --only-source $sources)
for source in $sources; do
	set -- "$work/source/$source"-[0-9]*/
	"make_${source//-/_}" "${1%/}"
done
finish "$dir" "$wanted"
echo "$dir: $sources of $release, compiled for $arch"
