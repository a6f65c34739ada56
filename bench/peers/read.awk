# SPDX-License-Identifier: MIT
# read.awk - a number out of what another program printed; nothing is printed if it is not there.
#
#     awk -v what=lost -f read.awk          of `lttng list SESSION`: events that its channels discarded
#     awk -v what=executed -f read.awk      of valgrind's callgrind: instructions collected
#     awk -v what=counted -f read.awk       of babeltrace2's sink.utils.counter, or `rill check`: events in a trace

what == "lost" && /^ *Discarded events: [0-9]+$/ { sum += $NF; found = 1 }
what == "executed" && /^==[0-9]+== Collected : [0-9]+$/ { sum = $NF; found = 1 }
what == "counted" && /^ *[0-9,]+ Event messages$/ { gsub(/,/, "", $1); sum += $1; found = 1 }
what == "counted" && /: ([0-9]+ packets|Chrome JSON), [0-9]+ events,/ {
	sub(/^.*: ([0-9]+ packets|Chrome JSON), /, "")
	sum += $1
	found = 1
}
END {
	if (found)
		printf "%d\n", sum
}
