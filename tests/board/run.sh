#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh - boots emulated boards side by side, takes their traces over a serial line, and looks whether the books are closed.
#
#     tests/board/run.sh BOARD...       vexpress (Cortex-A9), virt32 (Cortex-A15), virt64 (Cortex-A53, 64 bits)
#     BOARD_SEED=1                      of the faults on the line
#     BOARD_LIMIT_S=300                 for each board, from its start to its end
#     SCENES='clock clean ...'          of tests/board/init, only these; power is the last, where a board has a disk
#
# RILL_BUILD is the host's build, whose rill pulls; what runs on the boards is built in build/ARCH, or where BOARD_BUILD
# says. Console, traces and messages of a board stay in build/board/BOARD. Exit code 77: something of it cannot be had here, and
# that is said; nothing was tried.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${RILL_BUILD:-$PWD/build/host}
targets=${BOARD_BUILD:-build}
# What was said to the make that called this is not meant for those called here.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
scenes=${SCENES:-clock clean faulty flood console file raw forward power}
top=tests/board

absent()
{
	echo "skipped: $1"
	echo "0 passed, 0 failed, $# skipped"
	exit 77
}

arch_of()
{
	case $1 in
	vexpress|virt32) echo armhf ;;
	virt64) echo arm64 ;;
	*) echo "run.sh: '$1': vexpress, virt32 or virt64 is wanted" >&2; exit 2 ;;
	esac
}

# fetch ARCH: what cannot be had here is a skip, and what goes wrong is none.
fetch()
{
	local prefix sysroot

	read -r prefix sysroot _ <<<"$(make -s --no-print-directory ARCH="$1" show-target)"
	command -v "${prefix}gcc" >/dev/null || {
		echo "${prefix}gcc is not installed: make deps-all" >&2
		return 77
	}
	port/sysroot.sh "${sysroot##*/}" "$sysroot" && $top/kernel.sh "$1"
}

has_disk() { [ "$1" != vexpress ]; }

# What QEMU is called with. Both UARTs are in all of these kernels; highmem=off, since a kernel without large addresses
# would not find the second one of virt.
emulator_of()
{
	local kernel console=ttyAMA0 line=ttyS0

	kernel=build/board/$(arch_of "$1")
	qemu=(-nodefaults -no-reboot -display none -monitor none -m 256 -chardev 'socket,id=console,fd=CONSOLE_FD'
		-chardev 'socket,id=line,fd=LINE_FD' -serial chardev:console)
	case $1 in
	vexpress)
		line=ttyAMA1
		qemu=(qemu-system-arm -M vexpress-a9 -dtb "$kernel/vexpress-v2p-ca9.dtb" "${qemu[@]}" -serial chardev:line) ;;
	virt32)
		qemu=(qemu-system-arm -M 'virt,highmem=off' -cpu cortex-a15 -smp 2 "${qemu[@]}" -device 'pci-serial,chardev=line') ;;
	virt64)
		qemu=(qemu-system-aarch64 -M virt -cpu cortex-a53 -smp 2 "${qemu[@]}" -device 'pci-serial,chardev=line') ;;
	esac
	! has_disk "$1" || qemu+=(-drive "file=build/board/$1/disk,format=raw,if=none,id=disk" -device virtio-blk-device,drive=disk)
	qemu+=(-kernel "$kernel/vmlinuz" -initrd "build/board/$1/initrd"
		-append "console=$console,115200 quiet panic=-1 rdinit=/init CONSOLE=$console LINE=$line")
}

make_initrd()
{
	local root=build/board/$1/root arch
	arch=$(arch_of "$1")
	rm -rf "$root"
	mkdir -p "$root/bin"
	cp "build/board/$arch/busybox" "$targets/$arch/board/demo" "$targets/$arch/board/rill-forward" "$root/bin/"
	install -m 755 $top/init "$root/init"
	! has_disk "$1" || cp "build/board/$arch"/*.ko "$root/"
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"build/board/$1/initrd"
	rm -r "$root"
}

# One board: its lines on standard output, its cases in build/board/BOARD/sums; one that has none has failed.
play()
{
	local folder=build/board/$1 scenes=$scenes
	emulator_of "$1"
	if has_disk "$1"; then truncate -s 16M "$folder/disk"; else scenes=${scenes% power}; fi
	python3 $top/board.py "$1" "$folder" "${BOARD_LIMIT_S:-300}" "${BOARD_SEED:-1}" "$build/rill" "$scenes" "${qemu[@]}" &&
		$top/books.sh "$1" "$folder" "$build/rill"
}

[ $# -gt 0 ] || { echo "run.sh: which boards? vexpress, virt32, virt64" >&2; exit 2; }
for tool in python3 cpio gzip babeltrace2; do
	command -v $tool >/dev/null || absent "$tool is not installed: make deps-all"
done
for board; do
	emulator_of "$board"
	command -v "${qemu[0]}" >/dev/null || absent "${qemu[0]}, which $board needs, is not installed: make deps-all"
done
if ! [ -x "$build/rill" ]; then
	echo "run.sh: there is no $build/rill: make" >&2
	exit 1
fi

arches=$(for board; do arch_of "$board"; done | sort -u)
fetching=()
for arch in $arches; do
	fetch "$arch" & fetching+=($!)
done
for job in "${fetching[@]}"; do
	code=0
	wait "$job" || code=$?
	[ $code != 77 ] || absent 'what the boards need cannot be had here; the lines above say why'
	[ $code = 0 ] || exit $code
done
for arch in $arches; do
	"${MAKE:-make}" --no-print-directory "-j$(nproc)" ARCH="$arch" O="$targets/$arch" board-programs
done

for board; do
	rm -rf "build/board/$board"
	make_initrd "$board"
	play "$board" &
done
wait

passed=0 failed=0
for board; do
	read -r p _ f _ <<<"$(cat "build/board/$board/sums" 2>/dev/null || echo '0 passed, 1 failed')"
	passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
