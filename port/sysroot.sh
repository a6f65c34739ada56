#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sysroot.sh - unpacks a board's C library and the libraries that rill needs, from Debian, into one folder.
#
#     port/sysroot.sh ARCH [DIR]      ARCH: armhf, arm64, armel, i386; DIR: build/sysroot/ARCH
#     RELEASE=bookworm MIRROR=http://deb.debian.org/debian     unless the machine's own apt says better
#
# Nothing is installed and no architecture is added to dpkg: packages for another processor would remove
# this machine's own (libck-dev cannot stand beside itself). What is there already is not fetched again; `rm -r`
# the folder to have it made anew. Ends with 77 where there is no apt or no way to the mirror: whoever needs the
# folder for a test can then only skip it.
set -euo pipefail

packages='libc6-dev libck-dev libcunit1-dev libelf-dev libjson-c-dev libprotobuf-c-dev libstdc++6 liburcu-dev zlib1g-dev'
# What libc6-dev and the others draw in, and no build of rill looks at.
unwanted='^(gcc-[0-9]+-base|libc-dev-bin|libcom-err2|libcrypt.*|libgssapi-.*|libk5.*|libkeyutils.*|libkrb5.*'
unwanted+='|libnsl.*|libssl.*|libtirpc.*|rpcsvc-proto)$'

refuse() { echo "sysroot.sh: $2" >&2; exit "$1"; }

arch=${1:-} dir=${2:-build/sysroot/${1:-}}
case $arch in
armhf) triplet=arm-linux-gnueabihf ;;
arm64) triplet=aarch64-linux-gnu ;;
armel) triplet=arm-linux-gnueabi ;;
i386) triplet=i386-linux-gnu ;;
*) refuse 2 "'$arch': armhf, arm64, armel or i386 is wanted. Other processors need a sysroot of their own (Buildroot, Yocto)" ;;
esac

# Written last, so that what a broken run left is not taken for a sysroot.
stamp=$dir/.rill-sysroot
wanted="$arch: $packages"
if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$wanted" ]; then
	exit 0
fi
for tool in apt-get dpkg-deb; do
	command -v $tool >/dev/null || refuse 77 "skipped: $tool is not here, so Debian's packages cannot be unpacked"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root"
: >"$work/status"

# The mirror and the release that this machine's own packages come from.
found=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
	awk '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4, $5; exit }')
release=${RELEASE:-${found%% *}} mirror=${MIRROR:-${found##* }}
release=${release:-bookworm} mirror=${mirror:-http://deb.debian.org/debian}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f $keys ] || refuse 77 "skipped: $keys is missing; install debian-archive-keyring"
echo "deb [arch=$arch signed-by=$keys] $mirror $release main" >"$work/sources.list"

# apt, in a state of its own: it knows this one source, this one processor, and no installed package.
own_apt()
{
	apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none \
		-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User= -o Acquire::Retries=3 "$@" >"$work/log" 2>&1 </dev/null || {
		tail -n 5 "$work/log" >&2
		refuse 77 "skipped: apt-get $1 failed for $arch from $mirror ($release); the lines above say why"
	}
}

own_apt update -o APT::Update::Error-Mode=any
own_apt install --simulate --no-install-recommends $packages
names=$(awk -v unwanted="$unwanted" '$1 == "Inst" && $2 !~ unwanted { print $2 }' "$work/log")
(cd "$work/debs" && own_apt download $names)

for deb in "$work"/debs/*.deb; do
	dpkg-deb --extract "$deb" "$work/root"
done
rm -rf "$work/root/usr/share"
# Links to /lib/... would lead into this machine's own files.
find "$work/root" -type l -lname '/*' | while read -r link; do
	target=$(readlink "$link") up=$(dirname "${link#"$work/root/"}" | sed 's|[^/][^/]*|..|g')
	ln -sfn "$up$target" "$link"
done
[ -f "$work/root/usr/lib/$triplet/liburcu-bp.a" ] ||
	refuse 1 "the packages hold no usr/lib/$triplet/liburcu-bp.a: this release of Debian lays them out in another way"

mkdir -p "$(dirname "$dir")"
{ echo "$wanted"; echo "$mirror $release"; (cd "$work/debs" && ls); } >"$work/root/.rill-sysroot"
rm -rf "$dir"
# mktemp's folder is closed to others; this one is not.
chmod 755 "$work/root"
mv "$work/root" "$dir"
echo "$dir: $(grep -c '\.deb$' "$dir/.rill-sysroot") packages of $release for $arch"
