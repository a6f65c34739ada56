# SPDX-License-Identifier: MIT
SUMMARY = "Trace runtime for embedded Linux"
DESCRIPTION = "Records what the threads of a program do, event by event, and sends it as \
Chrome JSON or as packets to files, serial lines and sockets."
SECTION = "libs"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=564449e8b0ddee91cc1478153dee8284"
DEPENDS = "concurrencykit liburcu"

# The tree that this layer is a part of, as it stands there; what is built lies elsewhere.
inherit externalsrc
EXTERNALSRC = "${@os.path.realpath(d.getVar('RILL_SOURCE'))}"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

# One of rill's own configurations, or a file of yours, as "make savedefconfig" writes it. What PACKAGECONFIG
# says comes on top of it.
RILL_CONFIG ?= "${S}/port/defconfig/board_defconfig"

# A board does not need the tool; a host reads its traces.
PACKAGECONFIG ??= "forward"
PACKAGECONFIG[forward] = "CONFIG_RILL_FORWARD=y,CONFIG_RILL_FORWARD=n"
PACKAGECONFIG[lz4] = "CONFIG_RILL_LZ4=y,CONFIG_RILL_LZ4=n,lz4"
PACKAGECONFIG[perfetto] = "CONFIG_RILL_PERFETTO=y,CONFIG_RILL_PERFETTO=n,protobuf-c protobuf-c-native"
PACKAGECONFIG[tool] = "CONFIG_RILL_TOOL=y,CONFIG_RILL_TOOL=n,elfutils json-c"
PACKAGECONFIG[traceconfig-json] = "CONFIG_RILL_TRACE_CONFIG_JSON=y,CONFIG_RILL_TRACE_CONFIG_JSON=n,json-c"
PACKAGECONFIG[zstd] = "CONFIG_RILL_ZSTD=y,CONFIG_RILL_ZSTD=n,zstd"

EXTRA_OEMAKE = "-C ${S} O=${B} PREFIX=${prefix} BINDIR=${bindir} LIBDIR=${libdir} \
    INCLUDEDIR=${includedir} MANDIR=${mandir} COMPLETIONDIR=${datadir}/bash-completion/completions"

do_configure() {
    cat ${RILL_CONFIG} > ${B}/.config
    printf '%s\n' ${PACKAGECONFIG_CONFARGS} >> ${B}/.config
}

do_compile() {
    oe_runmake all
}

do_install() {
    oe_runmake install DESTDIR=${D}
}

PACKAGES =+ "${PN}-forward ${PN}-tool"
FILES:${PN}-forward = "${bindir}/rill-forward"
FILES:${PN}-tool = "${bindir}/rill ${datadir}/bash-completion"
