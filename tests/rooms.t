#!/bin/sh
# The rooms of lib/: what lib/README.md says of them is so. Who includes whom,
# in one direction; names that mean one thing; functions and rooms of a size
# that can be read.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh

# `ROOM INCLUDED` of the table of lib/README.md, in its order; a room that
# includes none has a line of its own.
sed -n 's/^| `\([a-z]*\)` | *\([a-z ]*[a-z]\)* *|.*/\1 \2/p' lib/README.md |
    awk '{ if (NF == 1) print $1 " -"; for (i = 2; i <= NF; i++) print $1, $i }' \
	>"$tmp/table"
rooms=$(awk '!seen[$1]++ { print $1 }' "$tmp/table")

# `FILE HEADER` for each include of a header of ours, by its path in lib.
includes() {
	grep -o '^#include "[^"]*/[^"]*"' "$@" /dev/null |
	    sed 's/^lib\///; s/:#include "/ /; s/"$//'
}

section "rooms"
is "$(echo "$rooms" | sort)" "$(for d in lib/*/*.c; do
	echo "${d#lib/}"; done | sed 's/\/.*//' | sort -u)" \
    "each folder with C is in the table of lib/README.md, and none else"
includes lib/*/*.[ch] | sed 's/\/[^ ]* / /; s/\/.*//' |
    awk '$1 != $2' | sort -u >"$tmp/seen"
is "$(sort -u "$tmp/table" | grep -v ' -$' | diff - "$tmp/seen")" "" \
    "each room includes those that the table names"
is "$(awk '{ if (!($1 in at)) at[$1] = ++n }
	$2 != "-" && !($2 in at) { print $1 " includes " $2 }' "$tmp/table")" "" \
    "no room includes one that is below it in the table"
cat lib/*/*.[ch] cmd/*.[ch] | wc -l >"$tmp/all"
for room in $rooms; do
	echo "$room $(cat "lib/$room"/*.[ch] | wc -l) $(cat "$tmp/all")"
done | awk '$2 > $3 / 5 { print $1, $2, "of", $3 }' >"$tmp/large"
is "$(cat "$tmp/large")" "" "no room is over a fifth of the whole"

section "modules"
# A module is a .c and its .h; those of the programs are modules too.
{ includes lib/*/*.[ch]; grep -o '^#include "[^/"]*"' cmd/*.[ch] |
    sed 's/:#include "/ cmd\//; s/"$//'; } | sed 's/\.[ch]//g' |
    awk '$1 != $2' | tsort >/dev/null 2>"$tmp/circles"
is "$(cat "$tmp/circles")" "" "no modules include each other in a circle"

section "names"
is "$(find lib cmd -name '*.h' | sed 's/.*\///' | sort | uniq -d)" "" \
    "no two headers have one name"
# once PATTERN: what is defined in two files; alternatives of one file may be.
once() {
	sed -nE "s/$1/\\1 /p;T;F" lib/*/*.[ch] cmd/*.[ch] | paste - - |
	    sort -u | cut -f 1 | uniq -d
}
is "$(once '^(struct [a-z0-9_]+) \{$')" "" "no struct is defined twice"
is "$(once '^(enum [a-z0-9_]+) \{.*$')" "" "no enum is defined twice"
is "$(once '^# *define ([A-Za-z0-9_]+).*$')" "" "no macro is defined twice"

section "functions"
awk 'FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ && start { n = FNR - start + 1; total++
	if (n > 60) print FILENAME ":" start ": " n " lines"
	start = 0 }
    END { if (total < 100) print total " functions" }' lib/*/*.c cmd/*.c >"$tmp/long"
is "$(cat "$tmp/long")" "" "none is longer than 60 lines"

finish
