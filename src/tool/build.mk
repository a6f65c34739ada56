# SPDX-License-Identifier: MIT
# The program rill.
tool-$(CONFIG_RILL_PERFETTO) += include/generated/perfetto.pb-c.o
tool-$(if $(CONFIG_RILL_SINK_SERIAL),,$(CONFIG_RILL_TOOL)) += port/linux/serial_speed.o
tool-$(if $(CONFIG_RILL_CONTROL),,$(CONFIG_RILL_TOOL)) += port/linux/control_socket.o
tool-$(CONFIG_RILL_TOOL) += src/tool/address.o
tool-$(CONFIG_RILL_TOOL) += src/tool/change.o
tool-$(CONFIG_RILL_TOOL) += src/tool/check.o
tool-$(CONFIG_RILL_TOOL) += src/tool/child.o
tool-$(CONFIG_RILL_TOOL) += src/tool/codecs.o
tool-$(CONFIG_RILL_TOOL) += src/tool/convert.o
tool-$(CONFIG_RILL_TOOL) += src/tool/core.o
tool-$(CONFIG_RILL_TOOL) += src/tool/cut.o
tool-$(CONFIG_RILL_TOOL) += src/tool/dead.o
tool-$(CONFIG_RILL_TOOL) += src/tool/doctor.o
tool-$(CONFIG_RILL_TOOL) += src/tool/elf_image.o
tool-$(CONFIG_RILL_TOOL) += src/tool/elf_names.o
tool-$(CONFIG_RILL_TOOL) += src/tool/events.o
tool-$(CONFIG_RILL_TOOL) += src/tool/extract.o
tool-$(CONFIG_RILL_TOOL) += src/tool/filter_hint.o
tool-$(CONFIG_RILL_TOOL) += src/tool/format.o
tool-$(if $(CONFIG_RILL_FORWARD),,$(CONFIG_RILL_TOOL)) += src/tool/no_forward.o
tool-$(CONFIG_RILL_TOOL) += src/tool/from_json.o
tool-$(CONFIG_RILL_TOOL) += src/tool/from_json_event.o
tool-$(CONFIG_RILL_TOOL) += src/tool/from_json_whose.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_define.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_event.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_page.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_read.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_ring.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_time.o
tool-$(CONFIG_RILL_TOOL) += src/tool/image_twin.o
tool-$(CONFIG_RILL_TOOL) += src/tool/input.o
tool-$(CONFIG_RILL_TOOL) += src/tool/intake.o
tool-$(CONFIG_RILL_TOOL) += src/tool/intake_defined.o
tool-$(CONFIG_RILL_TOOL) += src/tool/intake_ends.o
tool-$(CONFIG_RILL_TOOL) += src/tool/json_in.o
tool-$(CONFIG_RILL_TOOL) += src/tool/json_out.o
tool-$(CONFIG_RILL_TOOL) += src/tool/kind.o
tool-$(CONFIG_RILL_TOOL) += src/tool/list.o
tool-$(CONFIG_RILL_TOOL) += src/tool/live.o
tool-$(CONFIG_RILL_TOOL) += src/tool/losses.o
tool-$(CONFIG_RILL_TOOL) += src/tool/main.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_clock.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_fit.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_group.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_heads.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_line.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_look.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_out.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_record.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_say.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_sort.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_source.o
tool-$(CONFIG_RILL_TOOL) += src/tool/merge_whose.o
tool-$(CONFIG_RILL_TOOL) += src/tool/message.o
tool-$(CONFIG_RILL_TOOL) += src/tool/model.o
tool-$(CONFIG_RILL_TOOL) += src/tool/model_event.o
tool-$(CONFIG_RILL_TOOL) += src/tool/model_json.o
tool-$(CONFIG_RILL_TOOL) += src/tool/options.o
tool-$(CONFIG_RILL_TOOL) += src/tool/outcome.o
tool-$(CONFIG_RILL_TOOL) += src/tool/output.o
tool-$(CONFIG_RILL_TOOL) += src/tool/program.o
tool-$(CONFIG_RILL_TOOL) += src/tool/progress.o
tool-$(CONFIG_RILL_TOOL) += src/tool/ps.o
tool-$(CONFIG_RILL_TOOL) += src/tool/pull.o
tool-$(CONFIG_RILL_TOOL) += src/tool/reader.o
tool-$(CONFIG_RILL_TOOL) += src/tool/record.o
tool-$(CONFIG_RILL_TOOL) += src/tool/record_check.o
tool-$(CONFIG_RILL_TOOL) += src/tool/record_flight.o
tool-$(CONFIG_RILL_TOOL) += src/tool/record_say.o
tool-$(CONFIG_RILL_TOOL) += src/tool/relay.o
tool-$(CONFIG_RILL_TOOL) += src/tool/relay_answer.o
tool-$(CONFIG_RILL_TOOL) += src/tool/relay_serve.o
tool-$(CONFIG_RILL_TOOL) += src/tool/remote.o
tool-$(CONFIG_RILL_TOOL) += src/tool/remote_watch.o
tool-$(CONFIG_RILL_TOOL) += src/tool/report.o
tool-$(CONFIG_RILL_TOOL) += src/tool/report_json.o
tool-$(CONFIG_RILL_TOOL) += src/tool/report_order.o
tool-$(CONFIG_RILL_TOOL) += src/tool/report_text.o
tool-$(CONFIG_RILL_TOOL) += src/tool/say_faults.o
tool-$(CONFIG_RILL_TOOL) += src/tool/scan.o
tool-$(CONFIG_RILL_TOOL) += src/tool/serial.o
tool-$(CONFIG_RILL_TOOL) += src/tool/sieve.o
tool-$(CONFIG_RILL_TOOL) += src/tool/site_names.o
tool-$(CONFIG_RILL_TOOL) += src/tool/sites.o
tool-$(CONFIG_RILL_TOOL) += src/tool/sketch.o
tool-$(CONFIG_RILL_TOOL) += src/tool/slices.o
tool-$(CONFIG_RILL_TOOL) += src/tool/snapshot.o
tool-$(CONFIG_RILL_TOOL) += src/tool/spans.o
tool-$(CONFIG_RILL_TOOL) += src/tool/stacks.o
tool-$(CONFIG_RILL_TOOL) += src/tool/start.o
tool-$(CONFIG_RILL_TOOL) += src/tool/status.o
tool-$(CONFIG_RILL_TOOL) += src/tool/stop.o
tool-$(CONFIG_RILL_TOOL) += src/tool/table.o
tool-$(CONFIG_RILL_TOOL) += src/tool/tail.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_class.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_event.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_folder.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_lane.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_live.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_say.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_text.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_ctf_whose.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_folded.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_json.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_event.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_names.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_note.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_packet.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_slice.o
tool-$(CONFIG_RILL_PERFETTO) += src/tool/to_perfetto_track.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_rill.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_rill_pack.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_rill_stream.o
tool-$(CONFIG_RILL_TOOL) += src/tool/to_text.o
tool-$(CONFIG_RILL_TOOL) += src/tool/top.o
tool-$(if $(CONFIG_RILL_TOOL_NCURSES),,$(CONFIG_RILL_TOOL)) += src/tool/top_no_screen.o
tool-$(CONFIG_RILL_TOOL) += src/tool/top_rates.o
tool-$(CONFIG_RILL_TOOL_NCURSES) += src/tool/top_screen.o
tool-$(CONFIG_RILL_TOOL) += src/tool/top_text.o
tool-$(CONFIG_RILL_TOOL) += src/tool/transfer.o
tool-$(CONFIG_RILL_TOOL) += src/tool/words.o

# Perfetto's messages, of perfetto.proto, with two changes: protobuf-c ends a text at its first NUL, bytes do not;
# and names of this program begin with rill.
perfetto := $(O)/include/generated/perfetto.pb-c
$(perfetto).c: src/tool/perfetto.proto $(O)/.flags
	$(call say,PROTOC,$<)
	@command -v protoc-c >/dev/null && printf '#include <protobuf-c/protobuf-c.h>\n' | \
		$(CC) $(CPPFLAGS) $(CFLAGS) $(target-flags) -E -x c - >/dev/null 2>&1 || { \
		echo "$(config): CONFIG_RILL_PERFETTO needs protobuf-c: run 'make deps' (Debian: libprotobuf-c-dev," \
		"protobuf-c-compiler$(if $(SYSROOT),; in $(SYSROOT): libprotobuf-c-dev)), or add" \
		"CONFIG_RILL_PERFETTO=n" >&2; exit 1; }
	@mkdir -p $(@D)
	@sed -e 's/^package .*/package rill.pf;/' -e 's/string \([a-z_]* =\)/bytes \1/' $< >$(@D)/perfetto.proto
	$(Q)protoc-c -I$(@D) --c_out=$(@D) perfetto.proto
$(perfetto).h: $(perfetto).c ;
$(perfetto).o: $(perfetto).c $(O)/.flags
	$(call say,CC,$<)
	$(Q)$(CC) $(c-flags) -MMD -MP -c -o $@ $<
$(patsubst %,$(O)/%,$(filter src/tool/to_perfetto%,$(tool-y)) tests/test_tool_perfetto.o): | $(perfetto).h

# rill-forward, and the verb of the same name.
forward-verb := src/tool/forward.o src/tool/forward_defined.o src/tool/forward_out.o src/tool/forward_source.o src/tool/forward_stream.o \
	src/tool/forward_take.o
tool-$(CONFIG_RILL_TOOL) += $(if $(CONFIG_RILL_FORWARD),$(forward-verb))
forward-y := $(forward-verb) src/tool/forward_main.o src/tool/message.o src/tool/options.o src/tool/stop.o src/tool/table.o src/tool/words.o
