# SPDX-License-Identifier: MIT
# Call sites and categories, encoding, threads that attach, fork.
obj-y += src/emit/abi.o
obj-$(CONFIG_RILL_ARG_BLOBS) += src/emit/abi_blobs.o
obj-$(CONFIG_RILL_EARLY) += src/emit/abi_early.o
obj-$(CONFIG_RILL_FILE_LINE) += src/emit/abi_file_line.o
obj-$(CONFIG_RILL_STRIP_NAMES) += src/emit/abi_strip.o
obj-$(CONFIG_RILL_ARG_TEXTS) += src/emit/abi_texts.o
obj-y += src/emit/args.o
obj-y += src/emit/attach.o
obj-$(CONFIG_RILL_DYNAMIC) += src/emit/category.o
obj-$(if $(CONFIG_RILL_DYNAMIC),,y) += src/emit/category_plain.o
obj-$(CONFIG_RILL_RING_FILE) += src/emit/define.o
obj-$(CONFIG_RILL_DYNAMIC) += src/emit/dynamic.o
obj-y += src/emit/emit.o
obj-y += src/emit/keep.o
obj-y += src/emit/keep_arm.o
obj-y += src/emit/keep_arm64.o
obj-y += src/emit/keep_riscv64.o
obj-$(CONFIG_RILL_EARLY) += src/emit/kept.o
obj-y += src/emit/loss.o
obj-y += src/emit/record.o
obj-y += src/emit/site.o
obj-$(CONFIG_RILL_DYNAMIC) += src/emit/trace_event.o
# Texts and bytes behind the words of a record.
tails := $(or $(CONFIG_RILL_ARG_BLOBS),$(CONFIG_RILL_ARG_TEXTS))
obj-$(tails) += src/emit/tail.o
obj-$(if $(tails),,y) += src/emit/no_tail.o
obj-y += src/emit/undisturbed.o
# Labelled points and ThreadSanitizer want to see each step, which assembler hides. Each file is empty but on its processor.
keep-hot := keep_hot keep_hot_arm keep_hot_arm64 keep_hot_riscv64 keep_pair keep_plain_enter keep_plain keep_text
obj-y += $(patsubst %,src/emit/%.o,$(if $(filter thread,$(SAN))$(CONFIG_RILL_TEST_POINTS)$(if $(CONFIG_RILL_HOT_PATH),,no),keep_whole,$(keep-hot)))
