#!/bin/sh
# The manual pages: clean, and every example in them runs.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD

if command -v mandoc >/dev/null; then
	for page in man/*; do
		is "$(mandoc -T lint -W warning "$page")" "" "$page is clean"
	done
else
	skip "no mandoc" "the pages are clean"
fi

# Examples of a page, one a paragraph, ended by a line of dashes.
examples() {
	awk '/^\.Sh/ { on = $2 == "EXAMPLES" }
	on && /^\.Ed/ { print "-----"; block = 0 }
	block { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print }
	on && /^\.Bd/ { block = 1 }' "$1"
}

# What the examples speak of: a login, a database with a run in it, saved
# pages, streams and a mapping of one's own.
api_start --user kim --seed 5
cd "$tmp" || exit
export HOME="$tmp" SP_DB="$tmp/music.db" SP_API="$api_url"
export SP_AUTH_URL="$api_url/authorize" SP_TOKEN_URL="$api_url/api/token"
export BROWSER="curl -sSLo page.html" # in which everybody consents
client=$(jq -r .client_id "$SP_TOKEN_FILE")
sp-queue next play-history | sp-fetch | tee captures.ndjson | sp-stage |
    sp-transform | tee rows.ndjson | sp-load || echo "Bail out! no job"
cp captures.ndjson saved.ndjson
sp-fetch '/me/player/recently-played?limit=5' | jq .body >page.json
cp page.json page1.json
sp-transform --print-filter recently-played >my.jq
sqlite3 "$SP_DB" 'alter table play_history add column weekday text'

# timeout leads a group of its own: servers left in the background go with it.
groups=
trap 'kill -- $groups 2>/dev/null; kill "$api_pid"; rm -rf "$tmp"' EXIT
for page in "$top"/man/*.[157]; do
	name=${page##*/} n=0
	examples "$page" >"$name.txt"
	: >example
	while IFS= read -r line; do
		if [ "$line" != ----- ]; then
			# The one id that nobody can make up.
		printf '%s\n' "$line" |
		    sed "s/0123456789abcdef0123456789abcdef/$client/" >>example
			continue
		fi
		n=$((n + 1))
		# A server in the foreground is fine as long as it runs.
		case $name in
		sp-rehearse.1) limit=4 fine=124 ;;
		*) limit=60 fine=0 ;;
		esac
		timeout $limit sh example >example.out 2>example.err </dev/null &
		groups="$groups -$!"
		wait $!
		s=$?
		[ $s -ne $fine ] || s=0
		ok $s "$name: example $n runs"
		[ $s -eq 0 ] || diag "$(cat example example.err)"
		: >example
	done <"$name.txt"
	case $name in
	*.1) [ $n -gt 0 ]; ok $? "$name has examples" ;;
	esac
done
finish
