# SPDX-License-Identifier: MIT
# map.awk - adds up what a linker map says of the sections that came from librill.a.
#
#     awk -f tests/size/map.awk PROGRAM.map        prints text=N data=N bss=N tls=N
#
# text is code and constants, as `size` counts them; tls is what each thread of the program has.

function number(hex,    i, n)
{
	n = 0
	for (i = 3; i <= length(hex); i++)
		n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

function add(section, size)
{
	if (section ~ /^\.(text|rodata|init_array|fini_array|note|ARM\.ex|eh_frame|data\.rel\.ro)/)
		text += size
	else if (section ~ /^\.t(data|bss)/)
		tls += size
	else if (section ~ /^\.data/)
		data += size
	else if (section ~ /^\.bss/)
		bss += size
}

/^Linker script and memory map/ { placed = 1 }
!placed { next }
NF == 1 && /^ \./ { section = $1; next }
$NF ~ /librill\.a\(/ && NF == 4 { add($1, number($3)) }
$NF ~ /librill\.a\(/ && NF == 3 { add(section, number($2)) }
END { printf "text=%d data=%d bss=%d tls=%d\n", text, data, bss, tls }
