# SPDX-License-Identifier: MIT
# keep_unwind.awk - holds the tables for unwinding of the entries that keep registers against what their code does to the stack, at each
# instruction: a signal may come at any of them, and its handler may end the thread, or look who calls whom.
#
#     awk -v machine=x86|arm64|riscv64 -f keep_unwind.awk FRAMES CODE
#
# FRAMES is from `readelf --debug-dump=frames-interp`, CODE from `objdump -d --no-show-raw-insn`. Followed are the stack pointer, the frame
# pointer, and where the values lie that the registers had in the caller, all as distances below the canonical frame address (CFA). One
# line for each instruction that the tables are wrong about; the last line is a sum.

function number(text, sign) {
	sign = sub(/^-/, "", text) ? -1 : 1
	return sign * (text ~ /^0x/ ? hex(substr(text, 3)) : text + 0)
}

function hex(text, i, value) {
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

BEGIN { instructions = rows = passed = failed = 0 }

# ---- the tables ----

function column_name(name, i) {
	if (name != "ra")
		return name
	if (machine == "riscv64")	# the register of that name, and the one that returns go by
		return i < columns && head[i + 1] == "ra" || return_column == 1 ? "ra" : "t0"
	return machine == "arm64" ? "x30" : "ra"
}

FNR == 1 { file++ }
# The row of a CIE is the first of each FDE of it, which need not have one of its own.
function add_row(from, cfa, i) {
	row_at[rows] = from
	row_end[rows] = fde_end
	row_cfa[rows] = cfa
	for (i = 1; i <= columns; i++)
		row_place[rows, column_name(head[i], i)] = $(i + 2)
	rows++
}

file == 1 && / CIE / {
	cie = $1
	sub(/.* ra=/, "")
	return_of[cie] = return_column = $0 + 0
	in_cie = 1
}
file == 1 && / FDE / {
	pc = of = $0
	sub(/.* cie=/, "", of)
	sub(/ .*/, "", of)
	return_column = return_of[of]
	sub(/.* pc=/, "", pc)
	split(pc, ends, /\.\./)
	fde_end = hex(ends[2])
	in_cie = 0
	$0 = cie_row[of]
	columns = split(cie_head[of], head, " ")
	add_row(hex(ends[1]), $2)
}
file == 1 && $1 == "LOC" {
	columns = NF - 2
	for (i = 1; i <= columns; i++)
		head[i] = $(i + 2)
}
file == 1 { gsub(/ \([a-z0-9]+\)/, "") }	# `r10 (r10)`
file == 1 && $1 ~ /^[0-9a-f]+$/ && $2 ~ /^[a-z0-9]+[+-][0-9]+$/ {
	if (in_cie) {
		cie_row[cie] = $0
		cie_head[cie] = ""
		for (i = 1; i <= columns; i++)
			cie_head[cie] = cie_head[cie] head[i] " "
	} else {
		add_row(hex($1), $2)
	}
}

# ---- the code ----

file == 2 && /^[0-9a-f]+ <.*>:$/ {
	name = $2
	gsub(/[<>:]/, "", name)
	inside = name ~ /^rill_keep(0|1|2|_leave|_leave_cold|_args|_begin[012]?|_end|_list|_text[012][012]|_text_measure|_text_copy)$/
	if (inside) {
		functions[++function_count] = name
		first[name] = instructions
	}
}
file == 2 && inside && /^ *[0-9a-f]+:/ {
	at[instructions] = hex(substr($1, 1, length($1) - 1))
	sub(/^ *[0-9a-f]+:[ \t]*/, "")
	sub(/[ \t]*(\/\/|# ).*/, "")
	text[instructions++] = $0
	last[name] = instructions - 1
}

# ---- the state ----

function kept_by_caller(i, count, list, each) {
	count = split(machine == "x86" ? "rbx rbp r12 r13 r14 r15 ra" : machine == "arm64" ? "x19 x20 x28 x29 x30" : "s0 s1 s2 t0", list, " ")
	for (i = 1; i <= count; i++)
		callee[list[i]] = 1
}

function enter() {
	sp = machine == "x86" ? 8 : 0
	fp = ""
	changed = machine == "x86" ? " ra " : " "	# registers that do not have the caller's value, or not any more
	memory = machine == "x86" ? " 8=ra " : " "	# what of the caller's lies where
	alias = " "
}

function in_place(r) { return !index(changed, " " r " ") }
function change(r) { if (in_place(r)) changed = changed r " " }
function is_back(r) { gsub(" " r " ", " ", changed) }
function at_place(k, p) {
	if (!match(memory, " " k "=[a-z0-9]+ "))
		return ""
	p = substr(memory, RSTART + 1, RLENGTH - 2)
	return substr(p, index(p, "=") + 1)
}
function put(k, r) {
	gsub(" " k "=[a-z0-9]+ ", " ", memory)
	if (r != "")
		memory = memory k "=" r " "
}
function store(r, k) { put(k, in_place(r) ? r : "") }
function load(r, k) { if (at_place(k) == r) is_back(r); else change(r) }

# What lies below the stack pointer is a signal handler's next.
function forget_below(i, n, list) {
	n = split(memory, list, " ")
	memory = " "
	for (i = 1; i <= n; i++)
		if (sp == "?" || list[i] + 0 <= sp)
			memory = memory list[i] " "
}
# Who comes another way must have the stack where it was.
function remember(target, i, part) {
	if (target in state && split(state[target], part, "|") && (part[1] != sp || part[2] != fp))
		complain(i, sprintf("at %x the stack lies otherwise than from elsewhere", target))
	state[target] = sp "|" fp "|" changed "|" memory "|" alias
}
function recall(target, part) {
	split(state[target], part, "|")
	sp = part[1]; fp = part[2]; changed = part[3]; memory = part[4]; alias = part[5]
	if (sp != "?")
		sp += 0
}

function call_changes(i, n, list) {
	n = split(machine == "x86" ? "rax rcx rdx rsi rdi r8 r9 r10 r11" : machine == "arm64" ? "x30" : "ra t0 t1 t2 t3 t4 t5 t6", list, " ")
	for (i = 1; i <= n; i++)
		change(list[i])
}

# ---- what instructions do ----

function whole(r) {	# the register that a part of it belongs to
	sub(/^%/, "", r)
	if (machine == "x86") {
		if (r ~ /^e[a-ds][xpi]$/) return "r" substr(r, 2)
		if (r ~ /^[a-d]l$/) return "r" substr(r, 1, 1) "x"
		sub(/[dwb]$/, "", r)
	} else if (machine == "arm64") {
		sub(/^w/, "x", r)
	}
	return r
}

function displacement(operand) { sub(/\(.*/, "", operand); return operand == "" ? 0 : number(operand) }

function x86(op, operands, a, b, n, o) {
	n = split(operands, o, ",")
	if (operands ~ /\(/ && n > 2) {	# an index in an address: not the stack's
		if (operands ~ /%[a-z0-9]+$/) change(whole(o[n]))
		return
	}
	a = o[1]; b = o[n]
	if (op ~ /^push/) {
		if (a ~ /\(%rsp\)/) { put(sp + 8, at_place(sp - displacement(a))); sp += 8 }
		else { sp += 8; store(whole(a), sp) }
	} else if (op ~ /^pop/) {
		if (a ~ /\(%rsp\)/) { o[9] = at_place(sp); sp -= 8; put(sp - displacement(a), o[9]) }
		else { load(whole(a), sp); sp -= 8 }
		if (a == "%rbp") fp = ""
		forget_below()
	} else if (op == "lea" && b == "%rsp") { sp -= displacement(a); forget_below() }
	else if (op == "sub" && b == "%rsp") sp += number(substr(a, 2))
	else if (op == "add" && b == "%rsp") { sp -= number(substr(a, 2)); forget_below() }
	else if (op == "and" && b == "%rsp") sp = "?"
	else if (op == "mov" && operands == "%rsp,%rbp") { fp = sp; change("rbp") }
	else if (op == "mov" && operands == "%rbp,%rsp") { sp = fp; forget_below() }
	else if (op == "mov" && b ~ /\(%rsp\)$/) { if (sp != "?") { if (a ~ /^%/) store(whole(a), sp - displacement(b)); else put(sp - displacement(b), "") } }
	else if (op == "mov" && a ~ /\(%rsp\)$/) { if (sp != "?") load(whole(b), sp - displacement(a)); else change(whole(b)) }
	# What waits in the ring, whose address is in r8.
	else if (op == "mov" && a ~ /^%r/ && b ~ /^0x[0-9a-f]+\(%r8\)$/) {
		gsub(" [a-z0-9]+=" substr(b, 1, index(b, "(") - 1) "[(]%r8[)] ", " ", alias)
		if (in_place(whole(a))) alias = alias whole(a) "=" b " "
	}
	else if (op == "mov" && a ~ /\(%r8\)$/) {
		if (index(alias, " " whole(b) "=" a " ")) is_back(whole(b)); else change(whole(b))
		if (b == "%r8") alias = " "
	}
	else if (op == "mov" && a ~ /^%r/ && b ~ /^%r/) {
		if (index(alias, " " whole(b) "=" whole(a) " ")) { is_back(whole(b)); return }
		change(whole(b))
		if (in_place(whole(a))) alias = alias whole(a) "=" whole(b) " "
	}
	else if (op == "rdtsc" || op == "xgetbv") { change("rax"); change("rdx") }
	else if (op == "cpuid") { change("rax"); change("rbx"); change("rcx"); change("rdx") }
	else if (op == "call") call_changes()
	else if (op !~ /^(cmp|test|bt|j|ret)/ && b ~ /^%/) change(whole(b))
}

function arm64(op, operands, n, o, k) {
	gsub(/[][#!]/, " ", operands)
	n = split(operands, o, /[ ,]+/)
	if (op ~ /^stp/ && o[3] == "sp") {
		if (written_back) { sp -= number(o[4]); k = sp } else k = sp - (n > 3 && o[4] != "" ? number(o[4]) : 0)
		if (o[1] ~ /^x/) { store(o[1], k); store(o[2], k - 8) }
	} else if (op ~ /^ldp/ && o[3] == "sp") {
		k = post_indexed ? sp : sp - (n > 3 && o[4] != "" ? number(o[4]) : 0)
		if (o[1] ~ /^x/) { load(o[1], k); load(o[2], k - 8) }
		if (post_indexed) { sp -= number(o[4]); forget_below() }
	} else if (op == "sub" && o[1] == "sp") sp += number(o[3])
	else if (op == "add" && o[1] == "sp") { sp -= number(o[3]); forget_below() }
	else if (op == "mov" && o[1] == "x29" && o[2] == "sp") { fp = sp; change("x29") }
	else if (op == "mov" && o[1] == "sp" && o[2] == "x29") { sp = fp; forget_below() }
	else if (op == "bl" || op == "blr") call_changes()
	else if (op !~ /^(st|cmp|tst|b|cb|tb|ret|dmb|nop|hint)/) change(whole(o[1]))
}

function riscv(op, operands, n, o) {
	gsub(/[()]/, ",", operands)
	n = split(operands, o, ",")
	if (op ~ /^addi?$/ && o[1] == "sp" && o[2] == "sp") { sp -= number(o[3]); forget_below() }
	else if (op == "sd" && o[3] == "sp") store(o[1], sp - number(o[2]))
	else if (op == "ld" && o[3] == "sp") load(o[1], sp - number(o[2]))
	else if (op == "mv" && operands == "s0,sp") { fp = sp; change("s0") }
	else if (op == "mv" && operands == "sp,s0") { sp = fp; forget_below() }
	else if ((op == "jal" || op == "jalr") && (n == 1 || o[1] == "ra")) call_changes()
	else if (op !~ /^(s[bhwd]|fs[wd]|b|fence|j|jr|ret|nop)/) change(o[1])
}

# ---- the comparison ----

function complain(i, why) {
	printf "%s: %x: %s: %s\n", current, at[i], text[i], why
	failed++
}

function frame_pointer() { return machine == "x86" ? "rbp" : machine == "arm64" ? "x29" : "s0" }

function check(i, r, row, part, place, wrong) {
	row = -1
	for (r = 0; r < rows; r++)
		if (row_at[r] <= at[i] && at[i] < row_end[r] && (row < 0 || row_at[r] >= row_at[row]))
			row = r
	if (row < 0) { complain(i, "no table covers it"); return }
	wrong = failed
	split(row_cfa[row], part, "+")
	if (part[1] == (machine == "x86" ? "rsp" : "sp") ? sp == "?" || sp != part[2] : fp == "" || fp != part[2] || part[1] != frame_pointer())
		complain(i, "the CFA is not " row_cfa[row] " (the stack pointer is " sp " below it, the frame pointer " fp ")")
	for (r in registers) {
		place = ((row, r) in row_place) ? row_place[row, r] : "u"
		if (place ~ /^c-/ && (at_place(substr(place, 3)) != r || (sp != "?" && substr(place, 3) + 0 > sp)))
			complain(i, r " is not at " place)
		else if (place !~ /^(c-.*|u|s)$/ && !index(alias, " " r "=" place " "))
			complain(i, r " is not in " place)
		else if (place ~ /^(u|s)$/ && callee[r] && !in_place(r))
			complain(i, r " has changed, and the table does not say where it is")
	}
	passed += wrong == failed
}

function step(i, op, operands, target) {
	op = text[i]
	operands = ""
	if (match(op, /[ \t]/)) {
		operands = substr(op, RSTART)
		op = substr(op, 1, RSTART - 1)
	}
	gsub(/[ \t]/, "", operands)
	sub(/<.*/, "", operands)
	if (op ~ /^(j|b|cb|tb)/ && op !~ /^(bl|blr|bti|bt|bsf|jal|jalr|jr|br)$/) {
		target = operands
		sub(/.*,/, "", target)
		remember(hex(target), i)
	}
	written_back = text[i] ~ /\]!/
	post_indexed = text[i] ~ /\], *#/
	if (machine == "x86") x86(op, operands)
	else if (machine == "arm64") arm64(op, operands)
	else riscv(op, operands)
	return op ~ /^(ret|retq|jmp|b|j|jr|br)$/	# what follows is not reached from here
}

function follow(name, i, over) {
	current = name
	enter()
	for (i = first[name]; i <= last[name]; i++) {
		if (at[i] in state)
			recall(at[i])
		else if (over)
			return		# padding
		check(i)
		over = step(i)
	}
}

END {
	kept_by_caller()
	for (each in row_place) {
		split(each, part, SUBSEP)
		registers[part[2]] = 1
	}
	for (each in callee)
		registers[each] = 1
	# The cold exit is entered in the frame of those that jump to it. Those that keep most of the registers come last: what it is taken to
	# find is what they left.
	for (i = 1; i <= function_count; i++)
		if (functions[i] !~ /^rill_keep([012]|_leave_cold)$/)
			follow(functions[i])
	for (i = 1; i <= function_count; i++)
		if (functions[i] ~ /^rill_keep[012]$/)
			follow(functions[i])
	for (i = 1; i <= function_count; i++)
		if (functions[i] == "rill_keep_leave_cold")
			follow(functions[i])
	printf "%d instructions of %d functions\n", passed + failed, function_count
	printf "%d passed, %d failed\n", passed, failed
}
