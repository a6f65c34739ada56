# SPDX-License-Identifier: MIT
# build.mk - the example programs, and the demo: the tool's main job on real input.

# What the demo compresses.
DEMO_DIR ?= /usr/share/doc
DEMO_WORKERS ?= 4

hello-objects := $(O)/examples/hello.o
crash-objects := $(O)/examples/crash.o
press-objects := $(addprefix $(O)/examples/, \
	press.o press_pipe.o press_queue.o press_read.o press_tar.o)

.PHONY: examples demo
examples: $(O)/examples/hello $(O)/examples/crash $(O)/examples/press

$(O)/examples/hello: $(hello-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $(hello-objects) $(O)/librill.a $(lib-libs)

$(O)/examples/crash: $(crash-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $(crash-objects) $(O)/librill.a $(lib-libs)

$(O)/examples/press: $(press-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $(press-objects) $(O)/librill.a -lz $(lib-libs)

-include $(hello-objects:.o=.d) $(crash-objects:.o=.d) $(press-objects:.o=.d)

# The scripts of `make check` and `make check-long` use them; a sanitizer's run has no scripts.
ifeq ($(SAN),)
check check-long: examples
endif

# The commands are shown as a user would type them. --slices: every viewer reads this form; --strict: an
# event that was lost fails the demo.
demo: $(O)/rill $(O)/examples/press
	@mkdir -p $(O)/demo
	$(O)/rill record --slices --strict -o $(O)/demo/press.json -- \
		$(O)/examples/press -j $(DEMO_WORKERS) -o $(O)/demo/doc.tar.gz $(DEMO_DIR)
	$(O)/rill report $(O)/demo/press.json
