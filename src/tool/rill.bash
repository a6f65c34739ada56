# SPDX-License-Identifier: MIT
# rill.bash - completion of the program rill for bash.

# The program to run or list: a file here, or a command. What follows it is completed as for that program.
_rill_record()
{
	local i word

	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--)
			i=$((i + 1))
			break ;;
		-e | --filter | --events | -o | --output | -b | --buffer | --flush-ms | --flight | --trigger | --snapshot-signal)
			i=$((i + 1)) ;;
		-*) ;;
		*)
			break ;;
		esac
	done
	if [ "$i" -lt "$COMP_CWORD" ] && declare -F _command_offset >/dev/null; then
		_command_offset "$i"
		return
	fi
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-o | --output)
		COMPREPLY=($(compgen -f -- "$1")) ;;
	-b | --buffer | --flight)
		COMPREPLY=($(compgen -W '64k 256k 512k 1M 4M 16M 64M' -- "$1")) ;;
	--trigger)
		COMPREPLY=($(compgen -W 'scope> count= counter> loss' -- "$1")) ;;
	-e | --filter | --events | --flush-ms | --snapshot-signal) ;;
	*)
		case $1 in
		-*)
			COMPREPLY=($(compgen -W '--filter --events --output --buffer --slices --flush-ms --flight --trigger --snapshot-signal --strict
				--quiet --help --' -- "$1")) ;;
		*)
			COMPREPLY=($(compgen -c -f -- "$1")) ;;
		esac ;;
	esac
}

_rill()
{
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options=
	local verbs='record list report snapshot extract pull tail top relay convert cut merge check forward doctor ps status events start stop flush
		enable disable help version'

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
	record)
		_rill_record "$cur"
		return ;;
	list)
		options='--filter --json --dead --remove --older --help' ;;
	report)
		options='--sort --top --json --exe --help' ;;
	snapshot)
		options='--timeout --quiet --help' ;;
	ps | status)
		options='--json --help' ;;
	events)
		options='--filter --json --help' ;;
	start)
		options='--filter --output --name --events --option --quiet --help' ;;
	stop | flush | enable | disable)
		options='--name --quiet --help' ;;
	pull)
		options='--output --to --baud --wait --listen --exe --quiet --help' ;;
	tail)
		options='--filter --follow --baud --wait --listen --exe --help' ;;
	top)
		options='--filter --follow --count --period-ms --sort --top --plain --baud --wait --listen --exe --help' ;;
	relay)
		options='--at --output --from-now --filter --follow --quiet --baud --wait --listen --exe --help' ;;
	convert)
		options='--output --to --slices --compress --exe --quiet --help' ;;
	extract)
		options='--output --after --to --slices --compress --exe --quiet --help' ;;
	cut)
		options='--from --to --filter --output --format --compress --quiet --help' ;;
	merge)
		options='--clock --offset --global-ids --output --to --compress --quiet --help' ;;
	check)
		options='--all --quiet --help' ;;
	forward)
		options='--output --baud --group --queue --quiet --help' ;;
	doctor)
		options='--buffer --threads --help' ;;
	help)
		COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
		return ;;
	*)
		return ;;
	esac
	case $previous in
	--sort)
		[ "${COMP_WORDS[1]}" = top ] && options='events self name' || options='total count name'
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
		return ;;
	--to | --format)
		[ "${COMP_WORDS[1]} $previous" = 'cut --to' ] && return
		COMPREPLY=($(compgen -W 'rill json perfetto ctf text folded' -- "$cur"))
		return ;;
	--compress)
		COMPREPLY=($(compgen -W 'lz4 zstd none' -- "$cur"))
		return ;;
	--clock)
		COMPREPLY=($(compgen -W 'monotonic sync realtime' -- "$cur"))
		return ;;
	--baud)
		COMPREPLY=($(compgen -W '9600 115200 230400 460800 921600 1000000 2000000 4000000' -- "$cur"))
		return ;;
	--name | --events | --option | --from | --top | --count | -n | --period-ms | --at | --threads | -t | --timeout | --buffer | -b | --filter | -e)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
	elif [ "${COMP_WORDS[1]}" = snapshot ]; then
		COMPREPLY=($(compgen -W "$(sed -sn 's,^rill/.*,&,p;T;F' /proc/[0-9]*/task/*/comm 2>/dev/null | sed -n 's,^/proc/\([0-9]*\)/.*,\1,p')" -- "$cur"))
	elif [[ ${COMP_WORDS[1]} == @(status|events|start|stop|flush|enable|disable) && $previous != -@(o|-output) ]]; then
		COMPREPLY=($(compgen -W "$(rill ps --json 2>/dev/null | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')" -- "$cur"))
	elif [ "${COMP_WORDS[1]}" != doctor ]; then
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}

complete -o filenames -F _rill rill
