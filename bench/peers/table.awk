# SPDX-License-Identifier: MIT
# table.awk - the table of bench_peers.sh out of what measure.sh wrote: lines of key=value, separated by tabs, the kind of line first.
#
# Of a case that had several turns it takes the least of the minima and the median of the medians; of a rate the highest that held. Each
# row of the table is one comparison: rill with its own clock, rill with the peer's clock, the peer, and rill : peer for both.

BEGIN {
	FS = "\t"
	peers = split("lttng-snapshot lttng-discard lttng-blocking v8 trace-marker", peer, " ")
	split("LTTng-UST, snapshot|LTTng-UST, discard|LTTng-UST, blocking|V8's own, by Node|trace_marker", words, "|")
	split("memory file file json memory", goes, " ")
	for (p = 1; p <= peers; p++) {
		title[peer[p]] = words[p]
		partner[peer[p]] = "rill-" goes[p]
	}
	title["lttng"] = "LTTng-UST"
	title["callgrind"] = "instructions"
	title["rill"] = "rill"
	# The kernel stamps these with a counter, too; rill's own clock is the like of it.
	own_clock["trace-marker"] = 1
	shapes = split("none int64 text off", shape, " ")
	split("no argument|one int64|two int, text of 16 bytes|off, one int64", words, "|")
	for (s = 1; s <= shapes; s++)
		shape_title[shape[s]] = words[s]
}

{
	delete v
	for (i = 2; i <= NF; i++) {
		at = index($i, "=")
		v[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
}
$1 == "said" { said_what[++saids] = v["what"]; said_text[saids] = v["text"] }
$1 == "asked" { asked_of[++askeds] = v["tracer"]; asked_text[askeds] = v["text"] }
$1 == "absent" { absent[++absents] = v["tracer"]; why[v["tracer"]] = v["why"] }
$1 == "cost" {
	k = v["tracer"] SUBSEP v["event"] SUBSEP v["threads"]
	if (!turns[k]++ || v["ns_min"] + 0 < least[k])
		least[k] = v["ns_min"] + 0
	medians[k, turns[k]] = v["ns_med"] + 0
	lost[k] += v["books"]
}
$1 == "insn" { insn[v["tracer"], v["event"]] = v["insn"] }
$1 == "size" {
	size[v["tracer"], v["event"]] = v["bytes"] / (v["emitted"] - v["lost"])
	events_of_size = v["emitted"]
	if (v["counted"] != "" && v["counted"] + 0 != v["emitted"] - v["lost"])
		odd[v["tracer"], v["event"]] = v["counted"]
}
$1 == "rate" {
	k = v["tracer"] SUBSEP v["place"] SUBSEP v["threads"]
	tried[k]++
	rates_tried++
	if (v["held"] == "yes" && (!(k in rate) || v["offered"] + 0 > rate[k])) {
		rate[k] = v["offered"] + 0
		rate_note[k] = "preempted " v["preempted"] ", stolen " v["steal_ms"] " ms"
		seconds = sprintf("%.0f", v["seconds"])
	}
}

function median(k,	n, i, j, t, sorted)
{
	n = turns[k]
	for (i = 1; i <= n; i++) {
		t = medians[k, i]
		for (j = i; j > 1 && sorted[j - 1] > t; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = t
	}
	return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

# Below half a nanosecond the loops themselves differ by more than that.
function ratio(a, b, least_of_both)
{
	return a == "" || b == "" || a < least_of_both || b < least_of_both || b == 0 ? "-" : sprintf(a / b < 0.1 ? "%.3f" : "%.2f", a / b)
}

function cell_ns(k)
{
	return k in least ? sprintf("%.1f / %.1f", least[k], median(k)) (lost[k] ? " (" lost[k] " lost)" : "") : "-"
}

function value_of(set, k)
{
	return k in set ? set[k] : ""
}

function row(with, what, event, own, same, its, ratio_same, ratio_own)
{
	print "| " with " | " what " | " event " | " own " | " same " | " its " | " ratio_same " | " ratio_own " |"
}

function costs(p, threads, s,	its, own, same)
{
	its = peer[p] SUBSEP shape[s] SUBSEP threads
	if (!(its in least))
		return
	own = partner[peer[p]] "-counter" SUBSEP shape[s] SUBSEP threads
	same = partner[peer[p]] (own_clock[peer[p]] ? "-counter" : "-monotonic") SUBSEP shape[s] SUBSEP threads
	if (shape[s] == "off")	# no clock is read, and nothing goes anywhere
		own = same = "rill-file-counter" SUBSEP "off" SUBSEP threads
	row(title[peer[p]], "ns, " threads (threads == 1 ? " thread" : " threads"), shape_title[shape[s]], cell_ns(own), cell_ns(same),
	    cell_ns(its), ratio(value_of(least, same), least[its], 0.5), ratio(value_of(least, own), least[its], 0.5))
}

function instructions(p, s,	its, own, same)
{
	its = peer[p] SUBSEP shape[s]
	if (!(its in insn))
		return
	own = partner[peer[p]] "-counter" SUBSEP shape[s]
	same = partner[peer[p]] "-monotonic" SUBSEP shape[s]
	row(title[peer[p]], "instructions", shape_title[shape[s]], value_of(insn, own), value_of(insn, same), insn[its],
	    ratio(value_of(insn, same), insn[its], 0), ratio(value_of(insn, own), insn[its], 0))
}

function cell_size(k)
{
	return sprintf("%.2f", size[k]) (k in odd ? " (a reader found " odd[k] " events)" : "")
}

function sizes(p, s,	its, own)
{
	its = peer[p] SUBSEP shape[s]
	own = partner[peer[p]] "-counter" SUBSEP shape[s]
	if (!(its in size))
		return
	row(title[peer[p]], "bytes on disk", shape_title[shape[s]], cell_size(own), "the same", cell_size(its), "-",
	    ratio(size[own], size[its], 0))
}

function cell_rate(k)
{
	return k in rate ? sprintf("%.2f (%s)", rate[k] / 1e6, rate_note[k]) : k in tried ? "none held" : "-"
}

function rates(p, place, threads,	its, own, same)
{
	its = peer[p] SUBSEP place SUBSEP threads
	if (!(its in tried))
		return
	own = partner[peer[p]] "-counter" SUBSEP place SUBSEP threads
	same = partner[peer[p]] "-monotonic" SUBSEP place SUBSEP threads
	row(title[peer[p]], "M events/s, " place ", " threads (threads == 1 ? " thread" : " threads"), "one int64",
	    cell_rate(own), cell_rate(same), cell_rate(its), ratio(value_of(rate, same), value_of(rate, its), 0),
	    ratio(value_of(rate, own), value_of(rate, its), 0))
}

END {
	print "| | |"
	print "|---|---|"
	for (i = 1; i <= saids; i++)
		print "| " said_what[i] " | " said_text[i] " |"
	for (i = 1; i <= askeds; i++)
		print "| " title[asked_of[i]] " | " asked_text[i] " |"
	for (i = 1; i <= absents; i++)
		print "| " title[absent[i]] " | not measured: " why[absent[i]] " |"
	print ""
	print "| compared with | what | event | rill, its own clock | rill, the peer's clock | the peer | rill : peer, one clock | rill : peer |"
	print "|---|---|---|---|---|---|---|---|"
	for (p = 1; p <= peers; p++) {
		for (threads = 1; threads <= 2; threads++)
			for (s = 1; s <= shapes; s++)
				costs(p, threads, s)
		for (s = 1; s <= shapes; s++)
			instructions(p, s)
		for (s = 1; s <= shapes; s++)
			sizes(p, s)
		for (threads = 1; threads <= 2; threads++) {
			rates(p, "disk", threads)
			rates(p, "memory", threads)
		}
		if (peer[p] in why)
			row(title[peer[p]], "-", "-", "-", "-", "not measured: " why[peer[p]], "-", "-")
	}
	if (events_of_size)
		print "\nSizes are those of " events_of_size " events."
	if (seconds)
		print (events_of_size ? "" : "\n") "Rates held for " seconds " s."
	else if (!rates_tried)
		print (events_of_size ? "" : "\n") "Rates were left out of this run."
}
