#!/bin/sh
# The examples do what they say.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh
top=$PWD
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS
api_start --user kim --seed 6 --plays-per-day 30
db=$SP_DB
jobs() { make -s -f "$top/examples/jobs.mk" DB="$db" "$@"; }

# --- make ---------------------------------------------------------------
run jobs play-history
is "$status $(sql 'select count(*) from play_history')" "0 50" \
    "jobs.mk: play-history"
like "$(jobs runs)" 'play-history.*complete' "jobs.mk: runs"
run jobs rebuild NEW="$tmp/new.db"
is "$status $(sqlite3 "$tmp/new.db" 'select count(*) from play_history')" \
    "0 50" "jobs.mk: rebuild"
like "$(jobs help)" 'jobs.mk play-history' "jobs.mk: help"
api_post "fault?kind=429&retry_after=86400&path=/v1/me/player"
run jobs play-history
like "$err" 'Error 75' "jobs.mk: make tells the status of a failed job"
sql "delete from endpoint_status"

# --- sh -----------------------------------------------------------------
api_post "clock?advance=3h"
run env SP_DB="$db" sh examples/play-history.sh "$tmp/kept"
is "$status $out" "0 done" "play-history.sh"
is "$(jq -r .type "$tmp/kept/requests.ndjson" | xargs)" "run request end" \
    "it keeps what passes between the stages"
api_post "fault?kind=429&retry_after=86400&path=/v1/me/player"
run env SP_DB="$db" sh examples/play-history.sh "$tmp/kept"
is "$status" 75 "its status is the last program's"
sql "delete from endpoint_status"

# --- a mapping ----------------------------------------------------------
sql 'alter table play_history add column weekday text'
run sh -c 'export SP_DB="$1"; sp-stage replay --endpoint recently-played |
	sp-transform -f examples/weekdays.jq | sp-load' sh "$db"
is "$status" 0 "weekdays.jq"
is "$(sql "select count(*) from play_history where weekday is not
	substr('SunMonTueWedThuFriSat',
	    1 + 3 * strftime('%w', played_at), 3)")" 0 \
    "every play has its day of the week"

# --- what a timer runs --------------------------------------------------
for file in crontab sp-play-history.service; do
	case $file in
	crontab) line=$(sed -n 's/^7 .* \* *\(sp-queue.*\)/\1/p' examples/$file) ;;
	*) line=$(sed -n "s/^ExecStart=.*-c '\(.*\)'/\1/p" examples/$file) ;;
	esac
	api_post "clock?advance=2h"
	run env SP_DB="$db" sh -c "${line:?}"
	is "$status" 0 "the command of $file"
done
# --- the demo -----------------------------------------------------------
run sh examples/demo.sh "$build"
is "$status" 0 "demo.sh"
like "$out" '^equal: all [0-9]+ tables of both databases' "shows an equal rebuild"
[ "$status" -eq 0 ] || echo "$err" | sed 's/^/#   /'
finish
