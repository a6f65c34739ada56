#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sysroot_apt.sh - what the scripts that make a sysroot share: apt in a state of its own, and how a folder is finished.
#
# To be read by them (`.`), not to be run. Nothing is installed and no architecture is added to dpkg: packages for
# another processor would remove this machine's own (libck-dev cannot stand beside itself).
#
#     RELEASE=bookworm MIRROR=http://deb.debian.org/debian     unless the machine's own apt says better

refuse() { echo "sysroot.sh: $2" >&2; exit "$1"; }

# have COMMAND PACKAGE: is it there?
have()
{
	command -v "$1" >/dev/null || refuse 77 "skipped: $1 is not here; install $2"
}

# made DIR WANTED: is DIR a sysroot of this description? Its stamp is written last, so that what a broken run left
# is not taken for one.
made()
{
	[ -f "$1/.rill-sysroot" ] && [ "$(head -n 1 "$1/.rill-sysroot")" = "$2" ]
}

# start_apt ARCH [deb-src]: makes $work (removed at the end), finds $mirror and $release. deb-src: sources of packages
# can be had, too.
start_apt()
{
	local found keys=/usr/share/keyrings/debian-archive-keyring.gpg

	have apt-get apt
	have dpkg-deb dpkg
	[ -f $keys ] || refuse 77 "skipped: $keys is missing; install debian-archive-keyring"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root"
	: >"$work/status"
	# The mirror and the release that this machine's own packages come from.
	found=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4, $5; exit }')
	release=${RELEASE:-${found%% *}} mirror=${MIRROR:-${found##* }}
	release=${release:-bookworm} mirror=${mirror:-http://deb.debian.org/debian}
	apt_arch=$1
	echo "deb [arch=$1 signed-by=$keys] $mirror $release main" >"$work/sources.list"
	[ -z "${2:-}" ] || echo "deb-src [signed-by=$keys] $mirror $release main" >>"$work/sources.list"
	own_apt update -o APT::Update::Error-Mode=any
}

# apt, in that state: it knows this one mirror, this one processor, and no installed package.
own_apt()
{
	apt-get -q -o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" -o Acquire::Languages=none \
		-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User= -o Acquire::Retries=3 "$@" >"$work/log" 2>&1 </dev/null || {
		tail -n 5 "$work/log" >&2
		refuse 77 "skipped: apt-get $1 failed for $apt_arch from $mirror ($release); the lines above say why"
	}
}

# unpack_debs NAME...: downloads these packages and unpacks them into $work/root.
unpack_debs()
{
	(cd "$work/debs" && own_apt download "$@")
	for deb in "$work"/debs/*.deb; do
		dpkg-deb --extract "$deb" "$work/root"
	done
}

# Links to /lib/... would lead into this machine's own files.
relative_links()
{
	local link target up

	find "$work/root" -type l -lname '/*' | while read -r link; do
		target=$(readlink "$link") up=$(dirname "${link#"$work/root/"}" | sed 's|[^/][^/]*|..|g')
		ln -sfn "$up$target" "$link"
	done
}

# finish DIR WANTED: $work/root becomes DIR; the stamp also says what it was made of.
finish()
{
	local contents

	contents=$(cd "$work/debs" && ls)
	printf '%s\n' "$2" "$mirror $release" "$contents" >"$work/root/.rill-sysroot"
	# mktemp's folder is closed to others; this one is not.
	chmod 755 "$work/root"
	mkdir -p "$(dirname "$1")"
	rm -rf "$1"
	mv "$work/root" "$1"
}
