# SPDX-License-Identifier: MIT
# style_rule.awk - the limits that keep files readable: 70 lines a function, 500 lines a file, and the
# licence in the first line.
#
#     awk -f tests/style_rule.awk FILE...

function complain(line, text)
{
	printf "%s:%d: %s\n", file, line, text
	bad = 1
}

function end_of_file()
{
	if (file != "" && lines > 500)
		complain(lines, lines " lines; 500 are the limit: is there a second thing in the file?")
}

FNR == 1 {
	end_of_file()
	file = FILENAME
	start = 0
	if (!/SPDX-License-Identifier: MIT/)
		complain(1, "the first line is the licence: SPDX-License-Identifier: MIT")
}

{ lines = FNR }

# A function's body begins with a brace in the first column and ends with one.
/^\{/ { start = FNR }
/^\}/ {
	if (start && FNR - start - 1 > 70)
		complain(start, "a function of " FNR - start - 1 " lines; 70 are the limit")
	start = 0
}

END {
	end_of_file()
	exit bad
}
