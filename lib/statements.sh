#!/bin/sh
# statements.sh header|source FILE.sql...: prints C for the statements of the
# files, each a `const struct sql sql_NAME`. A statement begins after a comment
# line `-- name: NAME` and ends before the next one; other comments are left out.
# `sql_all` lists all statements, ended by NULL.
set -eu
kind=$1
shift
cat "$@" /dev/null | awk -v kind="$kind" '
function end_statement() {
	if (name != "" && kind == "source")
		print "\t\"\"};"
}
BEGIN {
	print "/* Made by lib/statements.sh from the .sql files. */"
	if (kind == "header") {
		print "#ifndef SP_DB_STATEMENTS_H"
		print "#define SP_DB_STATEMENTS_H"
		print "#include \"db/query.h\""
	} else {
		print "#include \"db/statements.h\""
		print "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
	}
}
/^-- name: / {
	end_statement()
	name = $3
	names[++count] = name
	if (kind == "header")
		print "extern const struct sql sql_" name ";"
	else
		print "const struct sql sql_" name " = {\"" name "\","
	next
}
/^[ \t]*--/ || /^[ \t]*$/ || name == "" { next }
kind == "source" {
	gsub(/[\\"?]/, "\\\\&")
	gsub(/\t/, " ")
	print "\t\"" $0 "\\n\""
}
END {
	end_statement()
	if (kind == "header") {
		print "extern const struct sql *const sql_all[];"
		print "#endif"
		exit
	}
	print "const struct sql *const sql_all[] = {"
	for (i = 1; i <= count; i++)
		print "\t&sql_" names[i] ","
	print "\t0};"
}'
