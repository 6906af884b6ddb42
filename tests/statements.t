#!/bin/sh
# Statements in .sql files: each can be pasted into sqlite3, and is in use.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

sp-queue add 37i9dQZF1DXcBWIGoYBM5M || echo "Bail out! no database"

# errors FILE: what sqlite3 prints for the statements of a file after its own
# stdin. Whether values fit is no question of the text, and functions of sp are
# unknown to others.
errors() {
	(cat && echo 'begin;' && cat "$1") | sql 2>&1 >/dev/null |
	    grep -iE '^([a-z]+ )?error' | grep -v -e '^Runtime error' \
		-e 'constraint failed' -e 'datatype mismatch' \
		-e 'malformed JSON' -e 'no such function: items_cmp' \
		-e 'no such function: denied' -e 'no such function: body_text'
}

# parameters FILE: the named values of its statements.
parameters() { sed 's/--.*//' "$1" | grep -oE ':[a-z_]+' | sort -u; }

for file in lib/*/*.sql cmd/*.sql; do
	case $file in
	lib/schema/* | lib/report/* | *'*'*) continue ;;
	esac
	is "$(errors "$file" </dev/null)" "" "$file can be pasted"
	is "$(parameters "$file" | sed 's/.*/.parameter set & 1/' |
	    errors "$file")" "" "$file can be pasted, with values of parameters"
	is "$(sed -n 's/^-- name: //p' "$file" | while read -r name; do
		grep -qrw "sql_$name" lib cmd --include='*.[ch]' || echo "$name"
	done)" "" "$file: every statement is used"
	is "$(awk '/^-- name: / { named = 1 } /^[^-]/ && !named' "$file")" "" \
	    "$file: every statement has a name"
done

# Values arrive.
is "$( (echo ".parameter set :table 'tracks'" &&
    sed -n '/^-- name: wanted_columns/,/;/p' lib/db/schema.sql) | sql |
    head -n 1)" "track_id|TEXT|1|" "a value set by .parameter is bound"

# What is broken does not pass.
echo 'select a from nowhere;' >"$tmp/broken.sql"
like "$(errors "$tmp/broken.sql" </dev/null)" '[Ee]rror.*no such table' \
    "a broken one would be seen"

finish
