# SPDX-License-Identifier: MIT
# include_rule.awk - fails where an #include goes against the flow (src/README.md has the picture).
#
#     awk -f tests/include_rule.awk FILE...        paths from the top folder
#
# A stage is a folder of src/. A file may include its own stage, the foundation (include/, port/,
# src/format/, src/config.h), and the stages that `below` grants it. Reading rings is for src/route alone,
# writing them for src/emit alone: a third party would break the proof that there is one of each.

function grant(stage, list,    names, n, i)
{
	n = split(list, names, " ")
	known[stage] = 1
	for (i = 1; i <= n; i++)
		below[stage, names[i]] = 1
}

BEGIN {
	grant("foundation", "")
	grant("ring", "")
	grant("emit", "ring")
	grant("sink", "")
	grant("route", "ring emit sink")
	grant("source", "ring emit route")
	grant("control", "ring emit route sink source")
	grant("live", "ring emit route sink source control")
	grant("binding", "emit control")
	grant("tool", "")
}

function stage_of(path,    part)
{
	if (path ~ /^(include|port)\// || path ~ /^src\/(format\/|config\.h$)/)
		return "foundation"
	split(path, part, "/")
	return part[1] == "src" ? part[2] : ""
}

function exists(path,    line, found)
{
	found = (getline line < path) >= 0
	close(path)
	return found
}

# "src/emit/../ring/x.h" -> "src/ring/x.h"
function plain(path)
{
	while (sub(/(^|\/)\.\//, "/", path))
		sub(/^\//, "", path)
	while (sub(/[^\/]+\/\.\.\//, "", path))
		;
	return path
}

# The file of the tree that an include means, looked up as the compiler does. Empty: not ours.
function target_of(from, name,    folder, places, n, i)
{
	folder = from
	sub(/[^\/]*$/, "", folder)
	n = split(folder ":include/::src/", places, ":")
	for (i = 1; i <= n; i++)
		if (exists(plain(places[i] name)))
			return plain(places[i] name)
	return ""
}

function complain(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text
	bad = 1
}

FNR == 1 {
	stage = stage_of(FILENAME)
	if (stage != "" && !(stage in known))
		complain("src/" stage "/ is no stage of src/README.md: say in include_rule.awk what it may include")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
	split($0, quoted, /["<>]/)
	target = target_of(FILENAME, quoted[2])
	if (target == "") {
		if (/"/)
			complain("\"" quoted[2] "\" is nowhere in the tree")
		next
	}
	to = stage_of(target)
	if (target ~ /\/ring_producer\.h$/ && stage != "emit" && stage != "ring")
		complain("only src/emit may include ring_producer.h")
	else if (target ~ /\/ring_consumer\.h$/ && stage != "route" && stage != "ring")
		complain("only src/route may include ring_consumer.h")
	else if (stage == "tool" && target ~ /^src\/(control\/(filter|pattern|trigger)|sink\/address)\.h$/)
		next
	else if (to == "")
		complain(target " is no part of the product")
	else if (stage != "" && to != stage && to != "foundation" && !((stage, to) in below))
		complain("src/" stage "/ may not include " target ": against the flow")
}

END { exit bad }
