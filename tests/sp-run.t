#!/bin/sh
# sp-run: what is due, through the whole pipeline, in as many rounds as needed.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
program() { "$build/sp-run" "$@"; } # `run` is of tap.sh
# The jobs of the runs since it was last called, and how they ended.
runs() {
	sql "select group_concat(job || ' ' || status, ', ') from (select *
		from ingest_runs where run_id > '$(cat "$tmp/last")'
		order by run_id)"
	sql 'select max(run_id) from ingest_runs' >"$tmp/last"
}
: >"$tmp/last"
requests() { curl -fsS "$api_url/rehearse/requests" | wc -l; }
api_start --user kim --seed 7

section "the first run"
run program
is "$status $out$err" "0 " "it says nothing when all is well"
like "$(runs)" '^play-history complete, playlists complete, profile complete, playlists complete, ' \
    "a second round loads what the first one found"
is "$(sql 'select count(*) from play_history')" 50 "plays are loaded"
is "$(sql 'select count(distinct playlist_id) > 5 from playlist_tracks')" 1 \
    "and the tracks of playlists"
run program
is "$status $out$err $(runs)" "0  all complete" "then nothing is due"

section "jobs and options"
run program -v --force profile catalogue --catalogue-limit=9
is "$status $(runs)" "0 profile complete, catalogue complete" \
    "each job runs, once with --force"
is "$err" "sp-queue next --catalogue-limit 9 --force profile | sp-fetch | sp-stage | sp-transform | sp-load
sp-queue next --catalogue-limit 9 --force catalogue | sp-fetch | sp-stage | sp-transform | sp-load" \
    "-v prints the pipelines"
odd="$tmp/Kim's music.db"
run program -n --db "$odd" --account robin playlists
is "$status $err$out" "0 sp-queue next --db '$tmp/Kim'\\''s music.db' --account robin playlists | sp-fetch --account robin | sp-stage --db '$tmp/Kim'\\''s music.db' | sp-transform | sp-load --db '$tmp/Kim'\\''s music.db'" \
    "-n prints a command line that can be pasted"
[ ! -e "$odd" ]
ok $? "and runs nothing"
run program --db "$odd" -- playlists
is "$status $(sqlite3 "$odd" 'select count(distinct playlist_id) > 5
	from playlist_tracks')" "0 1" "a job alone has a second round, too"
run program --dry --db=x.db --acc robin profile
is "$status ${out%% |*}" "0 sp-queue next --db x.db --account robin profile" \
    "options may be shortened"
odd="$tmp/a\\nb\\c \$(exit 3).db"
run program --db "$odd" play-history
is "$status $err $(sqlite3 "$odd" 'select count(*) from play_history')" "0  50" \
    "a database may have any name"
for bad in --frobnicate --d --force=1 --db 'play-histroy' '-- -n'; do
	run program $bad
	is "$status $out" "64 " "usage error: $bad"
done
is "$err" "sp-run: unknown job '-n': expected play-history, playlists,\
 audio-features, profile, catalogue or all
try 'sp-run --help'" "after -- all are jobs; the message is one of sp-run"
for bad in "playlist:job 'playlist': did you mean 'playlists'?" \
	"--acount=x:option '--acount': did you mean '--account'?" \
	"--acocunt=x:option '--acocunt': did you mean '--account'?" \
	"--xy:option '--xy'"; do
	run program "${bad%%:*}"
	is "$err" "sp-run: unknown ${bad#*:}
try 'sp-run --help'" "the nearest one is named: ${bad%%:*}"
done
run sh -c 'sp-run --help >/dev/full'
is "$status $err" "74 sp-run: stdout: cannot write" "stdout is full"
is "$(runs)" "" "none of these is a run"
run sh -c 'sp-run -v profile >/dev/full'
is "$status $(echo "$err" | tail -n 1)" "74 sp-run: stdout: cannot write" \
    "also for its last line"

section "a terminal"
terminal() {
	python3 -c 'import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))' "$@"
}
if python3 -c 'import os; os.waitstatus_to_exitcode' 2>/dev/null; then
	sql 'delete from play_history where play_id > 48'
	run terminal "$build/sp-run" play-history
	like "$status $out" '^(0 )?2 plays inserted' \
	    "the last line says what was inserted"
else
	skip "python3 is old" "the last line says what was inserted"
fi

section "failures"
runs >/dev/null
api_post 'fault?kind=429&retry_after=90000&path=/v1/me/player'
run program --force play-history profile
is "$status $(runs)" "75 play-history deferred, profile complete" \
    "a rate limit of one job is no limit of another"
sp-queue unblock 2>/dev/null
run env SP_TOKEN_FILE="$tmp/none.json" sp-run play-history profile
is "$status $(runs)" "77 play-history failed" "without a login no job runs"
is "$(echo "$err" | wc -l)" 1 "and one line says so"
like "$err" 'run `sp-fetch login --client-id ID`' "with what to do"
like "$(SP_TOKEN_FILE="$tmp/none.json" program --force 2>&1)" \
    '^sp-fetch: not logged in' "also for several jobs"
run env PATH="$tmp:/usr/bin:/bin" "$build/sp-run" profile
is "$status" 0 "the programs beside it are found outside of PATH"
mkdir "$tmp/bin"
cp "$build"/sp-* "$tmp/bin/"
mv "$tmp/bin/sp-queue" "$tmp/bin/queue"
printf '#!/bin/sh\n[ "$1" != due ] || mkdir "%s" 2>/dev/null || exit 75
exec "%s" "$@"\n' "$tmp/asked" "$tmp/bin/queue" >"$tmp/bin/sp-queue"
chmod +x "$tmp/bin/sp-queue"
runs >/dev/null
run "$tmp/bin/sp-run" profile
is "$status $(runs)" "0 profile complete, profile complete" \
    "it runs once more if it is not known whether it has to"
mv -f "$tmp/bin/queue" "$tmp/bin/sp-queue"
ln -s "$tmp/bin/sp-run" "$tmp/run"
run env PATH=/usr/bin:/bin "$tmp/run" -n profile
is "$status" 0 "a link to it finds its programs"
rm "$tmp/bin/sp-fetch"
run env PATH=/usr/bin:/bin "$tmp/run" profile
is "$status $err" "69 sp-run: sp-fetch: not found" "a program is missing"

section "two at once"
if command -v flock >/dev/null; then
	runs >/dev/null
	mkfifo "$tmp/go"
	flock "$SP_DB" sh -c 'echo >"$0" && read -r line <"$1"' "$tmp/locked" \
	    "$tmp/go" &
	wait_until [ -s "$tmp/locked" ]
	sp-run --force profile >"$tmp/out" 2>&1 &
	pid=$!
	# It waits for the lock, as all that it does before leaves no run.
	wait_until prints 1 pgrep -c -x -P $pid flock
	is "$(runs)" "" "the second one waits"
	echo >"$tmp/go"
	wait $pid
	is "$? $(cat "$tmp/out") $(runs)" "0  profile complete" "then it runs"
	printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/flock"
	chmod +x "$tmp/bin/flock"
	run env PATH="$tmp/bin:$PATH" "$build/sp-run" profile
	is "$status $err" \
	    "75 sp-run: another sp-run of '$SP_DB' is running" \
	    "but not for ever"
else
	skip "no flock" "the second one waits"
fi

section "signals"
api_post 'fault?kind=slow&ms=60000&path=/v1/me/player&times=0'
for signal in TERM:143 INT:130 HUP:129 PIPE:141; do
	api_post 'requests?clear=1'
	runs >/dev/null
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' sp-run play-history \
	    2>"$tmp/err" &
	pid=$!
	wait_until prints 1 requests
	wait_until not prints "$(cat "$tmp/last")" \
	    sql 'select max(run_id) from ingest_runs'
	kill -s "${signal%:*}" $pid
	wait $pid 2>/dev/null
	is $? "${signal#*:}" "SIG${signal%:*} ends it by that signal"
	like "$(sql "select status || ': ' || reason from ingest_runs
		order by run_id desc limit 1")" '^failed: (interrupted|no end)' \
	    "and its run as well"
	if command -v flock >/dev/null; then
		flock -n "$SP_DB" true
		ok $? "with all its programs, none of which has the lock"
	fi
done
finish
