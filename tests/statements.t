#!/bin/sh
# Statements in .sql files: each can be pasted into sqlite3, and is in use.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

sp-queue add 37i9dQZF1DXcBWIGoYBM5M || echo "Bail out! no database"

# Values that are not set are NULL there. A row that cannot be NULL is an error
# of the run, not of the text; functions of sp's own are not known to others.
for file in lib/*/*.sql cmd/*.sql; do
	case $file in
	lib/schema/* | *'*'*) continue ;;
	esac
	(echo 'begin;' && cat "$file") | sql >/dev/null 2>"$tmp/errors"
	is "$(grep -iE '^([a-z]+ )?error' "$tmp/errors" | grep -v \
		-e '^Runtime error' -e 'constraint failed' \
		-e 'no such function: items_cmp' \
		-e 'no such function: denied' \
		-e 'no such function: body_text')" "" "$file can be pasted"
	is "$(sed -n 's/^-- name: //p' "$file" | while read -r name; do
		grep -qrw "sql_$name" lib cmd --include='*.[ch]' || echo "$name"
	done)" "" "$file: every statement is used"
done

# What is broken does not pass.
echo 'select a from nowhere;' | sql 2>"$tmp/errors"
like "$(cat "$tmp/errors")" '[Ee]rror.*no such table' \
    "a broken one would be seen"

finish
