#!/bin/sh
# sp-queue: what it plans, and the queue of playlists by hand.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
SP_DB=$tmp/music.db
export SP_DB
unset SP_ACCOUNT

sql() { sqlite3 "$SP_DB" "$@"; }
queue() { "$build/sp-queue" "$@"; }

# --- next on a database that is not there -------------------------------
run queue next play-history
is "$status" 0 "next without a database"
is "$(echo "$out" | jq -r .type | xargs)" "run request end" \
    "a run, a request, an end"
is "$(echo "$out" | jq -c 'select(.type == "run") |
	[.job, .account, has("user"), has("cursor")]')" \
    '["play-history","default",false,false]' "the run says what is known"
is "$(echo "$out" | jq -r 'select(.type == "request") | .url, .paging')" \
    "/v1/me/player/recently-played?limit=50
next" "without a cursor it asks for all there is"
is "$(echo "$out" | jq -r .run | sort -u | wc -l)" 1 "one run's id everywhere"
is "$(echo "$out" | jq -c 'select(.type == "end") | [.status, .ledger]')" \
    '["complete",[{"stage":"sp-queue","produced":{"run":1,"request":1}}]]' \
    "the end has the ledger"
[ ! -e "$SP_DB" ]
ok $? "planning creates nothing"
a=$(queue next play-history | jq -r 'select(.type == "run").run')
b=$(queue next play-history | jq -r 'select(.type == "run").run')
[ "$a" != "$b" ] && [ "${#a}" -eq 26 ]
ok $? "each run has an id of its own"

# --- next from a cursor -------------------------------------------------
queue add 6rqhFgbbKwnb9MLmUQDhG6
sql "insert into accounts values ('default', 'kim', '2026-01-01T00:00:00.000Z'),
	('other', 'lee', '2026-01-01T00:00:00.000Z');
     insert into cursors (user_id, job, value) values
	('kim', 'play-history', 1795329600123),
	('lee', 'play-history', 1000), ('kim', 'something-else', 7)"
run queue next play-history
is "$(echo "$out" | jq -c 'select(.type == "run") | [.user, .cursor]')" \
    '["kim",1795329600123]' "the account's user and cursor"
is "$(echo "$out" | jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50&after=1795308000123" \
    "it asks from six hours before the cursor, in milliseconds"
is "$(echo "$out" | jq -r 'select(.type == "request").cursor')" \
    1795329600123 "the request carries the cursor"
is "$(queue next --overlap 0 play-history |
	jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50&after=1795329600123" "--overlap 0"
is "$(queue next --overlap 90m play-history |
	jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50&after=1795324200123" \
    "--overlap 90m"
is "$(queue next --account other play-history |
	jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50&after=0" \
    "another account has its own cursor, and time begins in 1970"
is "$(SP_ACCOUNT=other queue next play-history |
	jq -r 'select(.type == "run").user')" lee "SP_ACCOUNT"
is "$(queue next --user new play-history |
	jq -c 'select(.type == "run") | [.user, has("cursor")]')" \
    '["new",false]' "--user plans for a user without a cursor"

# --- next under a rate limit --------------------------------------------
sql "insert into endpoint_status (user_id, endpoint, subject, status, retry_at)
	values ('kim', 'recently-played', '', 429, '2999-01-01T00:00:00.000Z')"
run queue next play-history
is "$status" 75 "before a deadline next ends with 75"
like "$err" 'rate limited until 2999-01-01T00:00:00.000Z' "and says until when"
is "$(echo "$out" | jq -r .type | xargs)" "run end" "it plans nothing"
is "$(echo "$out" | jq -c 'select(.type == "end") | [.status, .exit, .until]')" \
    '["deferred",75,"2999-01-01T00:00:00.000Z"]' "the end says so too"
sql "update endpoint_status set retry_at = '2020-01-01T00:00:00.000Z'"
run queue next play-history
is "$status" 0 "a deadline that has passed holds nothing up"

# --- the queue by hand --------------------------------------------------
run queue list
is "$(echo "$out" | jq -c '[.type, .playlist_id]')" \
    '["queued","6rqhFgbbKwnb9MLmUQDhG6"]' "list gives NDJSON in a pipe"
like "$(queue list --table)" '^PLAYLIST ID +DETECTED AT' "--table aligns"
run queue add spotify:playlist:AAA spotify:user:k%20m:playlist:BBB \
    'https://open.spotify.com/playlist/CCC?si=x' AAA
is "$status" 0 "add takes ids, URIs and links"
is "$(sql 'select group_concat(playlist_id) from
	(select playlist_id from playlist_ingest_queue order by 1)')" \
    "6rqhFgbbKwnb9MLmUQDhG6,AAA,BBB,CCC" "and no id twice"
is "$(queue count)" 4 "count"
run queue add 'not an id' DDD spotify:user:kim:collection ''
is "$status" 1 "what is no playlist is refused alone"
is "$(echo "$err" | wc -l)" 3 "each by name"
like "$err" "no playlist 'not an id'" "with the subject"
is "$(queue count)" 5 "and the rest is added"
printf 'EEE\n\nspotify:playlist:FFF' | queue add
is "$(queue count)" 7 "add reads stdin, a blank line and no last newline"
run sh -c "echo 'b a d' | '$build/sp-queue' add"
is "$status" 1 "a bad line of stdin"
like "$err" "stdin:1: no playlist 'b a d'" "is named by number"
run queue drop AAA never-there BBB
is "$status" 1 "drop says what was not there"
is "$(queue count)" 5 "and drops the rest"
queue add AAA
is "$(queue count)" 6 "what was dropped can be added again"

# --- errors -------------------------------------------------------------
for bad in '' 'next' 'next none' 'next play-history more' 'status x' 'sing' \
    'next --overlap soon play-history' 'list more' '--no-such'; do
	# shellcheck disable=SC2086
	run queue $bad
	is "$status" 64 "usage: '$bad'"
done
run queue next play-history --db "$tmp/x"
like "$err" "options come before the job: '--db'" "an option after the job"
echo "this is not a database, it is a text of some length" >"$tmp/text"
run queue next --db "$tmp/text" play-history
is "$status" 78 "a file that is no database"
like "$err" "sp-queue: $tmp/text: .*not a SQLite database" "is named"
is "$out" "" "and nothing is planned"
if [ -e /dev/full ]; then
	for command in 'next play-history' list count --help; do
		# shellcheck disable=SC2086
		status=0
		"$build/sp-queue" $command >/dev/full 2>"$tmp/err" || status=$?
		is "$status" 74 "$command to a full disk"
	done
fi
finish
