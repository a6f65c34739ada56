# SPDX-License-Identifier: MIT
# facts.jq - what a trace in Chrome JSON holds, counted by jq, which draws nothing and binds nothing: the truth
# that the readers' models are compared with.

def key: "\(.pid)/\(.tid)";
def is_slice: .ph == "B" or .ph == "X";
def on_thread: is_slice or ((.ph == "I" or .ph == "i" or .ph == "R") and (.s // "t") == "t");

# How deep slices nest. Pairs alone are counted; with X events it is their times that count, in whole nanoseconds,
# since the sum of two fractions may miss a third by a hair. An instant lies inside what is open.
def ns: . * 1000 | round;
def depth_of_pairs:
	reduce .[] as $e ({now: 0, most: 0};
		if $e.ph == "B" then .now += 1 | .most = ([.most, .now] | max)
		elif $e.ph == "E" then .now -= 1
		elif $e | on_thread then .most = ([.most, .now + 1] | max)
		else . end) | .most;
def intervals:
	reduce .[] as $e ({open: [], done: []};
		if $e.ph == "B" then .open += [$e.ts | ns]
		elif $e.ph == "E" then .done += [{from: .open[-1], to: ($e.ts | ns)}] | .open |= .[:-1]
		elif $e | on_thread then .done += [{from: ($e.ts | ns), to: (($e.ts | ns) + ($e.dur // 0 | ns))}]
		else . end) | .done;
def depth_of_intervals:
	reduce (intervals | sort_by(.from, -.to))[] as $e ({open: [], most: 0};
		.open |= map(select(. > $e.from)) | .open += [$e.to]
		| .most = ([.most, (.open | length)] | max)) | .most;

# Moments at which one X of a thread ends and another begins.
def touching:
	map(select(.ph == "X") | {from: (.ts | ns), to: ((.ts | ns) + (.dur | ns))})
	| (map({(.from | tostring): true}) | add // {}) as $starts
	| map(select($starts[.to | tostring])) | length;

def depth: if any(.[]; .ph == "X") then depth_of_intervals else depth_of_pairs end;

(if type == "object" then .displayTimeUnit else null end) as $unit
| (if type == "object" then .traceEvents else . end | map(select(.ph))) as $events
| ($events | map(select(.ph == "M" and .name == "thread_name"))
	| map({(key): .args.name}) | add // {}) as $names
| ($events | map(select(.ph == "M" and .name == "thread_sort_index"))
	| map({(key): .args.sort_index}) | add // {}) as $orders
| ($events | map(select(.ph == "M" and .name == "process_name")) | last | .args.name) as $process
| {
	unit: $unit,
	process: $process,
	threads: ($events | map(select(is_slice or .ph == "E" or .ph == "I" or .ph == "i" or .ph == "R")) | group_by(key)
		| map({
			key: (.[0] | key),
			name: $names[.[0] | key],
			order: ($orders[.[0] | key] // 0),
			slices: (map(select(is_slice)) | length),
			instants: (map(select(on_thread and (is_slice | not))) | length),
			points: (map(select(.ph == "I" or .ph == "i")) | length),
			touching: touching,
			depth: depth,
			slice_depth: (map(select(is_slice or .ph == "E")) | depth)
		})),
	threads_with_pairs: ($events | map(select(.ph == "B") | key) | unique | length),
	arrows: ($events | map(select(.ph == "t" or .ph == "f")) | length),
	spans: ($events | map(select(.ph == "b" or .ph == "n" or .ph == "S")) | length),
	counters: ($events | map(select(.ph == "C")) | group_by(.name)
		| map({key: .[0].name, value: length}) | from_entries),
	instants: ($events | map(select(.ph == "I" or .ph == "i" or .ph == "R"))
		| {global: (map(select(.s == "g")) | length), process: (map(select(.s == "p")) | length)}),
	objects: ($events | map(select(.ph == "N")) | length),
	metadata: ($events | map(select(.ph == "M")) | length)
}
