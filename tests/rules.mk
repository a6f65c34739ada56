# SPDX-License-Identifier: MIT
# rules.mk - builds and runs what tests/build.mk lists.

test-y :=
point-y :=
plugin-y :=
check-y :=
cross-y :=
loading-y :=
cxx-y :=
static-y :=
brief-y :=
once-y :=
slow-y :=
long-y :=
san-y :=

include tests/build.mk
include tests/litmus/build.mk
include tests/stress/build.mk

ifneq ($(BRIEF),)
test-y := $(filter $(brief-y),$(test-y))
point-y :=
endif

# A library with labelled points is slower and exports more ways to go wrong, so the programs that need one
# get a build folder beside this one, with this configuration but for the points.
points := $(if $(point-y),$(base)/points)
point-programs := $(addprefix $(points)$(O:$(base)%=%)/tests/,$(sort $(point-y)))
ifeq ($(CONFIG_RILL_TEST_POINTS),y)
test-y += $(point-y)
points :=
point-programs :=
endif

# A static program loads no shared objects.
ifneq ($(STATIC),)
plugin-y :=
endif
out-of-reach := $(if $(STATIC),$(loading-y)) $(if $(c-only-$(ARCH)),$(cxx-y))
test-programs := $(addprefix $(O)/tests/,$(filter-out $(out-of-reach),$(sort $(test-y))))
test-plugins := $(patsubst %,$(O)/tests/%.so,$(sort $(plugin-y)))
support-objects := $(O)/tests/test.o $(addprefix $(O)/,$(sort $(fake-y))) \
	$(filter-out $(O)/src/tool/main.o,$(tool-objects))
test-libs := $(CUNIT_LIBS) $(JSON_C_LIBS) $(if $(CONFIG_RILL_TOOL),$(tool-libs),$(lib-libs)) -ldl -lm

$(O)/tests/%.o: private defines := -DRILL_BUILD='"$(abspath $(O))"'

$(O)/tests/support.a: $(support-objects) $(O)/.objects
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(support-objects)

test-linker := $(if $(c-only-$(ARCH)),$(CC),$(CXX))
# The C++ compiler links, so that a program may be of either language; --as-needed drops its library again.
$(test-programs): $(O)/tests/%: $(O)/tests/%.o $(O)/tests/support.a $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(test-linker) $(test-link-flags) -o $@ $< $(O)/tests/support.a $(O)/librill.a $($*-libs) $(test-libs)

$(test-plugins): $(O)/tests/%.so: $(O)/tests/%.o
	$(call say,LD,$@)
	$(Q)$(CXX) $(link-flags) -shared -o $@ $< $($*-libs)

.PHONY: tests points check check-long
tests: $(test-programs) $(test-plugins) $(if $(points),points)

points: $(config)
	@mkdir -p $(points)
	@{ grep -v 'CONFIG_RILL_TEST_POINTS[= ]' $(config); echo CONFIG_RILL_TEST_POINTS=y; } >$(points)/.config.new
	@cmp -s $(points)/.config.new $(points)/.config || cp $(points)/.config.new $(points)/.config
	@rm $(points)/.config.new
	+@$(MAKE) --no-print-directory O=$(points) $(point-programs)

test-variables = RILL_BUILD=$(abspath $(O)) CC='$(CC)' CXX='$(CXX)' NM='$(NM)' MAKE='$(MAKE)' SAN=$(SAN) \
	RUN='$(RUN)' LOADER='$(if $(STATIC),,$(loader:%=% --library-path $(loader-path)))' TARGET_FLAGS='$(target-flags)'
run-tests = +@$(test-variables) bash tests/run.sh $(O)/tests

# The scripts look at the product as it is built and installed; a sanitizer has nothing to say to that. They also
# start what they compile; those in cross-y do so through an emulator where there is one.
scripts := $(sort $(if $(STATIC),$(static-y),$(if $(RUN)$(loader),$(cross-y),$(check-y))))
ifneq ($(BRIEF),)
scripts := $(filter-out $(once-y),$(scripts))
endif
ifneq ($(SAN),)
scripts := $(sort $(san-y))
endif
hasty := $(if $(FAST),$(addprefix %/,$(slow-y)))
suite = $(filter-out $(hasty),$(test-programs) $(point-programs)) $(scripts)
check: all tests $(if $(whole),examples stress)
	$(run-tests) $(suite)

# All of it, the long scripts where nothing slows them, and the stress at full length in place of the short one.
check-long: all tests $(if $(whole),examples stress)
	+@$(test-variables) STRESS_SCALE=$(if $(whole),$(or $(SCALE),100),0) STRESS_SEED=$(SEED) \
		bash tests/check_long.sh $(O)/tests $(filter-out tests/stress.sh,$(suite)) $(if $(SAN)$(RUN)$(loader)$(STATIC),,$(sort $(long-y)))

include tests/board/build.mk
include tests/size/build.mk
include tests/model/build.mk
include tests/mutants/build.mk
include tests/hostile/build.mk
include tests/fuzz/build.mk

-include $(patsubst %.o,%.d,$(lib-objects) $(tool-objects) $(support-objects) $(test-programs:=.o) \
	$(test-plugins:.so=.o))
