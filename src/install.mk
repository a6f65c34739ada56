# SPDX-License-Identifier: MIT
# install.mk - make install and uninstall, below DESTDIR and PREFIX.

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
CMAKEDIR   ?= $(LIBDIR)/cmake/rill
INSTALL    ?= install

headers := $(sort $(wildcard include/rill/*.h))
man-pages := $(sort $(wildcard doc/man/*.[1-8]))
completions := $(wildcard src/tool/rill.bash)
man-target = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))

# Without the tool there are no pages of section 1 and no completion.
ifeq ($(tool-objects),)
man-pages := $(filter-out %.1,$(man-pages)) $(if $(forward-objects),$(filter %/rill-forward.1,$(man-pages)))
completions :=
endif

# Some builds have the static library alone.
shared := $(filter %/librill.so,$(products))

# One list for both goals, so that uninstall removes what install wrote.
installed := $(addprefix $(INCLUDEDIR)/rill/,$(notdir $(headers))) \
	$(LIBDIR)/librill.a $(if $(shared),$(LIBDIR)/librill.so.0 $(LIBDIR)/librill.so) $(LIBDIR)/pkgconfig/rill.pc \
	$(CMAKEDIR)/rill-config.cmake $(CMAKEDIR)/rill-config-version.cmake \
	$(if $(tool-objects),$(BINDIR)/rill) $(if $(forward-objects),$(BINDIR)/rill-forward) $(foreach page,$(man-pages),$(call man-target,$(page))) \
	$(if $(completions),$(COMPLETIONDIR)/rill)

version = $(shell sed -n 's/^.define RILL_VERSION "\(.*\)"/\1/p' src/config.h)

# What rill.pc and CMake's files say of this build. A list of CMake's has semicolons between its items.
empty :=
as-list = $(subst $(empty) ,;,$(strip $(1)))
pointer-bytes = $(shell $(CC) $(target-flags) -dM -E -x c /dev/null | sed -n 's/^.define __SIZEOF_POINTER__ //p')
fill-in = sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	-e 's|@DEFINES@|$(if $(strip $(program-defines)),$(empty) $(strip $(program-defines)))|' \
	-e 's|@DEFINES_LIST@|$(call as-list,$(patsubst -D%,%,$(program-defines)))|' \
	-e 's|@VERSION@|$(version)|; s|@LIBS_PRIVATE@|$(if $(shared),$(strip $(static-libs)))|' \
	-e 's|@LIBS_ALWAYS@|$(if $(shared),,$(empty) $(strip $(static-libs)))|' \
	-e 's|@LIBS_LIST@|$(call as-list,$(static-libs))|; s|@POINTER_BYTES@|$(pointer-bytes)|'

.PHONY: install uninstall
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(INSTALL) -d $(sort $(dir $(addprefix $(DESTDIR),$(installed))))
	$(Q)$(INSTALL) -m 644 $(headers) $(DESTDIR)$(INCLUDEDIR)/rill
	$(Q)$(INSTALL) -m 644 $(O)/librill.a $(DESTDIR)$(LIBDIR)/librill.a
	$(if $(shared),$(Q)$(INSTALL) -m 755 $(O)/librill.so $(DESTDIR)$(LIBDIR)/librill.so.0)
	$(if $(shared),$(Q)ln -sf librill.so.0 $(DESTDIR)$(LIBDIR)/librill.so)
	$(Q)$(fill-in) src/rill.pc.in >$(O)/rill.pc
	$(Q)$(INSTALL) -m 644 $(O)/rill.pc $(DESTDIR)$(LIBDIR)/pkgconfig/rill.pc
	$(Q)$(foreach file,rill-config rill-config-version,$(fill-in) src/$(file).cmake.in >$(O)/$(file).cmake &&) true
	$(Q)$(INSTALL) -m 644 $(O)/rill-config.cmake $(O)/rill-config-version.cmake $(DESTDIR)$(CMAKEDIR)
	$(Q)$(if $(tool-objects),$(INSTALL) -m 755 $(O)/rill $(DESTDIR)$(BINDIR)/rill)
	$(Q)$(if $(forward-objects),$(INSTALL) -m 755 $(O)/rill-forward $(DESTDIR)$(BINDIR)/rill-forward)
	$(Q)$(foreach page,$(man-pages),$(INSTALL) -m 644 $(page) $(DESTDIR)$(call man-target,$(page)) &&) true
	$(Q)$(if $(completions),$(INSTALL) -m 644 $(completions) $(DESTDIR)$(COMPLETIONDIR)/rill)

uninstall:
	$(call say,REMOVE,$(DESTDIR)$(PREFIX))
	$(Q)rm -f $(addprefix $(DESTDIR),$(installed))
	$(Q)rmdir $(DESTDIR)$(INCLUDEDIR)/rill $(DESTDIR)$(CMAKEDIR) 2>/dev/null || true
