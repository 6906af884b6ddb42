# golden.sh: cases in data/golden/GROUP.cases and what they print. Source it
# after tap.sh.
#
# A line is `NAME | INPUTS | COMMAND`. The inputs are files of data/golden/in,
# one after another on stdin; `-` is none. The cases of a group follow each
# other, with one database. It is midnight of 2026-12-01 for the first case, and
# a minute later for each further one: a new case goes to the end of a group.

golden=tests/data/golden
in=$golden/in
fixed_so=$build/tests/lib/fixed.so
PATH=$build:$PATH
# Whatever this machine is set to.
unset SP_API SP_ACCOUNT SP_TOKEN_FILE SP_TOKEN_URL XDG_DATA_HOME
HOME=$tmp TZ=UTC
export HOME TZ

# Columns that tables() does not print: what names a process, and what depends
# on the version of the library that compresses. Sources have their own cases,
# and so has what only some objects have.
unprinted_columns="'process', 'body', 'row_source', 'first_source', 'column_sources',
    'tracks_sources', 'file_sha256', 'first_row', 'explicit', 'isrc', 'disc_number', 'track_number',
    'linked_from_id', 'release_date_precision', 'album_type', 'total_tracks',
    'label', 'upc', 'genres_json', 'followers', 'country', 'product',
    'account_id', 'vendor_json', 'login_ends'"

# What is not the same everywhere, of what programs print: names of files, and
# how SQLite fills its pages.
variable="s|$tmp|TMP|g; s/the file has .* free/the file has SOME free/"

fixed_ms=0 fixed_seed=0
# fixed COMMAND...: at the time and with the random bytes of the case.
fixed() {
	LD_PRELOAD=$fixed_so SP_FIXED_MS=$fixed_ms SP_FIXED_SEED=$fixed_seed \
	    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
	    "$@"
}
queue() { fixed sp-queue "$@"; }
stage() { fixed sp-stage "$@"; }
transform() { fixed sp-transform "$@"; }
load() { fixed sp-load "$@"; }
sql() { sqlite3 "$SP_DB" "$@"; }
# The last stages, one after another so that their messages are, too.
pipeline() {
	stage >"$tmp/staged"
	echo "sp-stage $?"
	transform "$@" <"$tmp/staged" >"$tmp/rows"
	echo "sp-transform $?"
	load <"$tmp/rows"
	echo "sp-load $?"
}
# later DAYS COMMAND...: at a later time
later() {
	fixed_ms=$((fixed_ms + $1 * 86400000))
	shift
	"$@"
}
# rebuilt [OPTION...]: the digest of a database made of what is staged.
rebuilt() {
	rm -f "$tmp/rebuilt.db"
	stage replay "$@" >"$tmp/staged"
	transform <"$tmp/staged" >"$tmp/rows"
	load --db "$tmp/rebuilt.db" <"$tmp/rows"
	load --digest --db "$tmp/rebuilt.db"
}
# The same, of the captures in the other order.
rebuilt_backward() {
	rm -f "$tmp/rebuilt.db"
	stage replay "$@" | jq -c 'select(.type == "capture")' | tac \
	    >"$tmp/staged"
	transform <"$tmp/staged" >"$tmp/rows"
	load --db "$tmp/rebuilt.db" <"$tmp/rows"
	load --digest --db "$tmp/rebuilt.db"
}
# restore FILE: a database of SQL in data/golden/in.
restore() {
	rm -f "$SP_DB" "$SP_DB-wal" "$SP_DB-shm"
	sql <"$in/$1"
}
# tables [NAME...]: the rows of these tables and views, or of all, without
# nulls and unprinted columns.
tables() {
	[ $# -gt 0 ] || set -- $(sql "select name from sqlite_master
	    where type in ('table', 'view') and name not like 'sqlite_%'
	    and name <> 'sources' order by name")
	for table; do
		echo "select 'select ''$table'', json_patch(''{}'', json_object('
		    || group_concat(printf('''%s'', iif(typeof(%s) = ''blob'', hex(%s), %s)',
			name, name, name, name))
		    || ')) from $table order by 2;'
		    from pragma_table_info('$table')
		    where name not in ($unprinted_columns);"
	done | sql >"$tmp/select"
	sqlite3 -separator ' ' "$SP_DB" <"$tmp/select"
}
# sources [DB]: which capture each value comes from
sources() { python3 tests/lib/provenance.py "${1:-$SP_DB}"; }
# The types of the columns of a view depend on SQLite's version.
schema() {
	sql "select m.name || '.' || c.name
		|| iif(m.type = 'table', ' ' || c.type, '')
	    from sqlite_master m, pragma_table_info(m.name) c
	    where m.type in ('table', 'view') and m.name not like 'sqlite_%'
	    order by m.name, c.cid"
}

golden_inputs() {
	for golden_input; do
		case $golden_input in
		-) ;;
		*.gz) gzip -dc "$in/$golden_input" ;;
		*) cat "$in/$golden_input" ;;
		esac
	done
}
# golden_case GROUP/NAME INPUTS COMMAND: compares stdout, stderr and status.
golden_case() {
	golden_inputs $2 >"$tmp/in"
	status=0
	(eval "$3") <"$tmp/in" >"$tmp/stdout" 2>"$tmp/stderr" || status=$?
	{
		echo "status $status"
		sed -e 's/^/stderr: /' -e "$variable" "$tmp/stderr"
		sed "$variable" "$tmp/stdout"
	} >"$tmp/got"
	golden_want=$golden/expected/$1
	[ -z "$UPDATE" ] || {
		mkdir -p "${golden_want%/*}"
		cmp -s "$golden_want" "$tmp/got" || cp "$tmp/got" "$golden_want"
	}
	diff -u "$golden_want" "$tmp/got" >"$tmp/diff" 2>&1
	ok $? "$1"
	[ ! -s "$tmp/diff" ] || head -n 60 "$tmp/diff" | sed 's/^/# /' >&7
	echo "$1" >>"$tmp/cases"
}
golden_group() {
	golden_name=${1##*/} golden_name=${golden_name%.cases}
	SP_DB=$tmp/$golden_name.db
	export SP_DB
	fixed_ms=1796083200000 fixed_seed=0
	grep -v -e '^#' -e '^$' "$1" >"$tmp/group"
	while IFS='|' read -r name inputs command <&8; do
		golden_case "$golden_name/${name%% *}" "${inputs:--}" "$command"
		fixed_ms=$((fixed_ms + 60000)) fixed_seed=$((fixed_seed + 1))
	done 8<"$tmp/group"
	sort -o "$tmp/cases" "$tmp/cases"
}
