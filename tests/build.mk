# SPDX-License-Identifier: MIT
# build.mk - the tests. Sorted lists; how they are built and run stands in rules.mk.
#
# test-y    CUnit programs: tests/NAME.c or NAME.cc, linked with test.o, librill.a and, where it uses
#           them, the tool's objects (without main.o) and port/fake. NAME-libs: further libraries.
#           They find the build folder in the macro RILL_BUILD and in the environment variable RILL_BUILD.
# point-y   likewise, but linked with a library that has CONFIG_RILL_TEST_POINTS (src/ring/point.h).
# plugin-y  shared objects that tests load: tests/NAME.c or NAME.cc -> RILL_BUILD/tests/NAME.so,
#           not linked to rill.
# check-y   scripts that `make check` runs from the top folder after `all`, with RILL_BUILD, CC, CXX, NM
#           and MAKE in the environment. Exit code 0, 77 (skipped) or anything else (failed); a last line
#           "N passed, N failed, N skipped" is counted as it says, else a script counts as one case.
# long-y    like check-y, for `make check-long`.
# NAME of a script is its path, such as tests/exports.sh.
check-$(CONFIG_RILL_TOOL) += tests/tool_docs.sh
check-$(CONFIG_RILL_TOOL) += tests/tool_record.sh
check-$(CONFIG_RILL_TOOL) += tests/sites_matrix.sh
check-y += tests/arch.sh
check-y += tests/config.sh
check-y += tests/conformance.sh
check-y += tests/conformance.sh
check-y += tests/copied_header.sh
check-y += tests/demo.sh
check-y += tests/early.sh
check-y += tests/exports.sh
check-y += tests/include_rule.sh
check-y += tests/install.sh
check-y += tests/last_thread.sh
check-y += tests/readers.sh
check-y += tests/readme.sh
check-y += tests/runner.sh
check-y += tests/sites_cost.sh
check-y += tests/sites_keep.sh
check-y += tests/stress.sh
check-y += tests/style_rule.sh
check-y += tests/two_copies.sh
long-y += tests/stress_long.sh
plugin-y += copied_header
plugin-y += copied_header_cxx
plugin-y += site_plugin
point-y += point_emit
point-y += point_order
test-$(CONFIG_RILL_ENV) += test_env
test-$(CONFIG_RILL_JSON) += test_json
test-$(CONFIG_RILL_JSON) += test_json_forms
test-$(CONFIG_RILL_JSON) += test_json_fuzz
test-$(CONFIG_RILL_JSON) += test_json_macros
test-$(CONFIG_RILL_JSON) += test_json_slices
test-$(CONFIG_RILL_JSON) += test_metadata
test-$(CONFIG_RILL_JSON) += test_session
test-$(CONFIG_RILL_JSON) += test_session_flush
test-$(CONFIG_RILL_SINK_FILE) += test_outlet
test-$(CONFIG_RILL_SINK_FILE) += test_outlet_kill
test-$(CONFIG_RILL_SINK_FILE) += test_sink_file
test-$(CONFIG_RILL_SINK_FILE) += test_sink_pages
test-$(CONFIG_RILL_SUBSCRIBERS) += test_site
test-$(CONFIG_RILL_SUBSCRIBERS) += test_subscriber_batch
test-$(CONFIG_RILL_TOOL) += test_tool_convert
test-$(CONFIG_RILL_TOOL) += test_tool_list
test-$(CONFIG_RILL_TOOL) += test_tool_reader
test-$(CONFIG_RILL_TOOL) += test_tool_report
test-$(CONFIG_RILL_TOOL) += test_tool_slices
test-$(CONFIG_RILL_TOOL) += test_tool_words
test-$(CONFIG_RILL_TRACE_CONFIG_JSON) += test_trace_config
test-$(CONFIG_RILL_TRACE_CONFIG_JSON) += test_trace_config_json
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD)) += test_outlet_loss
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD)) += test_sink_fd
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_import
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_session
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_value
test-$(and $(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_TRACE_CONFIG_JSON)) += test_conformance_file
test-y += test_big
test-y += test_category
test-y += test_clock
test-y += test_clock_jump
test-y += test_copied_header
test-y += test_exact
test-y += test_filter
test-y += test_filter_change
test-y += test_fork
test-y += test_loss
test-y += test_message
test-y += test_observer
test-y += test_order
test-y += test_pattern
test-y += test_port
test-y += test_port_clock
test-y += test_port_thread
test-y += test_queue
test-y += test_ring
test-y += test_session_change
test-y += test_session_stop
test-y += test_text
test-y += test_text_json
test-y += test_thread
test-y += test_trace_event
test-y += test_trace_event_args
test-y += test_trace_event_control
test-y += test_trace_event_cxx
test-y += test_trace_event_live
test-y += test_trace_event_value
# Lets a test put the clock forward under the messages' feet.
test_message-libs := -Wl,--wrap=rill_port_monotonic_ns
# site_plugin.so takes librill's functions from the program.
test_site-libs := -rdynamic -Wl,-u,rill_emit_args -Wl,-u,rill_end
# Counts what a thread allocates.
test_conformance_value-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
