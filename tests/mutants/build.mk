# SPDX-License-Identifier: MIT
# build.mk - faults put into the code on purpose, and the checks that must notice them (run.sh).
.PHONY: mutants mutants-some plugins
mutants mutants-some: $(config)
	@RILL_BUILD=$(abspath $(base)) MAKE='$(MAKE)' bash tests/mutants/run.sh $(if $(filter %-some,$@),--some)

# What the tests load, and nothing else.
plugins: $(test-plugins)
