# Options and messages of the programs in sh, as options.c and cli.c have them for
# those in C. make puts this file where one of them has a line `. options.sh`,
# after its $program and usage().

# say MESSAGE: on one line of stderr, control characters as question marks.
say() {
	printf '%s: %s' "$program" "$*" | tr '\001-\037\177' '?' >&2
	echo >&2
}
die() { # STATUS MESSAGE
	exit_with=$1
	shift
	say "$*"
	exit "$exit_with"
}
usage_error() {
	say "$*"
	echo "try '$program --help'" >&2
	exit 64
}

# nearest WORD NAME...: the name that may be meant, as base/nearest.h finds it.
nearest() {
	awk '
	function least(a, b) { return a < b ? a : b }
	function edits(a, b,    i, j) {
		for (i = 0; i <= length(a); i++)
			for (j = 0; j <= length(b); j++) {
				d[i, j] = i * j ? d[i - 1, j - 1] : i + j
				if (i * j == 0 || substr(a, i, 1) == substr(b, j, 1))
					continue
				d[i, j] = 1 + least(d[i, j],
					least(d[i - 1, j], d[i, j - 1]))
				if (i > 1 && j > 1 &&
				    substr(a, i - 1, 2) == substr(b, j, 1) substr(b, j - 1, 1))
					d[i, j] = least(d[i, j], d[i - 2, j - 2] + 1)
			}
		return d[length(a), length(b)]
	}
	BEGIN {
		far = least(3, int(length(ARGV[1]) / 2) + 1)
		for (i = 2; i < ARGC && length(ARGV[1]) <= 64; i++)
			if ((n = edits(ARGV[1], ARGV[i])) < far) {
				far = n
				near = ARGV[i]
			}
		printf "%s", near
	}' "$@"
}

# unknown WHAT WORD NAME...: the usage error of a word that is none of the names.
unknown() {
	what=$1
	shift
	near=$(nearest "$@")
	word=$1
	shift
	[ -z "$near" ] || usage_error "unknown $what '$word': did you mean '$near'?"
	usage_error "unknown $what '$word': expected $(echo "$@" |
		sed 's/ /, /g; s/\(.*\), /\1 or /')"
}
cannot_write() { die 74 "stdout: cannot write"; }

# quote TEXT: as one word of a command line.
quote() {
	case $1 in
	'' | *[!A-Za-z0-9_./:=@%+-]*)
		printf "'"
		printf %s "$1" | sed "s/'/'\\\\''/g"
		printf "'" ;;
	*) printf %s "$1" ;;
	esac
}

# The options of the help: `NAME=VALUE`, or `NAME=`, and `-LETTER=NAME`.
options=$(usage | sed -n 's/^  ....--\([a-z-]*\) \([A-Z]*\) .*/\1=\2/p')
letters=$(usage | sed -n 's/^  \(-.\), --\([a-z-]*\) .*/\1=\2/p')

# find_option NAME: sets $option to the one that has this name or begins so, and
# $value_name to that of its value.
find_option() {
	option='' several=
	for known in $options; do
		case $known in
		"$1="*) option=$known several=; break ;;
		"$1"*)
			several=${option:+"$several, --${known%%=*}"}
			option=${option:-$known} first=${option%%=*} ;;
		esac
	done
	if [ -z "$option" ]; then
		# shellcheck disable=SC2046,SC2086
		near=$(nearest "$1" $(printf '%s\n' $options | sed 's/=.*//'))
		usage_error "unknown option '--$1'${near:+": did you mean '--$near'?"}"
	fi
	[ -z "$several" ] ||
		usage_error "ambiguous option '--$1': it may be --$first$several"
	value_name=${option#*=} option=${option%%=*}
}

# find_letter ARGUMENT: sets $name to the option that has this letter.
find_letter() {
	for known in $letters; do
		case $known in
		"$1="*) name=${known#*=}; return ;;
		esac
	done
	usage_error "unknown option '$1'"
}

# parse_options ARGUMENT...: sets the variable of each option, with _ for -, to its
# value, or to 1 if it takes none; and $operands, for `eval "set -- $operands"`.
parse_options() {
	operands=
	while [ $# -gt 0 ]; do
		argument=$1
		shift
		case $argument in
		--)
			for word; do operands="$operands $(quote "$word")"; done
			return ;;
		--*) name=${argument#--} ;;
		-?) find_letter "$argument" ;;
		-?*)
			word=${argument#-?}
			set -- "${argument%"$word"}" "-$word" "$@"
			continue ;;
		*)
			operands="$operands $(quote "$argument")"
			continue ;;
		esac
		find_option "${name%%=*}"
		case $value_name,$name in
		,*=*) usage_error "--$option: takes no value: '$argument'" ;;
		,*) value=1 ;;
		*=*) value=${name#*=} ;;
		*)
			value=${1-}
			[ $# -eq 0 ] || shift ;;
		esac
		[ -n "$value" ] || usage_error "--$option: $value_name is missing"
		case $option in
		help) usage 2>/dev/null || cannot_write; exit ;;
		version)
			echo "$program $version" 2>/dev/null || cannot_write
			exit ;;
		esac
		eval "$(printf %s "$option" | tr - _)=\$value"
	done
}

# The database without --db.
default_db=${SP_DB:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/sp/spotify.db}
