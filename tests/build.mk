# SPDX-License-Identifier: MIT
# build.mk - the tests. Sorted lists; how they are built and run stands in rules.mk.
#
# test-y    CUnit programs: tests/NAME.c or NAME.cc, linked with test.o, librill.a and, where it uses
#           them, the tool's objects (without main.o) and port/fake. NAME-libs: further libraries.
#           They find the build folder in the macro RILL_BUILD and in the environment variable RILL_BUILD.
#           What librill.a is linked with stands there in librill.libs.
# point-y   likewise, but linked with a library that has CONFIG_RILL_TEST_POINTS (src/ring/point.h).
# plugin-y  shared objects that tests load: tests/NAME.c or NAME.cc -> RILL_BUILD/tests/NAME.so,
#           not linked to rill.
# check-y   scripts that `make check` runs from the top folder after `all`, with RILL_BUILD, CC, CXX, NM
#           and MAKE in the environment. Exit code 0, 77 (skipped) or anything else (failed); a last line
#           "N passed, N failed, N skipped" is counted as it says, else a script counts as one case.
# cross-y   scripts that run in place of these where programs need an emulator (RUN): it and the flags that choose
#           the target are in RUN and TARGET_FLAGS.
# static-y  scripts that run in place of both where programs are static.
# loading-y programs that load shared objects, which static ones cannot; cxx-y: programs of C++.
# brief-y   the only programs that BRIEF=1 builds and runs: one for each stage of the flow, and what depends on a processor.
# once-y    scripts of cross-y that say much the same for each processor: BRIEF=1 leaves them out.
# slow-y    programs that FAST=1 leaves out: more than ten seconds under an emulator.
# long-y    like check-y, for `make check-long` alone.
# san-y     scripts of check-y that also run in a build with a sanitizer.
# any-y     programs of test-y that hold in every configuration, however small: `make randconfig-check` runs them.
# NAME of a script is its path, such as tests/exports.sh.
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_BINARY)) += tests/ctf_foreign.sh
check-$(CONFIG_RILL_TOOL) += tests/tool_docs.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_FORWARD)) += tests/tool_forward.sh
check-$(CONFIG_RILL_TOOL) += tests/tool_record.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_CONTROL),$(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_BINARY)) += tests/tool_control.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_CONTROL),$(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_BINARY)) += tests/tool_top.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_CONTROL),$(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_BINARY)) += tests/tool_relay.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_FLIGHT)) += tests/tool_snapshot.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_FLIGHT),$(CONFIG_RILL_RING_FILE)) += tests/tool_flight.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_BINARY)) += tests/hostile/linear.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_BINARY)) += tests/hostile/memory.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_BINARY)) += tests/tool_merge.sh
check-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_BINARY)) += tests/tool_pull.sh
check-$(CONFIG_RILL_TOOL) += tests/sites_matrix.sh
check-y += tests/abi.sh
check-y += tests/arch.sh
check-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_MEMORY)) += tests/bench_short.sh
check-$(and $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_METADATA)) += tests/clock_own.sh
check-y += tests/config.sh
check-y += tests/conformance.sh
check-y += tests/copied_header.sh
check-$(CONFIG_RILL_CRASH) += tests/crash_calls.sh
check-y += tests/demo.sh
check-y += tests/disabled.sh
check-y += tests/early.sh
check-y += tests/exports.sh
check-y += tests/guarantees.sh
check-y += tests/include_rule.sh
check-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_TOOL)) += tests/json_foreign.sh
check-y += tests/install.sh
check-y += tests/keep_unwind.sh
check-y += tests/last_thread.sh
check-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += tests/left_out.sh
check-$(CONFIG_RILL_PERFETTO) += tests/perfetto_foreign.sh
check-$(and $(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += tests/packages.sh
check-$(and $(CONFIG_RILL_ENV),$(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_TOOL)) += tests/no_proc.sh
check-y += tests/peers.sh
check-y += tests/points_absent.sh
check-y += tests/packet_foreign.sh
check-y += tests/readers.sh
check-y += tests/readme.sh
check-y += tests/rill_bench.sh
check-y += tests/ring_edges.sh
check-y += tests/runner.sh
check-y += tests/sites_cost.sh
check-y += tests/sites_keep.sh
check-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += tests/sizes.sh
check-y += tests/static.sh
check-y += tests/stress.sh
check-y += tests/style_rule.sh
check-y += tests/two_copies.sh
cross-y += tests/cross.sh
cross-$(and $(CONFIG_RILL_ENV),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += tests/packages_cross.sh
cross-$(and $(CONFIG_RILL_ENV),$(CONFIG_RILL_BINARY),$(CONFIG_RILL_SINK_SERIAL)) += tests/readme_board.sh
cross-y += tests/insn_cost.sh
cross-y += tests/keep_unwind.sh
cross-y += tests/rill_bench.sh
cross-y += tests/sites_cross.sh
cross-y += tests/stress.sh
long-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_TOOL)) += tests/hostile/convert_long.sh tests/hostile/linear_long.sh tests/hostile/memory_long.sh
long-$(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_MEMORY),$(CONFIG_RILL_TOOL)) += tests/bench_report.sh
long-$(CONFIG_RILL_FLIGHT) += tests/flight_long.sh
long-y += tests/memory_long.sh
long-$(CONFIG_RILL_TOOL) += tests/noise_long.sh
san-y += tests/stress.sh
brief-y += test_category test_clock test_clock_own test_conformance_value test_cobs test_core test_env test_exact test_filter test_fork test_hot
brief-y += test_json test_loss test_order test_outlet test_packet test_packet_form test_page_size test_pass test_port test_port_clock
brief-y += test_port_thread test_progress test_queue test_ring test_session test_site test_text_json test_trace_event
brief-y += test_trace_event_args test_trace_event_cxx test_wake
once-y += tests/packages_cross.sh tests/readme_board.sh tests/rill_bench.sh
static-y += tests/cross.sh
static-y += tests/stress.sh
loading-y += test_copied_header test_oom test_site
cxx-y += test_trace_event_cxx
plugin-y += copied_header
plugin-y += copied_header_cxx
plugin-y += site_plugin
point-y += point_emit
point-$(CONFIG_RILL_FLIGHT) += point_flight
point-y += point_look
point-y += point_order
point-y += point_route
point-y += point_stop
slow-y += point_emit point_route
slow-y += test_conformance_import test_json_fuzz test_memory test_outlet_kill test_pattern test_session_stop test_sink_pages
slow-y += test_serial_line test_tool_merge_parts test_sink_serial test_sink_socket test_sink_stall
slow-y += test_packet_damage test_text test_thread test_tool_convert test_tool_ctf_folder test_tool_damage test_tool_intake test_tool_reader
# They read packets back, by the tool's reader.
sink-tests := $(and $(CONFIG_RILL_BINARY),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_TOOL),$(CONFIG_RILL_WRITER_THREAD))
test-$(CONFIG_RILL_ENV) += test_env
test-$(CONFIG_RILL_JSON) += test_exit
test-$(CONFIG_RILL_JSON) += test_json
test-$(CONFIG_RILL_JSON) += test_json_forms
test-$(CONFIG_RILL_JSON) += test_json_fuzz
test-$(CONFIG_RILL_JSON) += test_json_macros
test-$(CONFIG_RILL_JSON) += test_json_slices
test-$(CONFIG_RILL_JSON) += test_metadata
test-$(CONFIG_RILL_JSON) += test_session
test-$(CONFIG_RILL_JSON) += test_session_flush
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += test_outlet
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += test_outlet_kill
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += test_sink_file
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE)) += test_sink_pages
test-$(CONFIG_RILL_TOOL) += test_cobs
test-$(CONFIG_RILL_TOOL) += test_packet
test-$(CONFIG_RILL_TOOL) += test_packet_damage
test-$(CONFIG_RILL_TOOL) += test_packet_form
test-$(CONFIG_RILL_TOOL) += test_packet_noise
test-$(CONFIG_RILL_TOOL) += test_packet_twice
test-$(or $(CONFIG_RILL_TOOL_LZ4),$(CONFIG_RILL_TOOL_ZSTD)) += test_packet_packed
test-$(and $(CONFIG_RILL_TOOL_LZ4),$(CONFIG_RILL_TOOL_ZSTD)) += test_tool_packed
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_LZ4),$(CONFIG_RILL_ZSTD),$(CONFIG_RILL_TOOL_LZ4),$(CONFIG_RILL_TOOL_ZSTD),$(CONFIG_RILL_SINK_FILE)) += test_packet_compress
test-$(CONFIG_RILL_STATIC) += test_heap
test-$(CONFIG_RILL_SUBSCRIBERS) += test_site
test-$(CONFIG_RILL_SUBSCRIBERS) += test_subscriber_batch
test-$(CONFIG_RILL_TOOL) += test_loss_late
test-$(and $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_SUBSCRIBERS),$(CONFIG_RILL_TOOL)) += test_clock_own
test-$(CONFIG_RILL_TOOL) += test_clock_fallback
test-$(CONFIG_RILL_TOOL) += test_tool_convert
test-$(CONFIG_RILL_TOOL) += test_tool_core
test-$(CONFIG_RILL_TOOL) += test_tool_ctf
test-$(CONFIG_RILL_TOOL) += test_tool_ctf_folder
test-$(CONFIG_RILL_TOOL) += test_tool_cut
test-$(CONFIG_RILL_TOOL) += test_tool_damage
test-$(and $(CONFIG_RILL_TOOL),$(CONFIG_RILL_FORWARD)) += test_tool_forward
test-$(CONFIG_RILL_TOOL) += test_tool_formats
test-$(CONFIG_RILL_TOOL) += test_tool_image
test-$(CONFIG_RILL_TOOL) += test_tool_intake
test-$(CONFIG_RILL_TOOL) += test_tool_list
test-$(CONFIG_RILL_TOOL) += test_tool_merge
test-$(CONFIG_RILL_TOOL) += test_tool_merge_parts
test-$(CONFIG_RILL_TOOL) += test_tool_merge_whose
test-$(CONFIG_RILL_PERFETTO) += test_tool_perfetto
test-$(CONFIG_RILL_TOOL) += test_tool_reader
test-$(CONFIG_RILL_TOOL) += test_tool_report
test-$(CONFIG_RILL_TOOL) += test_tool_slices
test-$(CONFIG_RILL_TOOL) += test_tool_words
test-$(CONFIG_RILL_TRACE_CONFIG_JSON) += test_trace_config
test-$(CONFIG_RILL_TRACE_CONFIG_JSON) += test_trace_config_json
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_BINARY),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_TOOL)) += test_packet_outlet
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_BINARY),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_TOOL)) += test_packet_remind
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD)) += test_outlet_loss
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_time
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_fault
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD)) += test_sink_fd
test-$(and $(CONFIG_RILL_CONTROL),$(CONFIG_RILL_JSON),$(CONFIG_RILL_SUBSCRIBERS)) += test_remote
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_import
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_session
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SUBSCRIBERS)) += test_conformance_value
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_TRACE_CONFIG_JSON)) += test_conformance_file
test-$(and $(sink-tests),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SINK_SOCKET)) += test_sink_stall
test-$(and $(sink-tests),$(CONFIG_RILL_SINK_MEMORY)) += test_sink_memory
test-$(and $(sink-tests),$(CONFIG_RILL_SINK_SERIAL)) += test_serial_line
long-$(and $(sink-tests),$(CONFIG_RILL_SINK_SERIAL)) += tests/line_long.sh
test-$(and $(sink-tests),$(CONFIG_RILL_SINK_SERIAL)) += test_sink_serial
test-$(and $(sink-tests),$(CONFIG_RILL_SINK_SOCKET)) += test_sink_socket
test-$(sink-tests) += test_sink_kept
test-$(and $(sink-tests),$(CONFIG_RILL_RING_FILE)) += test_ring_file
test-$(and $(sink-tests),$(CONFIG_RILL_RING_FILE)) += test_power_cut
test-$(and $(sink-tests),$(CONFIG_RILL_CRASH)) += test_crash
long-$(and $(sink-tests),$(CONFIG_RILL_RING_FILE)) += tests/died_long.sh
test-$(and $(sink-tests),$(CONFIG_RILL_RING_FILE)) += test_core
check-$(sink-tests) += tests/strip_names.sh
test-y += test_any
test-$(CONFIG_RILL_ARG_BLOBS) += test_any_blobs
test-$(CONFIG_RILL_ARG_TEXTS) += test_any_texts
test-y += test_bare_fork
test-y += test_big
test-y += test_cancel
test-y += test_books
test-y += test_category
test-y += test_clock
test-y += test_clock_jump
test-$(and $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_FLIGHT)) += test_clock_learn
test-y += test_copied_header
test-y += test_exact
test-y += test_filter
test-y += test_filter_change
test-$(CONFIG_RILL_FLIGHT) += test_flight
test-$(CONFIG_RILL_TRIGGERS) += test_trigger
test-y += test_fork
test-y += test_grace
test-y += test_hot
test-y += test_loss
test-y += test_memory
test-y += test_merge
test-y += test_message
test-y += test_observer
test-y += test_oom
test-$(and $(CONFIG_RILL_JSON),$(CONFIG_RILL_SINK_FILE),$(CONFIG_RILL_SUBSCRIBERS),$(if $(CONFIG_RILL_STATIC),,y)) += test_page_size
test-y += test_order
test-y += test_pass
test-y += test_pattern
test-y += test_port
test-y += test_port_clock
test-y += test_port_thread
test-y += test_progress
test-y += test_queue
test-y += test_quick
test-y += test_rcu
test-y += test_ring
test-y += test_session_change
test-y += test_session_stop
test-y += test_tail
test-y += test_text
test-y += test_text_json
test-y += test_thread
test-y += test_trace_event
test-y += test_trace_event_args
test-y += test_trace_event_control
test-y += test_trace_event_cxx
test-y += test_trace_event_live
test-y += test_trace_event_value
test-y += test_wake
# Lets a test put the clock forward under the messages' feet.
test_message-libs := -Wl,--wrap=rill_port_monotonic_ns
# Counts the bytes a reader looks at.
test_tool_reader-libs := -Wl,--wrap=rill_scan
# Counts how packets are summed.
test_packet_damage-libs := -Wl,--wrap=rill_crc32c_zeros
# site_plugin.so takes librill's functions from the program.
test_site-libs := -rdynamic -Wl,-u,rill_emit_args -Wl,-u,rill_end
# A pass under a clock and a barrier of the test's own.
test_pass-libs := -Wl,--wrap=rill_route_now_ticks,--wrap=rill_port_barrier,--wrap=rill_port_thread_alive,--wrap=rill_port_thread_start_time
# Count what producers ask of the kernel, and how often the consumer looks.
test_wake-libs := -Wl,--wrap=rill_port_futex_wake,--wrap=rill_wake_value,--wrap=rill_wake_wait
# Counts every allocation, of all threads, and the mappings.
test_memory-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=rill_port_pages
# Lets memory run out; and as test_site.
test_oom-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc -rdynamic -Wl,-u,rill_emit_args -Wl,-u,rill_end
# Counts what a thread allocates.
test_conformance_value-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
# Clocks that go wrong, and a system that says what the test wants.
test_time-libs := -Wl,--wrap=rill_clock,--wrap=rill_clock_ticks,--wrap=rill_port_realtime_ns,--wrap=rill_port_boottime_ns
# Crashes inside the crash handler, and a slow disk.
test_crash-libs := -Wl,--wrap=rill_port_crash_backtrace,--wrap=rill_port_crash_file_write
# A machine with larger pages.
test_page_size-libs := -Wl,--wrap=sysconf
test_clock_fallback-libs := -Wl,--wrap=rill_linux_read_file,--wrap=clock_gettime,--wrap=rill_port_monotonic_ns,--wrap=getauxval

any-$(CONFIG_RILL_STATIC) += test_heap
any-y += test_any
any-$(CONFIG_RILL_ARG_BLOBS) += test_any_blobs
any-$(CONFIG_RILL_ARG_TEXTS) += test_any_texts
any-y += test_port

# All others were written against a library that has what these stand for; of a smaller one, which configurations of boards are and
# random ones, they would ask what it does not have.
whole := $(and $(CONFIG_RILL_ARG_BLOBS),$(CONFIG_RILL_ARG_TEXTS),$(CONFIG_RILL_FILE_LINE),$(if $(CONFIG_RILL_STRIP_NAMES),,y),\
	$(CONFIG_RILL_COPIES),$(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_CLOCK_NOTICES),$(CONFIG_RILL_DYNAMIC),$(CONFIG_RILL_ENV),$(CONFIG_RILL_FILTERS),\
	$(CONFIG_RILL_HOT_PATH),$(CONFIG_RILL_INVENTORY),$(CONFIG_RILL_MESSAGES),$(CONFIG_RILL_METADATA),$(CONFIG_RILL_OBSERVERS),\
	$(if $(CONFIG_RILL_STATIC),,y),$(CONFIG_RILL_PIC),$(CONFIG_RILL_PROC),$(CONFIG_RILL_SINK_CUSTOM),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SINK_FILE),\
	$(CONFIG_RILL_THREAD_BOOKS),$(CONFIG_RILL_THREAD_TIME),$(CONFIG_RILL_UNLOAD),$(CONFIG_RILL_WAKE),$(CONFIG_RILL_WRITER_THREAD),\
	$(filter 6,$(CONFIG_RILL_DIRECT_SESSIONS)),$(filter-out 0,$(CONFIG_RILL_SHARED_SESSIONS_MAX)),$(filter 3,$(CONFIG_RILL_LEVELS)))
ifeq ($(whole),)
test-y := $(any-y)
point-y :=
plugin-y :=
check-y :=
cross-y :=
long-y :=
endif
