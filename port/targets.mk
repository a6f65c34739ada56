# SPDX-License-Identifier: MIT
# targets.mk - what `make ARCH=NAME` stands for: NAME_defconfig, a compiler, a sysroot, and what runs the result.
#
#   cross-NAME     the compiler's prefix
#   sysroot-NAME   what port/sysroot.sh unpacks, into build/sysroot/
#   flags-NAME     further flags for compiler and linker
#   emulator-NAME  runs its programs here, from user mode

cross-arm64 := aarch64-linux-gnu-
sysroot-arm64 := arm64
emulator-arm64 := qemu-aarch64

# Debian's armhf is ARMv7-A with a floating-point unit.
cross-armhf := arm-linux-gnueabihf-
sysroot-armhf := armhf
emulator-armhf := qemu-arm

cross-armhf_min := $(cross-armhf)
sysroot-armhf_min := armhf
flags-armhf_min := -Os
emulator-armhf_min := qemu-arm

# ARMv6 with the instructions that lock-free words need. Debian's compiler would take ARMv5 and Thumb.
cross-armel_v6 := arm-linux-gnueabi-
sysroot-armel_v6 := armel
flags-armel_v6 := -march=armv6k -marm
emulator-armel_v6 := qemu-arm

cross-i386 := i686-linux-gnu-
sysroot-i386 := i386
emulator-i386 := qemu-i386

targets := $(sort $(patsubst cross-%,%,$(filter cross-%,$(.VARIABLES))))
