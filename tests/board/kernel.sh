#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kernel.sh - unpacks Debian's newest kernel for a processor, and a static busybox, into one folder: what an emulated board boots.
#
#     tests/board/kernel.sh ARCH [DIR]      ARCH: armhf, arm64; DIR: build/board/ARCH
#     RELEASE=bookworm MIRROR=http://deb.debian.org/debian     unless the machine's own apt says better
#
# DIR then holds vmlinuz, busybox, the device trees that the boards need and the drivers of their disk. What is there already is not fetched again. The meta
# package names the newest kernel, since the archive drops older ones. Ends with 77 where there is no apt or no way to the mirror.
set -euo pipefail
# Sets work, release and mirror.
. port/sysroot_apt.sh
refuse() { echo "kernel.sh: $2" >&2; exit "$1"; }

arch=${1:-} dir=${2:-build/board/${1:-}}
case $arch in
armhf) meta=linux-image-armmp trees=vexpress-v2p-ca9.dtb ;;
arm64) meta=linux-image-arm64 trees= ;;
*) refuse 2 "'$arch': armhf or arm64 is wanted" ;;
esac
drivers='virtio_mmio virtio_blk'
wanted="$arch: $meta busybox-static $trees $drivers"
! made "$dir" "$wanted" || exit 0

start_apt "$arch"
own_apt install --simulate --no-install-recommends "$meta"
kernel=$(awk '$1 == "Inst" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }' "$work/log")
[ -n "$kernel" ] || refuse 1 "$meta of $release names no kernel: this release of Debian lays them out in another way"
(cd "$work/debs" && own_apt download "$kernel" busybox-static)

# Of a kernel's package only a few of its thousands of files are wanted.
mkdir "$work/tree"
dpkg-deb --fsys-tarfile "$work"/debs/linux-image-*.deb >"$work/kernel.tar"
tar -xf "$work/kernel.tar" -C "$work/tree" --wildcards './boot/vmlinuz-*'
for tree in $trees; do
	tar -xf "$work/kernel.tar" -C "$work/tree" --wildcards "./usr/lib/linux-image-*/$tree"
	mv "$work/tree/usr/lib"/linux-image-*/"$tree" "$work/root/"
done
for driver in $drivers; do
	tar -xf "$work/kernel.tar" -C "$work/tree" --wildcards "./lib/modules/*/$driver.ko*"
	find "$work/tree/lib" -name "$driver.ko*" -exec mv {} "$work/root/" \;
	[ ! -f "$work/root/$driver.ko.xz" ] || xz -d "$work/root/$driver.ko.xz"
	[ -s "$work/root/$driver.ko" ] || refuse 1 "$meta of $release holds no $driver.ko: this release of Debian lays them out in another way"
done
mv "$work/tree/boot"/vmlinuz-* "$work/root/vmlinuz"
dpkg-deb --fsys-tarfile "$work"/debs/busybox-static_*.deb | tar -xf - -C "$work/tree" --wildcards './*bin/busybox'
find "$work/tree" -name busybox -type f -exec mv {} "$work/root/busybox" \;
[ -s "$work/root/busybox" ] || refuse 1 "busybox-static of $release holds no busybox"
finish "$dir" "$wanted"
echo "$dir: $kernel of $release"
