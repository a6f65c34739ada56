# SPDX-License-Identifier: MIT
# bars.awk - the bars that rill sets itself, as a table: the bar, what was measured, and how. Out of what the benchmarks printed:
#
#     awk -f bars.awk RESULTS/*.txt [PEERS]     PEERS: what bench-peers keeps
#
# A file's name is the subject of its lines. What was not measured is "not run", and is never met; what is compared is the value as it is
# shown.

FNR == 1 {
	subject = FILENAME
	sub(/^.*\//, "", subject)
	sub(/\.txt$/, "", subject)
}
/^bench / { line[subject, ++lines[subject]] = $0 }
/^# / {
	for (i = 2; i <= NF; i++) {
		if ($i ~ /^load=/) load[subject] = substr($i, 6, index($i "_", "_") - 6)
		if ($i ~ /^date=/) date[subject] = substr($i, 6)
	}
}
/^books closed=/ { closed[subject] = substr($2, 8) }
# Lines of bench-peers: the highest rate that held, for each tracer with one thread on disk.
/^rate\t.*\tplace=disk\t/ && /\tthreads=1\t/ && /\theld=yes/ {
	tracer = tabbed("tracer")
	if (tabbed("offered") + 0 > peer[tracer] + 0) peer[tracer] = tabbed("offered")
}
/^said\twhat=load before\t/ { split(tabbed("text"), part, " "); peers_load = part[1] }

function tabbed(key,	n, i, word)
{
	n = split($0, word, "\t")
	for (i = 1; i <= n; i++)
		if (index(word[i], key "=") == 1) return substr(word[i], length(key) + 2)
	return ""
}

# get(SUBJECT, WORDS, KEY): of the first line that has all these words; "" if there is none, or no number in it
function get(of, words, key,	i, j, n, word, found)
{
	n = split(words, word, " ")
	for (i = 1; i <= lines[of]; i++) {
		found = 1
		for (j = 1; j <= n; j++)
			if (!index(line[of, i] " ", " " word[j] " ")) found = 0
		if (found) return field(line[of, i], key)
	}
	return ""
}

function field(text, key,	at)
{
	at = index(text, " " key "=")
	if (!at) return ""
	text = substr(text, at + length(key) + 2)
	sub(/ .*/, "", text)
	return text == "-" ? "" : text
}

# The greatest of the lines that these cases have (words with a comma between them); "" if one is missing.
function greatest(of, cases, key,	i, n, name, value, most)
{
	n = split(cases, name, ",")
	most = ""
	for (i = 1; i <= n; i++) {
		value = get(of, "case=" name[i], key)
		if (value == "") return ""
		if (most == "" || value + 0 > most + 0) most = value
	}
	return most
}

function over(a, b) { return a == "" || b == "" || b + 0 <= 0 ? "" : a / b }
function per_s(ns) { return ns == "" || ns + 0 <= 0 ? "" : 1000 / ns }
function scaled(value, by) { return value == "" ? "" : value / by }
function larger(a, b) { return a == "" || b == "" ? "" : a + 0 > b + 0 ? a : b }

# row(BAR, VALUE as it is shown; "" if there is none, MET, SUBJECT, HOW)
function row(text, shown, met, of, how)
{
	if (shown == "")
		printf "| %s | not run | %s |\n", text, how
	else
		printf "| %s | %s, %s | %s; load %s, %s |\n", text, shown, met ? "met" : "**missed**", how, load[of], date[of]
}

# bar(TEXT, VALUE, "at most" or "at least", LIMIT, UNIT, SUBJECT, HOW)
function bar(text, value, side, limit, unit, of, how,	shown)
{
	text = text ": " side " " limit unit
	if (value == "") {
		row(text, "", 0, of, how)
		return
	}
	shown = sprintf("%.2f", value)
	sub(/\.?0+$/, "", shown)
	row(text, shown unit, side == "at most" ? shown + 0 <= limit + 0 : shown + 0 >= limit + 0, of, how)
}

# rill's highest rate to LTTng's, which the same run found.
function peer_bar(text, ours)
{
	date["peers"] = "in one run"
	load["peers"] = peers_load
	bar(text, over(peer[ours], peer["lttng-blocking"]), "at least", 2, " x", "peers", "`make bench-peers`, one producer, to disk")
}

function twice_to_once(kinds,	n, i, kind, worst)
{
	n = split(kinds, kind, ",")
	worst = over(get("flight", "case=both_" kind[1], "ns_min"), get("flight", "case=once_" kind[1], "ns_min"))
	for (i = 2; i <= n; i++)
		worst = larger(worst, over(get("flight", "case=both_" kind[i], "ns_min"), get("flight", "case=once_" kind[i], "ns_min")))
	return worst
}

function off_and_on(	steps, worst)
{
	steps = "single steps, net of the loop"
	bar("an event that is off", greatest("disabled", "disabled_0,disabled_1,disabled_2,disabled_6,disabled_text", "insn"), "at most", 3,
		" instructions", "disabled", "`bench_disabled`, " steps)
	bar("a loop with it, to one with a test of a volatile byte", greatest("disabled", "disabled_0,disabled_1,disabled_2", "ratio"),
		"at most", 1, " x", "disabled", "`bench_disabled`, least")
	bar("on, no argument", get("emit", "case=emit_0", "insn"), "at most", 34, " instructions", "emit", "`bench_emit`, " steps)
	bar("on, one int64", get("emit", "case=emit_1", "insn"), "at most", 36, " instructions", "emit", "`bench_emit`, " steps)
	bar("on, two ints and a text of 16 bytes", get("strings", "case=two_ints_text_16", "insn"), "at most", 90, " instructions", "strings",
		"`bench_strings`, " steps)
	bar("on, one int64, to a read of the counter with 32 bytes stored",
		over(get("emit", "case=emit_1", "ns_min"), get("emit", "case=clock_32", "ns_min")), "at most", 1.1, " x", "emit",
		"`bench_emit`, least, net of the loop")
	bar("one int64 inside real work", get("work", "case=work_emit_1", "added_ns"), "at most", 8, " ns", "work", "`bench_work`, least, added")
	bar("the same, to work and floor", get("work", "case=work_emit_1", "ratio"), "at most", 1.35, " x", "work", "`bench_work`, least")
	bar("two threads at once, to one", get("threads", "case=threads_emit threads=2", "against_one"), "at most", 1.05, " x", "threads",
		"`bench_threads`, medians of the slower one")
	bar("for a stream and a flight session, to a stream alone", twice_to_once("0,1,2,4,text,call,scope"), "at most", 1.8, " x", "flight",
		"`bench_flight`, least; the worst of seven kinds")
	bar("in a handler that interrupted an event, to level 0", get("signals", "case=signal_level_1", "ratio"), "at most", 1.3, " x",
		"signals", "`bench_signals`, least")
	worst = get("latency", "case=latency_busy", "max")
	if (worst != "")
		worst = sprintf("; the slowest took %.1f us: %s", worst / 1000, get("latency", "case=latency_busy", "worst"))
	gsub(/_/, " ", worst)
	bar("emit latency with the consumer busy, 99.9 % to the median", get("latency", "case=latency_busy", "p999_over_median"), "at most", 3,
		" x", "latency", "`bench_latency`, " get("latency", "case=latency_busy", "events") + 0 " events" worst)
}

function rates(	one, two)
{
	one = get("rate", "case=rate_binary threads=1", "rate")
	two = get("rate", "case=rate_binary threads=2", "rate")
	bar("10 s without loss, one producer, packets", scaled(one, 1e6), "at least", 25, " M events/s", "rate", "`bench_rate`, by search")
	bar("10 s without loss, one producer, JSON", scaled(get("rate", "case=rate_json threads=1", "rate"), 1e6), "at least", 6,
		" M events/s", "rate", "`bench_rate`, by search")
	bar("two producers in sum to one, packets", over(two, one), "at least", 0.7, " x", "rate", "`bench_rate`, by search")
	row("offered twice as much: the books close to the last event", closed["rate"] == "" ? "" : closed["rate"] ? "yes" : "no", closed["rate"],
		"rate", "`bench_rate`")
	peer_bar("packets to a file without loss, rill : LTTng-UST blocking, rill's own clock", "rill-file-counter")
	peer_bar("the same, both with the kernel's clock", "rill-file-monotonic")
}

# What every doubling of the rings adds, to what one costs from 2 rings: 1 is as log2 grows.
function grows(	few, some, many)
{
	few = get("merge", "case=merge shape=none rings=2 burst=1", "ns_min")
	some = over(get("merge", "case=merge shape=none rings=64 burst=1", "ns_min"), few)
	many = over(get("merge", "case=merge shape=none rings=1000 burst=1", "ns_min"), few)
	return larger(scaled(some, 6), scaled(many, log(1000) / log(2)))
}

function consumer(	rings, limit, shape, i)
{
	split("2 64 1000", rings, " ")
	split("100 30 12", limit, " ")
	for (i = 1; i <= 3; i++)
		bar("merge, " rings[i] " rings", per_s(get("merge", "case=merge shape=none rings=" rings[i] " burst=1", "ns_min")), "at least",
			limit[i], " M events/s", "merge", "`bench_merge`, random interleaving, least")
	bar("merge, cost by rings to log2 of the rings", grows(), "at most", 1, " x", "merge", "`bench_merge`, 64 and 1000 rings to 2")
	split("none int64 2int_text16", shape, " ")
	split("80 60 30", limit, " ")
	for (i = 1; i <= 3; i++)
		bar("merge and packets, " (i == 1 ? "no argument" : i == 2 ? "one int64" : "two ints and a text of 16 bytes"),
			per_s(get("packet", "case=packet shape=" shape[i] " rings=2 burst=16", "ns_min")), "at least", limit[i], " M events/s",
			"packet", "`bench_packet`, 2 rings in runs of 16, least")
	bar("JSON, no argument", per_s(get("json", "case=json shape=none rings=2 burst=16", "ns_min")), "at least", 30, " M events/s", "json",
		"`bench_json`, merge included, least")
	bar("consumer at 100 000 events/s, packets", get("load", "case=load_binary rate=100000", "consumer_percent"), "at most", 3,
		" % of a core", "load", "`bench_load`")
	bar("consumer at 100 000 events/s, JSON", get("load", "case=load_json rate=100000", "consumer_percent"), "at most", 8, " % of a core",
		"load", "`bench_load`")
	bar("wake-ups of an idle program", greatest("consumer", "idle_binary,idle_json", "wake_ups_per_s"), "at most", 10, " a second",
		"consumer", "`bench_consumer`")
	bar("start to the first event, the first in a process", greatest("consumer", "start_binary,start_json", "first_ms"), "at most", 1,
		" ms", "consumer", "`bench_consumer`")
	bar("stop with empty rings", greatest("consumer", "stop_binary,stop_json", "ms_med"), "at most", 5, " ms", "consumer",
		"`bench_consumer`, median")
}

END {
	print "| bar | measured | how |"
	print "|---|---|---|"
	off_and_on()
	rates()
	consumer()
}
