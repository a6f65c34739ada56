# SPDX-License-Identifier: MIT
# build.mk - the models of tests/model (README.md there), checked by Spin.
.PHONY: model model-long
model:
	@bash tests/model/run.sh $(O)/model ci
model-long:
	@bash tests/model/run.sh $(O)/model long
