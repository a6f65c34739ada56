# SPDX-License-Identifier: MIT
# plots.sh - the plots of report.sh, which sources this: plots_SUBJECT for each subject that has some, by gnuplot, out of what the subject
# printed. They leave NAME.svg in the folder of plots, and print the line of the page that shows it.

# columns KEY...: of the lines on standard input
columns()
{
	awk -v keys="$*" 'BEGIN { n = split(keys, key, " ") }
		{
			split("", v); row = ""
			for (f = 1; f <= NF; f++) { at = index($f, "="); if (at) v[substr($f, 1, at - 1)] = substr($f, at + 1) }
			for (i = 1; i <= n; i++) row = row " " v[key[i]]
			print row
		}'
}

# plot NAME: gnuplot's commands on standard input; data is in the scratch folder
plot()
{
	{
		echo 'set terminal svg size 720,400 dynamic background "white" font "sans-serif,12"'
		echo "set output '$scratch/$1.svg'; set key outside below; set grid; set style data linespoints"
		cat
	} | (cd "$scratch" && gnuplot) && cp "$scratch/$1.svg" "$doc/plots/$1.svg"
	echo "![$1](plots/$1.svg)"
	echo
}

plots_emit()
{
	lines emit 'emit_[0-9]*' | columns args ns_min ns_med >"$scratch/emit"
	lines emit 'clock_(8|16|24|56)' | columns args ns_min >"$scratch/floor"
	plot cost-by-arguments <<-'END'
		set xlabel "arguments (int64)"; set ylabel "ns for an event"; set yrange [0:1<*]
		plot "emit" using 1:2 title "event, least", "emit" using 1:3 title "event, median", \
			"floor" using 1:2 title "floor: counter and the same bytes"
	END
}

plots_rings()
{
	lines rings emit_1 | columns kib ns_min ns_med >"$scratch/emit"
	lines rings clock_16 | columns kib ns_min >"$scratch/floor"
	plot cost-by-ring <<-'END'
		set xlabel "ring of a thread, KiB"; set ylabel "ns for an event with a number"; set logscale x 2; set yrange [0:1<*]
		plot "emit" using 1:2 title "event, least", "emit" using 1:3 title "event, median", "floor" using 1:2 title "floor"
	END
}

plots_threads()
{
	lines threads threads_emit | columns threads ns_min ns_med >"$scratch/emit"
	lines threads threads_clock_32 | columns threads ns_min ns_med >"$scratch/floor"
	plot cost-by-threads <<-'END'
		set xlabel "threads at once"; set ylabel "ns for an event of the slowest thread"; set yrange [0:1<*]; set xtics 1
		plot "emit" using 1:2 title "event, least", "emit" using 1:3 title "event, median", "floor" using 1:2 title "floor, least"
	END
}

plots_latency()
{
	local c

	for c in floor idle busy absent; do
		grep "^quantile case=latency_$c " "$results/latency.txt" | columns share ns | awk '$1 < 1 { print 1 / (1 - $1), $2 }' >"$scratch/$c"
	done
	plot latency <<-'END'
		set xlabel "one event in ..."; set ylabel "ns or more"; set logscale xy
		plot "floor" title "floor", "idle" title "consumer idle", "busy" title "consumer busy", \
			"absent" title "consumer absent: refused"
	END
}

plots_load()
{
	local c

	for c in binary json; do
		lines load load_$c | columns rate delivered_per_s lost_percent >"$scratch/$c"
		lines load load_$c | columns rate consumer_percent >"$scratch/$c.cpu"
	done
	plot throughput-by-load <<-'END'
		set xlabel "events/s that are wanted"; set ylabel "delivered, events/s"; set y2label "lost, %"; set y2tics; set y2range [0:100]
		set logscale xy
		plot "binary" using 1:2 title "packets, delivered", "json" using 1:2 title "JSON, delivered", \
			"binary" using 1:3 axes x1y2 title "packets, lost" dashtype 2, "json" using 1:3 axes x1y2 title "JSON, lost" dashtype 2
	END
	plot consumer-by-rate <<-'END'
		set xlabel "events/s"; set ylabel "consumer, % of a core"; set logscale xy
		seen(percent) = percent > 0.01 ? percent : 0.01
		plot "binary.cpu" using 1:(seen($2)) title "packets", "json.cpu" using 1:(seen($2)) title "JSON"
	END
}

plots_growth()
{
	lines growth growth_threads | columns threads ns_med drain_ns >"$scratch/threads"
	lines growth growth_events | columns events cpu_ns bytes >"$scratch/events"
	plot growth-by-threads <<-'END'
		set xlabel "threads"; set ylabel "ns for an event"; set logscale x; set yrange [0:1<*]
		plot "threads" using 1:2 title "to emit", "threads" using 1:3 title "to merge, encode and write"
	END
	plot growth-by-events <<-'END'
		set xlabel "events in a trace"; set ylabel "processor time for an event, ns"; set y2label "bytes of an event"; set y2tics
		set logscale x; set yrange [0:1<*]; set y2range [0:1<*]
		plot "events" using 1:2 title "processor time", "events" using 1:3 axes x1y2 title "bytes in the file"
	END
}

plots_sizes()
{
	awk '/^bench/ { for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] }
		if (v["compress"] == "none" || v["compress"] == "json") of[v["packet_bytes"] + 0, v["case"]] = v["bytes"] }
		END {
			n = split("512 4096 65536 0", packet, " ")
			for (i = 1; i <= n; i++)
				print (packet[i] ? packet[i] : "JSON"), of[packet[i], "size_none"], of[packet[i], "size_int64"], of[packet[i], "size_2_ints_text16"]
		}' "$results/sizes.txt" >"$scratch/sizes"
	plot sizes <<-'END'
		set style data histograms; set style fill solid 0.7; set ylabel "bytes of an event"; set logscale y; set yrange [1:]
		set xlabel "bytes of a packet, or JSON"
		plot "sizes" using 2:xtic(1) title "no argument", "sizes" using 3 title "int64", "sizes" using 4 title "two ints and a text"
	END
}
