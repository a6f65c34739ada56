# SPDX-License-Identifier: MIT
# targets.mk - what `make ARCH=NAME` stands for: NAME_defconfig, a compiler, a sysroot, and what runs the result.
#
#   cross-NAME     the compiler's prefix
#   config-NAME    its configuration, where that is not NAME_defconfig
#   sysroot-NAME   what port/sysroot.sh makes, in build/sysroot/
#   flags-NAME     further flags for compiler and linker
#   emulator-NAME  runs its programs here, from user mode
#   loader-NAME    its loader in the sysroot, if a 64-bit x86 runs its programs without an emulator
#   static-NAME    1: its programs are static, as STATIC=1 asks for elsewhere
#   c-only-NAME    1: there is no C++ for it

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
# Of 64-bit words that gcc 11 aligns in another way than older ones; nobody else sees those structures.
flags-i386 := -Wno-psabi
emulator-i386 := qemu-i386
loader-i386 := lib/ld-linux.so.2

# Debian has the C library alone; the rest of the sysroot is compiled from Debian's sources.
cross-riscv64 := riscv64-linux-gnu-
sysroot-riscv64 := riscv64
emulator-riscv64 := qemu-riscv64

# No board, but the one big-endian processor whose libraries Debian has: bytes that it writes have to be those of all others.
cross-s390x := s390x-linux-gnu-
sysroot-s390x := s390x
emulator-s390x := qemu-s390x

# musl in place of glibc: programs of a tenth of the size, always static here.
cross-armhf_musl := $(cross-armhf)
config-armhf_musl := musl
sysroot-armhf_musl := armhf_musl
flags-armhf_musl = -specs=$(abspath $(SYSROOT))/musl.specs
emulator-armhf_musl := qemu-arm
static-armhf_musl := 1
c-only-armhf_musl := 1

# Debian's compiler would call a function of glibc's to choose among atomic instructions.
cross-arm64_musl := $(cross-arm64)
config-arm64_musl := musl
sysroot-arm64_musl := arm64_musl
flags-arm64_musl = -specs=$(abspath $(SYSROOT))/musl.specs -mno-outline-atomics
emulator-arm64_musl := qemu-aarch64
static-arm64_musl := 1
c-only-arm64_musl := 1

targets := $(sort $(patsubst cross-%,%,$(filter cross-%,$(.VARIABLES))))
