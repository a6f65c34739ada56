#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sysroot.sh - makes a folder of a board's C library and the libraries that rill needs, from Debian's packages.
#
#     port/sysroot.sh ARCH [DIR]      ARCH: armhf, arm64, armel, i386, s390x, riscv64; arm64_musl, armel_v6_musl, armhf_musl,
#                                     i386_musl, riscv64_musl, s390x_musl
#                                     DIR: build/sysroot/ARCH
#     RELEASE=bookworm MIRROR=http://deb.debian.org/debian     unless the machine's own apt says better
#
# What is there already is not fetched again; `rm -r` the folder to have it made anew. Ends with 77 where there is no apt or no way to
# the mirror: whoever needs the folder for a test can then only skip it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sysroot_apt.sh"

packages='libc6-dev libck-dev libcunit1-dev libelf-dev libjson-c-dev libprotobuf-c-dev libstdc++6 liburcu-dev zlib1g-dev'
# What libc6-dev and the others draw in, and no build of rill looks at.
unwanted='^(gcc-[0-9]+-base|libc-dev-bin|libcom-err2|libcrypt.*|libgssapi-.*|libk5.*|libkeyutils.*|libkrb5.*'
unwanted+='|libnsl.*|libssl.*|libtirpc.*|rpcsvc-proto)$'

arch=${1:-} dir=${2:-build/sysroot/${1:-}}
case $arch in
armhf) triplet=arm-linux-gnueabihf ;;
arm64) triplet=aarch64-linux-gnu ;;
armel) triplet=arm-linux-gnueabi ;;
i386) triplet=i386-linux-gnu ;;
s390x) triplet=s390x-linux-gnu ;;
# Debian has no such libraries in binary form.
riscv64 | *_musl) exec "$here/sysroot_source.sh" "$arch" "$dir" ;;
*) refuse 2 "'$arch': armhf, arm64, armel, i386, s390x, riscv64 or one of them with _musl (armel_v6_musl) is wanted. Other processors need a sysroot of \
their own (Buildroot, Yocto)" ;;
esac
wanted="$arch: $packages"
! made "$dir" "$wanted" || exit 0

start_apt "$arch"
own_apt install --simulate --no-install-recommends $packages
names=$(awk -v unwanted="$unwanted" '$1 == "Inst" && $2 !~ unwanted { print $2 }' "$work/log")
unpack_debs $names
rm -rf "$work/root/usr/share"
relative_links
[ -f "$work/root/usr/lib/$triplet/liburcu-bp.a" ] ||
	refuse 1 "the packages hold no usr/lib/$triplet/liburcu-bp.a: this release of Debian lays them out in another way"
finish "$dir" "$wanted"
echo "$dir: $(grep -c '\.deb$' "$dir/.rill-sysroot") packages of $release for $arch"
