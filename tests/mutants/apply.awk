# SPDX-License-Identifier: MIT
# apply.awk - puts one fault of a list into a file, or tells what the list says of it.
#
#     awk -v list=1 -f apply.awk faults                      NAME FILE WHEN, one fault a line
#     awk -v name=NAME -v ask=check -f apply.awk faults      the fault's lines of that kind
#     awk -v name=NAME -f apply.awk faults FILE >NEW         FILE with the fault; its line goes to stderr
#
# The lines that begin with '-' must stand in FILE, one behind the other, exactly once; else the list is out of date:
# exit code 1. See faults for how it is written.

# ---- the list ----

FNR == 1 { files++ }

files == 1 && /^(#|$)/ { next }

files == 1 && $1 == "fault" {
	now = $2
	if (now in known)
		give_up(now ": stands twice in the list")
	known[now] = 1
	when = $3 == "" ? "long" : $3
	next
}
files == 1 && $1 == "in" && list { print now, $2, when }
files == 1 && now != name { next }
files == 1 && /^-/ { old[++olds] = substr($0, 2); next }
files == 1 && /^\+/ { new[++news] = substr($0, 2); next }
files == 1 {
	if ($1 == ask) {
		sub(/^[a-z]+[ \t]+/, "")
		print
	}
	next
}

# ---- the file ----

files == 2 { line[++lines] = $0 }

function give_up(why)
{
	print why >"/dev/stderr"
	failed = 1
	exit 1
}

function stands_at(n,    i)
{
	for (i = 1; i <= olds; i++)
		if (line[n + i - 1] != old[i])
			return 0
	return 1
}

END {
	if (failed || files < 2)
		exit failed
	if (!olds)
		give_up(name ": no such fault, or one that changes nothing")
	for (n = 1; n + olds - 1 <= lines; n++)
		if (stands_at(n)) {
			found++
			at = n
		}
	if (found != 1)
		give_up(name ": its lines stand " found + 0 " times in " FILENAME ", not once: bring the list up to date")
	for (n = 1; n < at; n++)
		print line[n]
	for (n = 1; n <= news; n++)
		print new[n]
	for (n = at + olds; n <= lines; n++)
		print line[n]
	print at >"/dev/stderr"
}
