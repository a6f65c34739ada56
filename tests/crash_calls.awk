# SPDX-License-Identifier: MIT
# crash_calls.awk - what functions of a library call, directly or not: of `objdump -d`, from the functions in the variable roots on.
#
#     outside NAME FUNCTION     a function of another library, and one that calls it
#     indirect FUNCTION         through a pointer
#     missing NAME              a root that is not there, or several times
#
# Those in the variable known_before have run already: what they would call at first is not called any more. A function whose address is taken
# counts as called. Functions are known by address, since static ones may share a name.
function hex(digits,    i, value) {
	for (i = 1; i <= length(digits); i++)
		value = 16 * value + index("0123456789abcdef", substr(digits, i, 1)) - 1
	return value
}
/^[0-9a-f]+ <[^>]+>:$/ {
	at = hex($1)
	name = substr($2, 2, length($2) - 3)
	plt = name ~ /@plt$/
	start[++functions] = at
	name_of[at] = name
	by_name[name] = at
	named[name]++
	next
}
/^ +[0-9a-f]+:\t/ && !plt {
	end = hex(substr($1, 1, length($1) - 1))
	if ($2 ~ /^(call|jmp|bnd|notrack)/ && /\*/ && !/notrack/)
		through_pointer[at] = 1
	rest = $0
	sub(/^[^\t]*\t/, "", rest)
	while (match(rest, /[0-9a-f]+ <[^>]+>/)) {
		split(substr(rest, RSTART, RLENGTH), word, " ")
		target[at, ++targets[at]] = hex(word[1])
		target_name[at, targets[at]] = word[2]
		rest = substr(rest, RSTART + RLENGTH)
	}
}
# The function that holds an address: they come in order of address, section by section.
function holder(address,    low, high, middle) {
	low = 1
	high = functions
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (start[middle] <= address)
			low = middle
		else
			high = middle - 1
	}
	return start[low] <= address && address <= end ? start[low] : ""
}
function visit(at,    i, next_at, name) {
	if (seen[at]++ || index(" " known_before " ", " " name_of[at] " "))
		return
	if (through_pointer[at])
		print "indirect", name_of[at]
	for (i = 1; i <= targets[at]; i++) {
		next_at = holder(target[at, i])
		if (next_at == "" || next_at == at)
			continue
		name = name_of[next_at]
		if (name !~ /@plt$/) {
			visit(next_at)
			continue
		}
		sub(/@plt$/, "", name)
		if (named[name] == 1)	# its own, through the table
			visit(by_name[name])
		else
			print "outside", name, name_of[at]
	}
}
END {
	count = split(roots, root, " ")
	for (i = 1; i <= count; i++)
		if (named[root[i]] != 1)
			print "missing", root[i]
		else
			visit(by_name[root[i]])
}
