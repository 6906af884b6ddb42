# _sp_add WORD: a candidate, if it begins with what is typed.
_sp_add() { [[ $1 == "$cur"* ]] && COMPREPLY+=("$1"); }

# _sp_values KIND: the candidates for a value.
_sp_values() {
	local type kind word rest
	while IFS=$'\t' read -r type kind word rest; do
		[[ $kind == "$1" ]] || continue
		case $type in
		value) _sp_add "$word" ;;
		source)
			[[ -z $db ]] || local -x SP_DB=${db/#\~\//$HOME/}
			# bash puts it into the line as it is.
			while IFS=$'\t' read -r word rest; do
				printf -v word %q "$word"
				_sp_add "$word"
			done < <(eval "$word${rest:+$'\t'$rest}" 2>/dev/null)
			;;
		files | folders)
			compopt -o filenames 2>/dev/null
			[[ $type == files ]] && type=-f || type=-d
			mapfile -t COMPREPLY < <(compgen "$type" -- "$cur")
			;;
		esac
	done <<<"$table"
}

# _sp_complete TABLE: complete the word at the cursor, with the table of help.awk.
_sp_complete() {
	local table=$1 cur=${COMP_WORDS[COMP_CWORD]} db='' command=- operands=0
	local i word type a b c d rest value='' last='' ended=''
	local -A takes=() is_command=() kinds=()
	COMPREPLY=()
	while IFS=$'\t' read -r type a b c d rest; do
		case $type in
		command) is_command[$a]=1 ;;
		option) takes[$b]=$d takes[$c]=$d ;;
		esac
	done <<<"$table"

	# What is before the cursor. bash splits --db=FILE into three words.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == = ]]; then
			value=$last
		elif [[ $value ]]; then
			[[ $last != --db ]] || db=$word
			value=
		elif [[ $word == -- ]]; then
			ended=1
		elif [[ $word == -* && ! $ended ]]; then
			last=$word value=
			[[ ${takes[$word]:--} == - ]] || value=$word
		elif [[ $command == - && $operands == 0 &&
		    ${is_command[$word]} ]]; then
			command=$word
		else
			operands=$((operands + 1))
		fi
	done
	[[ $cur != = ]] || cur='' value=$last

	if [[ $value ]]; then
		_sp_values "${takes[$value]}"
		return
	fi
	while IFS=$'\t' read -r type a b c rest; do
		case $type in
		option)
			[[ $a == "$command" && ! $ended && $cur == -* ]] &&
				_sp_add "$c"
			;;
		command)
			[[ $command == - && $operands == 0 ]] && _sp_add "$a"
			;;
		operand)
			[[ $a == "$command" && ($b == '*' || $b == $((operands + 1))) ]] &&
				kinds[$c]=1
			;;
		esac
	done <<<"$table"
	[[ $cur == -* && ! $ended ]] && return
	for value in "${!kinds[@]}"; do
		_sp_values "$value"
	done
}
