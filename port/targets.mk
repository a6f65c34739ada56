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
#   bench-NAME     what its rill-bench is built as, where glibc alone would take half of the 700 KB that a small board has for it, or all

cross-arm64 := aarch64-linux-gnu-
sysroot-arm64 := arm64
emulator-arm64 := qemu-aarch64
bench-arm64 := arm64_musl

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
bench-armel_v6 := armel_v6_musl

cross-i386 := i686-linux-gnu-
sysroot-i386 := i386
# Of 64-bit words that gcc 11 aligns in another way than older ones; nobody else sees those structures.
flags-i386 := -Wno-psabi
emulator-i386 := qemu-i386
loader-i386 := lib/ld-linux.so.2
bench-i386 := i386_musl

# Debian has the C library alone; the rest of the sysroot is compiled from Debian's sources.
cross-riscv64 := riscv64-linux-gnu-
sysroot-riscv64 := riscv64
emulator-riscv64 := qemu-riscv64
bench-riscv64 := riscv64_musl

# No board, but the one big-endian processor whose libraries Debian has: bytes that it writes have to be those of all others.
cross-s390x := s390x-linux-gnu-
sysroot-s390x := s390x
emulator-s390x := qemu-s390x
bench-s390x := s390x_musl

# musl in place of glibc: programs of a tenth of the size, always static here.
musl-targets := arm64_musl armel_v6_musl armhf_musl i386_musl riscv64_musl s390x_musl
define musl-target
cross-$(1) := $$(cross-$(1:_musl=))
config-$(1) := musl
sysroot-$(1) := $(1)
flags-$(1) = -specs=$$(abspath $$(SYSROOT))/musl.specs $$(flags-$(1:_musl=))
emulator-$(1) := $$(emulator-$(1:_musl=))
static-$(1) := 1
c-only-$(1) := 1
endef
$(foreach name,$(musl-targets),$(eval $(call musl-target,$(name))))
# A 64-bit x86 runs these by itself, and qemu-i386 dies at the first thread that musl makes.
emulator-i386_musl := $(if $(filter x86_64,$(shell uname -m)),,qemu-i386)
# Debian's compiler would call a function of glibc's to choose among atomic instructions.
flags-arm64_musl += -mno-outline-atomics
# musl knows no other `long double` there.
flags-s390x_musl += -mlong-double-64

targets := $(sort $(patsubst cross-%,%,$(filter cross-%,$(.VARIABLES))))
