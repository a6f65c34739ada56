# SPDX-License-Identifier: MIT
# randconfig.awk - a random configuration out of Kconfig, such that config.awk and the compiler accept it.
#
#     awk -v seed=7 -f tests/randconfig.awk Kconfig >.config
#
# Numbers lie within their range, small ones as often as large ones, and at most 64 times the default: what takes all address space
# or an hour is no test. Where the help says "power of two" they are one. An option whose conditions do not hold stays out.

function is_true(text,    terms, n, i, name, want)
{
	n = split(text, terms, / *&& */)
	for (i = 1; i <= n; i++) {
		name = terms[i]
		want = name !~ /^!/
		sub(/^!/, "", name)
		if ((value_of(name) == "y") != want)
			return 0
	}
	return 1
}

function value_of(name)
{
	return name in condition && !is_true(condition[name]) ? "n" : value[name]
}

function a_number(name,    from, to, bits, n)
{
	from = low[name]
	to = high[name] < 64 * fallback[name] ? high[name] : 64 * fallback[name]
	# Each doubling is as likely as any other.
	n = int((from + 1) * exp(rand() * log((to + 1) / (from + 1)))) - 1
	if (!(name in power))
		return n < from ? from : n
	for (bits = 1; bits <= n || bits < from; bits *= 2)
		;
	return bits > to ? bits / 2 : bits
}

# The tool takes most of the time and is tried elsewhere; without any place for a trace there is little to see.
function chance(name)
{
	if (name ~ /^RILL_(TOOL|FORWARD)$/)
		return 0.1
	return name ~ /^RILL_(BINARY|SINK_FD|SUBSCRIBERS)$/ ? 0.8 : 0.5
}

BEGIN { srand(seed) }
$1 == "config" { name = $2; order[++count] = name; help = 0 }
$1 == "bool" || $1 == "int" { type[name] = $1 }
$1 == "default" && !help { fallback[name] = $2 }
$1 == "range" && !help { low[name] = $2; high[name] = $3 }
$1 == "depends" && !help { sub(/^[ \t]*depends on[ \t]*/, ""); condition[name] = $0 }
$1 == "help" { help = 1 }
help && /power of two/ { power[name] = 1 }

END {
	for (i = 1; i <= count; i++) {
		name = order[i]
		if (type[name] == "int")
			value[name] = a_number(name)
		else
			value[name] = rand() < chance(name) ? "y" : "n"
	}
	# What holds between numbers: src/config.h.
	if (value["RILL_THREADS_LIMIT"] < value["RILL_THREADS_MAX"])
		value["RILL_THREADS_LIMIT"] = value["RILL_THREADS_MAX"]
	if (value["RILL_CATEGORY_TEXT_BYTES"] < 16 * value["RILL_CATEGORIES_MAX"])
		value["RILL_CATEGORY_TEXT_BYTES"] = 16 * value["RILL_CATEGORIES_MAX"]
	if (value_of("RILL_SINK_PLAIN") != "y" && value["RILL_QUEUE_BYTES"] < 4096)
		value["RILL_QUEUE_BYTES"] = 4096
	# Rings of 4 GiB in all, and blocks that are there.
	while (value["RILL_BUFFER_BYTES"] * value["RILL_THREADS_MAX"] > 4294967296)
		value["RILL_BUFFER_BYTES"] /= 2
	while (value["RILL_NESTED_BYTES"] * value["RILL_THREADS_MAX"] > 1073741824)
		value["RILL_NESTED_BYTES"] /= 2
	# A static build has room for what it is asked for, or refuses; there it is to have it.
	value["RILL_STATIC_BYTES"] = 16777216
	value["RILL_STATIC_RINGS_BYTES"] = 4194304
	value["RILL_MEMORY_BUDGET_KB"] = 0
	if (value["RILL_STATIC"] == "y") {
		value["RILL_BUFFER_BYTES"] = 4096
		value["RILL_QUEUE_BYTES"] = 65536
	}
	for (i = 1; i <= count; i++) {
		name = order[i]
		if (name in condition && !is_true(condition[name]))
			continue
		if (type[name] == "int")
			printf "CONFIG_%s=%d\n", name, value[name]
		else if (value[name] == "y")
			printf "CONFIG_%s=y\n", name
		else
			printf "# CONFIG_%s is not set\n", name
	}
}
