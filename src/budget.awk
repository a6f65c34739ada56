# SPDX-License-Identifier: MIT
# budget.awk - what a configuration may take of memory while all its sessions run, and where it goes; more than
# CONFIG_RILL_MEMORY_BUDGET_KB stops the build.
#
#     awk [-v show=1] -f src/budget.awk auto.conf
#
# Counted are what is reserved, touched or not. `make size` measures a program.

function kib(bytes)
{
	return sprintf("%.1f KiB", bytes / 1024)
}

function part(bytes, what)
{
	sum += bytes
	split_text = split_text sprintf("  %12s  %s\n", kib(bytes), what)
}

{
	at = index($0, "=")
	text = substr($0, at + 1)
	value[substr($0, 13, at - 13)] = text ~ /^[0-9]+$/ ? text + 0 : text
}

END {
	nested = value["NESTED_BYTES"] < value["BUFFER_BYTES"] ? value["NESTED_BYTES"] : value["BUFFER_BYTES"]
	further = value["LEVELS"] - 1
	threads = value["THREADS_MAX"]
	part(threads * (value["BUFFER_BYTES"] + further * nested), "rings: RILL_THREADS_MAX " threads " times RILL_BUFFER_BYTES " \
		value["BUFFER_BYTES"] (further ? " and " further " times RILL_NESTED_BYTES " nested : ""))
	# A ring's head, twice a cache line of 64 bytes and counters, and what is known of the thread.
	part(threads * (256 * value["LEVELS"] + 192), "heads of the rings")
	if (value["RING_FILE"] == "y")
		part(1024 * value["RING_FILE_DEFINITIONS_KIB"], "what call sites mean: RILL_RING_FILE_DEFINITIONS_KIB " \
			value["RING_FILE_DEFINITIONS_KIB"])
	buffers = value["WRITER_THREAD"] == "y" ? 2 : 1
	part(value["DIRECT_SESSIONS"] * buffers * value["QUEUE_BYTES"], "queues: RILL_DIRECT_SESSIONS " value["DIRECT_SESSIONS"] \
		(buffers == 2 ? " times 2" : "") " times RILL_QUEUE_BYTES " value["QUEUE_BYTES"])
	shared = value["SHARED_SESSIONS_MAX"] > 0
	part(value["SITES_MAX"] * (21 + 32 * shared) + value["CATEGORIES_MAX"] * (41 + 32 * shared) + value["CATEGORY_TEXT_BYTES"],
		"tables: RILL_SITES_MAX " value["SITES_MAX"] ", RILL_CATEGORIES_MAX " value["CATEGORIES_MAX"] \
		", RILL_CATEGORY_TEXT_BYTES " value["CATEGORY_TEXT_BYTES"])
	if (value["QUICK"] == "y")
		part(64 * 336, "call sites that the consumer knows: RILL_QUICK")
	part(value["CONSUMER_STACK_BYTES"], "the consumer: RILL_CONSUMER_STACK_BYTES " value["CONSUMER_STACK_BYTES"])
	budget = value["MEMORY_BUDGET_KB"]
	if (show)
		printf "%s%14s  in all%s\n", split_text, kib(sum), budget ? ", of CONFIG_RILL_MEMORY_BUDGET_KB=" budget : ""
	if (budget && sum > 1024 * budget) {
		printf "CONFIG_RILL_MEMORY_BUDGET_KB=%d is exceeded: %s are asked for:\n%s", budget, kib(sum), split_text > "/dev/stderr"
		exit 1
	}
}
