#!/bin/sh
# How fast sp-transform maps captures, against jq (and gojq, if there is one)
# with the same mapping: the text of the built-in mapping and its prelude, and
# transform.jq for what sp-transform adds. All of them make the same rows, which
# is compared first; jq does not check a page's shape, and does not leave out
# what repeats in a page. CPU seconds, the best of RUNS=3 interleaved runs, of
# PAGES=200 pages of recently-played: with all fields and with those of 2026,
# where many tracks repeat and where nearly none does.
# shellcheck disable=SC2046,SC2086,SC2183 # lists of names are split
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"

pages=$tmp/pages
{
	sp-transform --print-filter prelude
	echo 'def mapping:'
	sp-transform --print-filter recently-played
	echo ';'
	cat "$here/transform.jq"
} >"$tmp/program.jq"

try_ours() {
	measure ours sp-transform <"$pages" >"$tmp/out"
}
try_libjq() {
	measure libjq sp-transform --engine libjq <"$pages" >"$tmp/out"
}
try_jq() {
	measure jq jq -c -f "$tmp/program.jq" <"$pages" >"$tmp/out"
}
try_gojq() {
	measure gojq gojq -c -f "$tmp/program.jq" <"$pages" >"$tmp/out"
}

peers=jq
if command -v gojq >"$tmp/found"; then
	peers="$peers gojq"
else
	echo "gojq is not installed: it is left out"
fi
if sp-transform --engine libjq </dev/null 2>"$tmp/refused"; then
	peers="$peers libjq"
fi

# The rows of a few pages, each once, in an order that is the same for all.
rows_by() { # command...
	head -n 3 "$pages" | "$@" | jq -cS . | LC_ALL=C sort -u
}
same_rows() {
	rows_by sp-transform >"$tmp/ours"
	for peer in $peers; do
		[ "$peer" = libjq ] || {
			rows_by "$peer" -c -f "$tmp/program.jq" >"$tmp/theirs"
			cmp "$tmp/ours" "$tmp/theirs"
		}
	done
}

echo "sp-transform: CPU seconds of ${PAGES:-200} pages"
printf '%-31s %6s %8s' '' MB ours
printf ' %14s' $peers
echo
for fields in full 2026; do
	for repeats in many none; do
		captures_of $fields $repeats "${PAGES:-200}" >"$pages"
		same_rows
		measure_anew
		interleaved try_ours $(printf 'try_%s ' $peers)
		ours=$(cpu_seconds ours)
		printf '%-31s %6d %8.3f' "$fields fields, $repeats repeated" \
		    $(($(wc -c <"$pages") / 1000000)) "$ours"
		for peer in $peers; do
			theirs=$(cpu_seconds $peer)
			printf ' %7.2f %6s' "$theirs" \
			    "x$(ratio "$theirs" "$ours")"
		done
		echo
	done
done
