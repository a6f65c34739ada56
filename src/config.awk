# SPDX-License-Identifier: MIT
# config.awk - turns Kconfig and a .config into auto.conf (for make) and autoconf.h (for C).
#
#     awk -v conf=auto.conf -v header=autoconf.h -f src/config.awk Kconfig .config
#
# What .config does not name takes its default. kconfig-conf is silent about unknown names and puts the
# default in place of a value out of range; here both stop the build, since a typing error in a
# board's configuration would otherwise be found on the board. Dependencies are evaluated in file order,
# so a symbol may only depend on symbols above it, or have no dependency of its own.

function fail(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	failed = 1
	exit 1
}

# The condition that an option stands under: its own and those of the blocks around it, joined by " && ".
function conditions(own,    i, all)
{
	all = own
	for (i = 1; i <= depth; i++)
		if (block[i] != "")
			all = all (all == "" ? "" : " && ") block[i]
	return all
}

function is_true(condition,    terms, n, i, name, want)
{
	if (condition == "")
		return 1
	n = split(condition, terms, / *&& */)
	for (i = 1; i <= n; i++) {
		name = terms[i]
		want = name !~ /^!/
		sub(/^!/, "", name)
		if (!(name in type)) {
			printf "Kconfig: '%s' in a condition is not an option\n", name > "/dev/stderr"
			failed = 1
			exit 1
		}
		if ((value_of(name) == "y") != want)
			return 0
	}
	return 1
}

# .config first, then the default; what a condition switches off is n whatever .config says.
function value_of(name)
{
	if (!is_true(condition[name]))
		return type[name] == "bool" ? "n" : ""
	if (name in chosen)
		return chosen[name]
	return (name in fallback) ? fallback[name] : (type[name] == "bool" ? "n" : "")
}

function take(name, text,    number)
{
	if (!(name in type))
		fail("CONFIG_" name " is not an option of rill: remove the line, or see Kconfig for the name")
	if (type[name] == "bool") {
		if (text != "y" && text != "n")
			fail("CONFIG_" name "=" text ": y or n is wanted")
	} else {
		if (text !~ /^(0|-?[1-9][0-9]*)$/)
			fail("CONFIG_" name "=" text ": a whole number is wanted")
		number = text + 0
		if ((name in low) && (number < low[name] || number > high[name]))
			fail("CONFIG_" name "=" text " is out of range: " low[name] " to " high[name])
	}
	chosen[name] = text
	line_of[name] = FNR
}

# ---- Kconfig ----

FNR == NR && in_help && /^($|\t\t|\t  |\t *[^ \t].*)/ && !/^\t[a-z]/ { next }
FNR == NR { in_help = 0 }
FNR == NR && /^[ \t]*(#|$)/ { next }
FNR == NR && $1 == "config" {
	name = $2
	order[++count] = name
	type[name] = ""
	condition[name] = conditions("")
	next
}
FNR == NR && ($1 == "bool" || $1 == "int") { type[name] = $1; next }
FNR == NR && $1 == "default" { fallback[name] = $2; next }
FNR == NR && $1 == "range" { low[name] = $2 + 0; high[name] = $3 + 0; next }
FNR == NR && $1 == "depends" {
	sub(/^[ \t]*depends on[ \t]*/, "")
	condition[name] = conditions($0)
	next
}
FNR == NR && $1 == "help" { in_help = 1; next }
FNR == NR && $1 == "if" { sub(/^if[ \t]*/, ""); block[++depth] = $0; next }
FNR == NR && $1 == "menu" { block[++depth] = ""; next }
FNR == NR && ($1 == "endif" || $1 == "endmenu") { depth--; next }
FNR == NR && ($1 == "mainmenu" || $1 == "comment") { next }
FNR == NR { fail("'" $1 "' is beyond what config.awk understands of Kconfig") }

# ---- .config ----

/^# CONFIG_[A-Z0-9_]+ is not set$/ { take(substr($2, 8), "n"); next }
/^[ \t]*(#|$)/ { next }
/^CONFIG_[A-Z0-9_]+=/ {
	at = index($0, "=")
	take(substr($0, 8, at - 8), substr($0, at + 1))
	next
}
{ fail("not understood: '" $0 "' (wanted: CONFIG_NAME=value)") }

END {
	if (failed)
		exit 1
	printf "/* Made from .config by src/config.awk. */\n" > header
	printf "# Made from .config by src/config.awk.\n" > conf
	for (i = 1; i <= count; i++) {
		name = order[i]
		value = value_of(name)
		if ((name in chosen) && chosen[name] == "y" && value != "y") {
			printf "%s:%d: CONFIG_%s=y needs %s\n", FILENAME, line_of[name], name,
				condition[name] > "/dev/stderr"
			exit 1
		}
		if (value == "n" || value == "")
			continue
		printf "#define CONFIG_%s %s\n", name, value == "y" ? "1" : value > header
		printf "CONFIG_%s=%s\n", name, value > conf
	}
}
