# SPDX-License-Identifier: MIT
# build.mk - the fuzz targets (libFuzzer, hence clang), in a build folder below this one whose objects tell the
# fuzzer which branches were taken.
#
#     make fuzz [SECONDS=60] [FUZZ=NAME] [RUNS=N]    runs all targets, or one, for so long each, or so often if that is over earlier
#     make fuzz-brief                                a few seconds each, and shows that they find faults put in on purpose
fuzz-y := check config convert core environment frame image json packet relay remote report

fuzz-home := $(base)/fuzz
fuzz-san := -fsanitize=fuzzer-no-link,address,undefined
fuzz-cflags := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all $(fuzz-san)
fuzz-programs := $(addprefix $(O)/tests/fuzz/,$(fuzz-y))
fuzz-make = $(MAKE) --no-print-directory O=$(fuzz-home) SAN= CC=clang CXX=clang++ CFLAGS='$(fuzz-cflags)' LDFLAGS='$(fuzz-san)'
fuzz-run = CC=clang CFLAGS='$(fuzz-cflags) -std=gnu11 -Iinclude -I. -Isrc -I$(fuzz-home)/include' \
	LIBS='$(fuzz-home)/tests/support.a $(fuzz-home)/librill.a $(test-libs)' bash tests/fuzz/run.sh $(fuzz-home)

# The pieces that a file or a socket gives at a time are the target's choice.
fuzz-wrap-json := -Wl,--wrap=rill_input_read
fuzz-wrap-convert := -Wl,--wrap=rill_input_read
fuzz-wrap-environment := -Wl,--wrap=rill_port_env,--wrap=rill_configure,--wrap=rill_session_start

$(fuzz-programs): $(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(O)/tests/support.a $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined $(fuzz-wrap-$*) -o $@ $< $(O)/tests/support.a $(O)/librill.a $(test-libs)

.PHONY: fuzz fuzz-brief fuzz-folder fuzz-programs
fuzz-programs: $(fuzz-programs) $(trace-maker)

fuzz-folder: $(config)
	@command -v clang >/dev/null || { echo "make fuzz needs clang and its run-time library: run 'make deps'" >&2; exit 1; }
	@mkdir -p $(fuzz-home)
	@cmp -s $(config) $(fuzz-home)/.config || cp $(config) $(fuzz-home)/.config
	+@$(fuzz-make) fuzz-programs

fuzz: fuzz-folder
	@$(fuzz-run) $(if $(RUNS),--runs $(RUNS)) $(or $(SECONDS),60) $(or $(FUZZ),$(fuzz-y))

fuzz-brief: fuzz-folder
	@$(fuzz-run) --brief $(or $(SECONDS),4) $(or $(FUZZ),$(fuzz-y))

-include $(fuzz-programs:=.d)
