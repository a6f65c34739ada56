# SPDX-License-Identifier: MIT
# Call sites and categories, encoding, threads that attach, fork.
obj-y += src/emit/args.o
obj-y += src/emit/attach.o
obj-y += src/emit/category.o
obj-y += src/emit/dynamic.o
obj-y += src/emit/emit.o
obj-y += src/emit/keep.o
obj-y += src/emit/loss.o
obj-y += src/emit/record.o
obj-y += src/emit/site.o
obj-y += src/emit/trace_event.o
obj-y += src/emit/undisturbed.o
# Labelled points and ThreadSanitizer want to see each step, which assembler hides. Both are empty but on x86-64.
obj-y += src/emit/$(if $(filter thread,$(SAN))$(CONFIG_RILL_TEST_POINTS),keep_whole,keep_hot).o
