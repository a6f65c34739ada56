# SPDX-License-Identifier: MIT
# rules.mk - the variables, the configuration, and how the libraries and the tool are built.
#
#> make                build/host/librill.a, librill.so and rill
#> make demo           records a real program and reports on it
#> make bench          measures what an event costs, beside its floor
#> make bench-report   measures everything and writes tables and plots into doc/costs.md: ONLY='threads latency', DRAW=1
#> make rill-bench     one static file of at most 700 KB that measures it on a board: ARCH=armhf, arm64, ... (bench-board is the same)
#> make bench-insn     counts the instructions of an event exactly: ARCH=armhf, arm64, riscv64; WRITE=1 writes them into doc/costs.md
#> make bench-peers    rill beside LTTng-UST, V8's own tracing and trace_marker in one run (.ci/deps peers); WRITE=1: into doc/costs.md
#> make check          builds and runs all tests; check-long: these, the long ones, and the stress at full length (10^7 events and more)
#> make board          boots emulated boards, BOARD=vexpress|virt32|virt64, that send traces over a serial line; board-all
#> make litmus         the litmus programs in their long forms, and what they saw
#> make model          checks the models of the protocols (tests/model); model-long: bigger ones, an hour and 8 GB of memory
#> make mutants        puts faults into the code, one at a time, and shows what notices them; mutants-some: some
#> make fuzz           feeds broken input to everything that reads, SECONDS=60 for each target (FUZZ=NAME for one, RUNS=N); fuzz-brief
#> make install        DESTDIR= PREFIX=/usr/local; uninstall removes the same files
#> make deps           installs what build, demo and check need (Debian, as root; else says what to do)
#> make deps-all       and what the rest needs: cross compilers, emulators, further readers
#> make menuconfig     changes build/host/.config; also olddefconfig, savedefconfig
#> make NAME_defconfig takes port/defconfig/NAME_defconfig; defconfig is host_defconfig
#> make budget         what a configuration may take of memory, and for what; size: measured; size-all: a table of all
#> make randconfig-check  builds and tries random configurations, N=20 of them, from SEED= on
#> make messages       what the numbers mean that a build without CONFIG_RILL_MESSAGES says
#> make clean          removes build/
#>
#> O=DIR               builds into DIR; a configuration belongs to its folder
#> ARCH=armhf|arm64|...  for that processor (port/targets.mk), into build/ARCH; check runs in an emulator
#> CROSS_COMPILE=arm-linux-gnueabihf-     builds into build/arm-linux-gnueabihf
#> SYSROOT=DIR         the board's headers and libraries; build/sysroot/armhf is unpacked from Debian
#> STATIC=1            static programs and no librill.so, into build/armhf-static; ARCH=armhf_musl, arm64_musl and others are so by themselves
#> RUN=COMMAND         what `make check` starts test programs with, such as 'qemu-arm -L /full/path/sysroot'
#> FAST=1              `make check` leaves out what an emulator takes long for
#> BRIEF=1             it runs one program for each part, the scripts, and the stress
#> SAN=address|thread|undefined           with that sanitizer, into build/host-address, ...
#> V=1                 shows whole command lines
#> WERROR=1            a warning stops the build
#> CC= CXX= CFLAGS= CXXFLAGS= CPPFLAGS= LDFLAGS= URCU_LIBS= CK_LIBS= JSON_C_LIBS= ELF_LIBS= LZ4_LIBS= ZSTD_LIBS=
#> PROTOBUF_C_LIBS=
#
# Nothing here runs a compiler or looks for a package while make reads it: `make deps` must work on a
# machine that has neither.

all:
.PHONY: all FORCE
.DELETE_ON_ERROR:
.SUFFIXES:

# ---- variables a user may set ----

include port/targets.mk

# `make armhf_defconfig` alone means the folder that the compiler of armhf will build into.
config-goal := $(filter $(targets:=_defconfig),$(goals))
ifneq ($(ARCH),)
ifeq ($(filter $(ARCH),$(targets)),)
$(error ARCH=$(ARCH): one of "$(targets)" is wanted, or none and CROSS_COMPILE= for another processor)
endif
CROSS_COMPILE ?= $(cross-$(ARCH))
SYSROOT       ?= build/sysroot/$(sysroot-$(ARCH))
STATIC        ?= $(static-$(ARCH))
O             ?= build/$(ARCH)$(if $(STATIC),$(if $(static-$(ARCH)),,-static))
# The loader that programs ask for is not at its place on this machine, and the tests want to be started without it: theirs is
# the sysroot's.
loader := $(if $(filter x86_64,$(shell uname -m)),$(addprefix $(abspath $(SYSROOT))/,$(loader-$(ARCH))))
loader-path := $(abspath $(SYSROOT))/usr/lib/$(ARCH)-linux-gnu:$(abspath $(SYSROOT))/lib/$(ARCH)-linux-gnu
RUN           ?= $(if $(loader),,$(emulator-$(ARCH):%=% -L $(abspath $(SYSROOT))))
else ifneq ($(config-goal),)
CROSS_COMPILE ?= $(cross-$(config-goal:_defconfig=))
endif
target-flags := $(flags-$(ARCH)) $(if $(SYSROOT),--sysroot=$(abspath $(SYSROOT)))

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin CXX),default)
CXX := $(CROSS_COMPILE)g++
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
NM       ?= $(CROSS_COMPILE)nm
CFLAGS   ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)
URCU_LIBS   ?= -lurcu-bp -lurcu-common
CK_LIBS     ?= -lck
JSON_C_LIBS ?= -ljson-c
ELF_LIBS    ?= -lelf $(if $(STATIC),-lz)
PROTOBUF_C_LIBS ?= -lprotobuf-c
LZ4_LIBS    ?= -llz4
ZSTD_LIBS   ?= -lzstd
NCURSES_LIBS ?= -lncursesw -ltinfo
CUNIT_LIBS  ?= -lcunit

# One folder for each way of building: build/host, build/arm-linux-gnueabihf, build/host-address.
O ?= build/$(or $(patsubst %-,%,$(notdir $(CROSS_COMPILE))),host)$(if $(STATIC),-static)
override O := $(patsubst %/,%,$(O))
base := $(O)
config := $(O)/.config
ifneq ($(SAN),)
ifeq ($(filter $(SAN),address thread undefined),)
$(error SAN=$(SAN): address, thread or undefined is wanted)
endif
override O := $(O)-$(SAN)
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# ---- configuration ----

auto := $(O)/include/config/auto.conf
autoconf := $(O)/include/generated/autoconf.h

ifeq ($(alone),)
include $(auto)
endif

# Every build reads its configuration through src/config.awk, so it is the same with and without
# Debian's kconfig-frontends; those serve the goals further down. autoconf.h keeps its time when nothing
# in it changes, and so do the objects.
$(auto): $(config) Kconfig src/config.awk
	@mkdir -p $(O)/include/config $(O)/include/generated
	@awk -v conf=$@.new -v header=$(autoconf).new -f src/config.awk Kconfig $(config)
	@awk -f src/budget.awk $@.new
	@cmp -s $(autoconf).new $(autoconf) || cp $(autoconf).new $(autoconf)
	@rm $(autoconf).new
	@mv $@.new $@

$(config):
	@mkdir -p $(@D)
	@cp port/defconfig/$(or $(config-$(ARCH)),$(ARCH),$(if $(CROSS_COMPILE),board,host))_defconfig $@

$(autoconf): $(auto)

need-kconfig = @command -v kconfig-conf >/dev/null || { echo "make $@ needs kconfig-frontends:" \
	"run 'make deps', or edit $(config)" >&2; exit 1; }

.PHONY: menuconfig defconfig olddefconfig savedefconfig
menuconfig: $(config)
	$(need-kconfig)
	@KCONFIG_CONFIG=$(config) kconfig-mconf Kconfig
defconfig: host_defconfig
# Kconfig's programs put a default in place of what is wrong, without a word.
check-config = @awk -v conf=/dev/null -v header=/dev/null -f src/config.awk Kconfig $(config)
olddefconfig: $(config)
	$(need-kconfig)
	$(check-config)
	@KCONFIG_CONFIG=$(config) kconfig-conf --olddefconfig Kconfig
savedefconfig: $(config)
	$(need-kconfig)
	$(check-config)
	@KCONFIG_CONFIG=$(config) kconfig-conf --savedefconfig=$(O)/defconfig Kconfig
	@echo "$(O)/defconfig: keep it as port/defconfig/NAME_defconfig"
%_defconfig: port/defconfig/%_defconfig
	@mkdir -p $(O)
	@cp $< $(config)
	$(check-config)
	@echo "$(config): $<"
	$(if $(cross-$*),@echo "now: make$(if $(ARCH), ARCH=$(ARCH), CROSS_COMPILE=$(cross-$*) SYSROOT=build/sysroot/$(sysroot-$*)$(if $(flags-$*), CFLAGS='-O2 -g $(flags-$*)'))")

# ---- what is built ----

obj-y :=
tool-y :=
include $(sort $(wildcard src/*/build.mk port/*/build.mk))

lib-objects := $(addprefix $(O)/,$(sort $(obj-y)))
tool-objects := $(if $(CONFIG_RILL_TOOL),$(addprefix $(O)/,$(sort $(tool-y))))
forward-objects := $(if $(CONFIG_RILL_FORWARD),$(addprefix $(O)/,$(sort $(forward-y))))

libs-$(CONFIG_RILL_TRACE_CONFIG_JSON) += $(JSON_C_LIBS)
libs-$(CONFIG_RILL_LZ4) += $(LZ4_LIBS)
libs-$(CONFIG_RILL_ZSTD) += $(ZSTD_LIBS)
tool-libs-$(CONFIG_RILL_TOOL_LZ4) += $(LZ4_LIBS)
tool-libs-$(CONFIG_RILL_TOOL_ZSTD) += $(ZSTD_LIBS)
tool-libs-$(CONFIG_RILL_TOOL_NCURSES) += $(NCURSES_LIBS)
tool-libs-$(CONFIG_RILL_PERFETTO) += $(PROTOBUF_C_LIBS)
lib-libs := $(libs-y) $(if $(CONFIG_RILL_URCU),$(URCU_LIBS)) $(CK_LIBS) -lpthread
# What a program needs that takes librill.a.
static-libs := $(if $(CONFIG_RILL_PIC),,-no-pie) $(lib-libs)
tool-libs := $(ELF_LIBS) $(JSON_C_LIBS) $(tool-libs-y) $(lib-libs)

# ---- flags ----

warnings := -Wall -Wextra -Wformat-security $(if $(WERROR),-Werror)
# -Wshadow is for C alone: g++ also minds a function beside a struct of the same name.
c-warnings := $(warnings) -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# The configuration's folder comes after the tree's own, so that nothing in it can hide a header.
includes := -Iinclude -I. -Isrc -I$(O)/include
# With what programs are compiled whose call sites fit this library: rill.pc and CMake's files say the same.
program-defines := $(if $(CONFIG_RILL_FILE_LINE),,-DRILL_NO_FILE_LINE) $(if $(CONFIG_RILL_STRIP_NAMES),-DRILL_STRIP_NAMES)
# One compile serves both libraries, hence -fPIC also in librill.a.
# Files and inode numbers beyond 32 bits, also where long has 32 bits.
common-flags := $(if $(CONFIG_RILL_PIC),-fPIC,-fno-pic) -fvisibility=hidden -ffunction-sections -fdata-sections -D_FILE_OFFSET_BITS=64 \
	$(program-defines)

san-address := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
san-undefined := -fsanitize=undefined -fno-sanitize-recover=all
# ThreadSanitizer sees neither Concurrency Kit's order nor liburcu's: tests/tsan.h shows it both.
# It knows no fences either, and gcc says so each time. What rill orders by a fence is atomic by itself, so that
# it reports nothing false there.
san-thread := -fsanitize=thread $(if $(findstring clang,$(CC)),,-Wno-tsan)
san-flags := $(san-$(SAN))
san-c-flags := $(if $(filter thread,$(SAN)),-include tests/tsan.h)

c-flags = -std=gnu11 $(c-warnings) $(includes) $(common-flags) $(san-flags) $(san-c-flags) $(CPPFLAGS) $(CFLAGS) $(target-flags)
cxx-flags = -std=c++11 $(warnings) $(includes) $(common-flags) $(san-flags) $(CPPFLAGS) $(CXXFLAGS) $(target-flags)
link-flags = $(san-flags) -Wl,--as-needed $(if $(STATIC),-static) $(if $(CONFIG_RILL_PIC),,-no-pie) $(target-flags) $(LDFLAGS)
# Programs that tests start.
test-link-flags = $(link-flags) \
	$(if $(STATIC),,$(if $(loader),-Wl$(comma)--disable-new-dtags$(comma)--dynamic-linker=$(loader)$(comma)-rpath$(comma)$(loader-path)))
comma := ,
# A library with a thread and thread-exit hooks may never be unmapped: their code would be gone under them.
# The sanitizers leave symbols open that their run-time library brings, so -z defs is for plain builds.
so-flags := -shared -Wl,-soname,librill.so.0 -Wl,--version-script=src/rill.map -Wl,-z,nodelete \
	$(if $(SAN),,-Wl,-z,defs)

# In a static build what the library's sources take and give back is memory of its own.
lib-defines := $(if $(CONFIG_RILL_STATIC),-include port/heap_names.h)
$(lib-objects): private defines := $(lib-defines)

# Written anew only when a command line or the compiler changes; then everything is.
$(O)/.flags: FORCE
	@mkdir -p $(@D)
	@{ $(CC) --version | head -n 1; \
	   printf '%s\n' '$(subst ','\'',$(CC) $(c-flags))' '$(subst ','\'',$(CXX) $(cxx-flags))' \
		'$(subst ','\'',$(link-flags) $(so-flags) $(tool-libs))' '$(lib-defines)'; } >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# Likewise when an object joins or leaves: no object is newer then, and still the library is out of date.
$(O)/.objects: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(lib-objects) $(tool-objects) $(forward-objects) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

FORCE:

# ---- rules ----

# Everything that is compiled waits for the sysroot: headers of this machine would be found instead.
ifneq ($(filter build/sysroot/%,$(SYSROOT)),)
sysroot := $(SYSROOT)/.rill-sysroot
$(sysroot):
	@port/sysroot.sh $(notdir $(SYSROOT)) $(SYSROOT)
$(O)/.flags: | $(sysroot)
else ifneq ($(SYSROOT),)
$(if $(wildcard $(SYSROOT)/.),,$(error SYSROOT=$(SYSROOT): there is no such folder))
endif

$(O)/%.o: %.c $(O)/.flags | $(autoconf)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(c-flags) $(defines) -MMD -MP -c -o $@ $<

$(O)/%.o: %.cc $(O)/.flags | $(autoconf)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(cxx-flags) $(defines) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S $(O)/.flags | $(autoconf)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(includes) $(CPPFLAGS) $(CFLAGS) $(target-flags) -Wa,--noexecstack -MMD -MP -c -o $@ $<

# For scripts that compile and link a program without make.
$(O)/librill.libs: $(O)/.flags
	@printf '%s\n' '$(strip $(static-libs))' >$@
$(O)/librill.cflags: $(O)/.flags
	@printf '%s\n' '$(strip $(program-defines))' >$@

$(O)/librill.a: $(lib-objects) $(O)/.objects $(O)/librill.libs $(O)/librill.cflags
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(lib-objects)

$(O)/librill.so: $(lib-objects) $(O)/.objects $(O)/.flags src/rill.map
	$(call say,LD,$@)
	$(Q)$(CC) $(so-flags) $(link-flags) -o $@ $(lib-objects) $(lib-libs)

# The name that a program linked to librill.so asks for at run time.
$(O)/librill.so.0: $(O)/librill.so
	$(Q)ln -sf librill.so $@

# The tool takes librill.a: it runs in place, and it uses parts that librill.so does not offer.
$(O)/rill: $(tool-objects) $(O)/librill.a $(O)/.objects $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $(tool-objects) $(O)/librill.a $(tool-libs)

# For boards: a verb of the tool without the libraries that the others need.
$(O)/rill-forward: $(forward-objects) $(O)/librill.a $(O)/.objects $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -Wl,--gc-sections -o $@ $(forward-objects) $(O)/librill.a $(lib-libs)

products := $(O)/librill.a $(if $(STATIC),,$(if $(CONFIG_RILL_PIC),$(O)/librill.so $(O)/librill.so.0)) $(if $(tool-objects),$(O)/rill) \
	$(if $(forward-objects),$(O)/rill-forward)
all: $(products)

.PHONY: clean
clean:
	rm -rf build $(if $(filter-out build build/%,$(O)),$(O))

# ---- the rest ----

.PHONY: deps deps-all help show-bench-target show-target
# For scripts: the prefix of the compiler, the sysroot and the emulator of ARCH, and what its rill-bench is built as if that is not ARCH.
show-target:
	@echo $(CROSS_COMPILE) $(SYSROOT) $(firstword $(RUN))
show-bench-target:
	@echo $(bench-$(ARCH))
deps:
	@.ci/deps core
deps-all:
	@.ci/deps core cross board all
help:
	@sed -n 's/^#> \{0,1\}//p' src/rules.mk

include src/install.mk
include tests/rules.mk
-include examples/build.mk
include bench/build.mk
