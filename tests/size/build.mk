# SPDX-License-Identifier: MIT
# build.mk - `make size`: what a configuration takes; `make size-all`: a table over all of them; the bounds of the smallest.

size-probe := $(O)/tests/size/probe
size-wrapped := malloc calloc realloc strdup free pthread_create rill_port_pages
SIZE ?= $(CROSS_COMPILE)size

# The map says what of librill.a is in the program.
$(size-probe): $(size-probe).o $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(test-link-flags) -Wl,--gc-sections -Wl,-Map=$@.map $(addprefix -Wl$(comma)--wrap=,$(size-wrapped)) -o $@ $< \
		$(O)/librill.a $(lib-libs)
-include $(size-probe).d

.PHONY: budget size size-line size-all messages
budget:
	@awk -v show=1 -f src/budget.awk $(auto)

size: $(size-probe)
	@tests/size.sh --head
	+@$(MAKE) --no-print-directory size-line

size-line: $(size-probe)
	@SIZE='$(SIZE)' RUN='$(RUN)' tests/size.sh $(O) $(or $(NAME),$(notdir $(O)))

size-all:
	@MAKE='$(MAKE)' tests/size_all.sh $(targets)

# Random configurations, each built and tried: N of them, the first by SEED.
.PHONY: randconfig-check
randconfig-check:
	@RILL_BUILD=$(abspath $(O)) MAKE='$(MAKE)' tests/randconfig.sh $(or $(N),20) $(SEED)

.PHONY: any-check
any-check: all $(addprefix $(O)/tests/,$(any-y))
	$(run-tests) $(addprefix $(O)/tests/,$(sort $(any-y)))

# What the numbers mean that a build without CONFIG_RILL_MESSAGES says.
messages:
	@grep -nE '\<rill_(warn|fail)\(' -A 3 $$(find src port -name '*.c') | \
		awk '/rill_(warn|fail)\(/ { file = $$0; sub(/:.*/, "", file); line = $$0; sub(/^[^:]*:/, "", line); sub(/:.*/, "", line) } \
		     /"/ && file { text = $$0; sub(/^[^"]*/, "", text); print line "\t" file "\t" text; file = "" }' | sort -n
