# _sp_add WORD [PURPOSE]: one more of the candidates.
_sp_add() { described+=("${1//:/\\:}${2:+:$2}"); }

# _sp_values KIND...: the candidates for a value.
_sp_values() {
	local line kind found=1
	local -a row described
	for kind; do
		described=()
		for line in ${(f)table}; do
			row=("${(@s:	:)line}")
			[[ $row[2] == $kind ]] || continue
			case $row[1] in
			value) _sp_add "$row[3]" "${row[4]:#-}" ;;
			source)
				for line in ${(f)"$(_sp_source ${(j:	:)row[3,-1]})"}; do
					_sp_add "${(@s:	:)line}"
				done
				;;
			files) _files && found=0 ;;
			folders) _files -/ && found=0 ;;
			esac
		done
		(( $#described )) && _describe -t ${kind:l} ${kind:l} described && found=0
	done
	return found
}

# _sp_commands KIND...: the commands, and values that may be there instead.
_sp_commands() {
	local found=1
	_describe -t commands command described && found=0
	(( $# )) && _sp_values $@ && found=0
	return found
}

# _sp_source COMMAND: what it prints, about the database that is named.
_sp_source() {
	[[ -z $db ]] || local -x SP_DB=${db/#\~\//$HOME/}
	eval $1 2>/dev/null
}

# _sp_complete TABLE: complete the word at the cursor, with the table of help.awk.
_sp_complete() {
	local table=$1 command=- db='' line word
	local -a row specs described
	local -A is_command operands
	local -i i
	for line in ${(f)table}; do
		row=("${(@s:	:)line}")
		[[ $row[1] == command ]] || continue
		is_command[$row[2]]=1
		described+=("$row[2]:$row[3]")
	done
	for ((i = 2; i < CURRENT; i++)); do
		case $words[i] in
		--db) db=$words[i+1] ;;
		--db=*) db=${words[i]#*=} ;;
		esac
	done
	# A command takes the place of the program, without what is before it.
	i=2
	while ((i < CURRENT)) && [[ -z $is_command[$words[i]] ]]; do i+=1; done
	if ((i < CURRENT)); then
		command=$words[i]
		shift $((i - 1)) words
		((CURRENT -= i - 1))
	fi

	for line in ${(f)table}; do
		row=("${(@s:	:)line}")
		if [[ $row[1] == option && $command == - && $row[2] != - ]]; then
			# Options of commands may come before these, but are not offered.
			specs+=("!$row[4]${${row[5]:#-}:+=:$row[5]:}")
		fi
		[[ $row[2] == $command ]] || continue
		case $row[1] in
		option)
			word="[${${row[6]:#-}//(#m)[\[\]\\]/\\$MATCH}]"
			[[ $row[5] == - ]] || word+=":${row[5]//:/\\:}: _sp_values ${(q)row[5]}"
			[[ $row[3] == - ]] || specs+=("($row[3] $row[4])$row[3]$word")
			[[ $row[5] == - ]] || row[4]+="="
			specs+=("${${row[3]:#-}:+($row[3] ${row[4]%=})}$row[4]$word")
			;;
		operand) operands[$row[3]]+=" $row[4]" ;;
		esac
	done
	if [[ $command == - ]] && (($#described)); then
		specs+=("1:command: _sp_commands${operands[1]:-$operands[*]}")
		unset 'operands[1]'
	fi
	for word in ${(ko)operands}; do
		specs+=("$word:${${operands[$word]# }// / or }: _sp_values$operands[$word]")
	done
	_arguments -s -S : $specs
}
