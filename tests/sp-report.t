#!/bin/sh
# sp-report: its options, what it says of a database, and its ways to fail. The
# numbers are in report-numbers.t, the page in the tests of `make check-report`.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
unset XDG_DATA_HOME
HOME=$tmp/home TZ=UTC
export HOME TZ
mkdir "$HOME"

# part FILTER [OPTION...]: of the report's data.
part() {
	part_filter=$1
	shift
	sp-report --json "$@" | jq -c "$part_filter"
}
# fails STATUS MESSAGE OPTION...: with one line, and nothing on stdout.
fails() {
	want=$1 message=$2
	shift 2
	run sp-report "$@"
	like "$status $(head -n 1 "$tmp/err")" "^$want sp-report: $message\$" \
	    "sp-report $*: status $want"
	is "$out$(sed -n '2p' "$tmp/err" | grep -v "^try 'sp-report --help'\$")" \
	    "" "and nothing else"
}

section "no database"
fails 73 "$tmp/home/.local/share/sp/spotify.db: no such database: .*" \
    --db "$tmp/home/.local/share/sp/spotify.db"
run env SP_DB='' sp-report
is "$status $err" "73 sp-report: $HOME/.local/share/sp/spotify.db: no such database: the first sp-run creates it" \
    "the default is the one of all programs"
is "$(ls -A "$HOME")" "" "and none is made"
mkdir "$tmp/folder"
fails 73 "$tmp/folder: cannot open the database" --db "$tmp/folder"
echo 'Dear diary, today I listened to music, and to nothing else at all.' \
    >"$tmp/diary"
fails 78 "$tmp/diary: not a SQLite database" --db "$tmp/diary"
sqlite3 "$tmp/other.db" 'create table mine (a)'
fails 78 "$tmp/other.db: .*\`sp-load --rematch\` adds them" --db "$tmp/other.db"

section "a terminal"
terminal() { python3 -c 'import os, pty, sys
sys.exit(os.WEXITSTATUS(pty.spawn(sys.argv[1:])))' "$@"; }
run terminal sp-report --db "$tmp/none.db" </dev/null
is "$status $(echo "$out" | tr -d '\r')" \
    "64 sp-report: the page is HTML: write it into a file: sp-report > me.html" \
    "gets no page"
run terminal sp-report --json --db "$tmp/none.db" </dev/null
is "$status" 73 "but its data"

section "an empty database"
sp-queue add 37i9dQZF1DXcBWIGoYBM5M
is "$(part '.user, .period.from, .totals.listens, .skips')" 'null
null
0
null' "the data has all parts, without listens"
is "$(part 'length - (keys | length), (keys | length) > 24')" '0
true' "each of them once"
run sp-report
is "$status $err" "0 " "and it makes a page"
like "$out" "sp-(run|fetch|queue|stage)" "that says what to do"
fresh
: >"$SP_DB"
run sp-report --json
is "$status" 78 "an empty file is no database of sp"
fresh

# Two listeners, hostile names, a private session, a gap in between.
hostile='<script>alert(1)</script> & "quotes'\'' \\ \u202eltr \ud83d\udcbf \u0001'
{
	row tracks '{"track_id":"t1","name":"'"$(printf '%s' "$hostile" |
	    sed 's/"quotes/\\"quotes/')"'","duration_ms":200000}'
	row tracks "{\"track_id\":\"t2\",\"name\":\"$(head -c 100000 /dev/zero |
	    tr '\0' x)\",\"duration_ms\":100000}"
	for play in 'kim 2025-12-31T22:59:59.999Z t2' \
	    'kim 2025-12-31T23:00:00.000Z t1' 'kim 2026-02-01T10:00:00.000Z t1' \
	    'robin 2026-02-01T10:00:00.000Z t2'; do
		# shellcheck disable=SC2086
		set -- $play
		row play_history "{\"user_id\":\"$1\",\"played_at\":\"$2\",
			\"track_id\":\"$3\",\"source\":\"spotify\"}"
	done
	row streaming_history '{"user_id":"kim","ts":"2026-02-01T12:00:00.000Z",
		"item":"spotify:track:t1","offline_timestamp":0,"ms_played":90000,
		"nth":1,"form":"extended","kind":"track","track_id":"t1",
		"incognito_mode":1,"reason_end":"fwdbtn",
		"started_at":"2026-02-01T11:58:30.000Z"}'
} >"$tmp/rows"
sp-load <"$tmp/rows" 2>"$tmp/load.err" || diag "$(cat "$tmp/load.err")"

section "users"
fails 64 "several users: choose with --user: kim robin"
sqlite3 "$SP_DB" "insert into accounts values
	('default', 'kim', null, null, null, null),
	('second', 'robin', null, null, null, null)"
is "$(part .user.user_id) $(SP_ACCOUNT=second part .user.user_id)" \
    '"kim" "robin"' "of several, that of the account"
sqlite3 "$SP_DB" 'delete from accounts'
fails 65 ".*: no user 'mallory', but: kim robin" --user mallory --json
fails 65 ".*: no user ''; drop table tracks; --', but: kim robin" \
    --user "'; drop table tracks; --"
is "$(part '.user.user_id, .totals.listens' --user robin)" '"robin"
1' "--user chooses one"
row users '{"user_id":"kim","display_name":"Kim","is_me":true}' | sp-load
is "$(part '.user')" '{"user_id":"kim","name":"Kim"}' \
    "who is logged in is the default"

section "periods"
TZ=Europe/Berlin
is "$(part '.zone, (.days | map(.day))')" '"Europe/Berlin"
["2025-12-31","2026-01-01","2026-02-01"]' "days are local"
is "$(part '.period, (.days | map(.day))' --year 2026)" \
    '{"from":"2026-01-01","to":"2026-02-01","since":"2025-12-31T23:00:00.000Z","until":"2026-12-31T23:00:00.000Z","year":2026}
["2026-01-01","2026-02-01"]' "a year begins at midnight"
is "$(part '.totals | .listens, .new_tracks' --since 2026-01-01)" '2
1' "--since includes its first moment, and knows what was heard before"
is "$(part '.totals.listens' --until 2025-12-31)" 1 "--until includes its day"
is "$(part '.totals.listens' --until '2026-01-01 00:00')" 1 \
    "but not its moment"
is "$(part '.totals.listens' --since=2026-01-01T01:00:00+02:00)" 2 \
    "times have zones"
for since in 99999999s 500000000000ms 200w 36500d 2000-02-29 2000-02-28T01:02:03.5Z \
    2000-01-01T10:00 2000-01-01T10:00:00; do
	is "$(part '.totals.listens > 0' --since $since)" true "--since $since"
done
day=$(date +%F)
until [ "${today-}" ] && [ "$day" = "$(date +%F)" ]; do # not around midnight
	day=$(date +%F)
	today=$(part '.period.since' --since today)
	yesterday=$(part '.period.since' --since yesterday)
done
is "$today" "$(part '.period.since' --since "$day")" "--since today"
is "$yesterday" "$(part '.period.since' --since "$(sqlite3 :memory: \
    "select date('$day', '-1 day')")")" "--since yesterday"
for since in now 0s 90m; do
	before=$(date -u +%Y-%m-%dT%H:%M:%S)
	got=$(part '.period.since[:19]' --since $since | tr -d '"')
	[ $since != 90m ] || got=$(sqlite3 :memory: \
	    "select replace(datetime('$got', '+90 minutes'), ' ', 'T')")
	is "$(printf '%s\n' "$before" "$got" "$(date -u +%Y-%m-%dT%H:%M:%S)" |
	    sort | sed -n 2p)" "$got" "--since $since"
done
for bad in noon 2026 2026-02-30 2026-13-01 2026-01-01T10 7 d 7y \
    2026-01-01T25:00:00Z "7d'" '' -1d "2026-01-01' or '1" 99999999999d; do
	fails 64 "(--since: TIME is missing|--since: not a time: .*)" \
	    --since "$bad"
done
fails 64 "--year: not a year .*" --year 26
fails 64 "--year is a period .*" --year 2026 --since 2026-01-01
TZ=:Asia/Kathmandu
is "$(part '.zone')" '"Asia/Kathmandu"' "the zone has the name in TZ"
TZ=/usr/share/zoneinfo/Asia/Kathmandu
is "$(part '.zone, .days[1].day')" '"Asia/Kathmandu"
"2026-02-01"' "and a file its own"
TZ=UTC

run python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
    sh -c 'sp-report --since 2026-11-20 >/dev/null'
is "$out" "" "sqlite3 says nothing on a terminal"

section "private sessions"
is "$(part '.totals.listens, .incognito, .skips')" '3
{"included":false,"listens":1}
null' "they are left out"
is "$(part '.totals.listens, .incognito, .skips.skipped' --incognito)" '4
{"included":true,"listens":1}
1' "--incognito has them"

section "names"
is "$(part '.top_tracks[0].track')" "$(jq -n "\"$(printf '%s' "$hostile" |
    sed 's/"quotes/\\"quotes/')\"")" "any text arrives as it is"
is "$(part '.top_tracks[1].track | length')" 100000 "however long"
run sp-report
is "$status $(grep -c '<script' "$tmp/out")" "0 0" "and does nothing in a page"

section "one's own"
cat >"$tmp/own.sql" <<'END'
select track_id, count(*) as n from listens where user_id = :user group by 1;
END
is "$(sp-report --sql "$tmp/own.sql" --json | jq -c)" \
    '[{"track_id":"t1","n":3},{"track_id":"t2","n":1}]' "--sql: rows become JSON"
fails 78 ".*/report.jq: .*no object.*: use --template.*" --sql "$tmp/own.sql"
cat >"$tmp/own.sql" <<'END'
.mode list
select json_object('totals', json_object('listens', count(*), 'ms', 6e6))
from listens where user_id = :user and counts;
END
is "$(sp-report --sql "$tmp/own.sql" | grep -c '<b>4</b><span>listens')" 1 \
    "or are an object with some members for the same template"
cat >"$tmp/own.jq" <<'END'
"\($ARGS.named.title): \(.totals.listens)\($css)\($css_sha256 | length)"
END
echo 'p {}' >"$tmp/own.css"
is "$(sp-report --template "$tmp/own.jq" --css "$tmp/own.css" --title 'A & B')" \
    "A & B: 3p {}
64" "--template, --css and --title"
echo 'drop table tracks; select 1;' >"$tmp/own.sql"
fails 78 "$tmp/own.sql: .*readonly.*" --sql "$tmp/own.sql" --json
echo 'select nope from tracks;' >"$tmp/own.sql"
fails 78 "$tmp/own.sql: .*no such column.*" --sql "$tmp/own.sql" --json
echo '.[' >"$tmp/own.jq"
fails 78 "$tmp/own.jq: .*" --template "$tmp/own.jq"
echo '"half a page", error("torn")' >"$tmp/own.jq"
fails 78 "$tmp/own.jq: .*torn.*" --template "$tmp/own.jq"
for option in --sql --template --css; do
	fails 78 "$tmp/none: cannot read" $option "$tmp/none"
done
printf '.mode box\n.headers on\nselect 5;\n' >"$HOME/.sqliterc"
is "$(part '.totals.listens')" 3 "settings of the sqlite3 shell do not matter"

section "options"
is "$(part '.totals.listens' --inc --ye=2026)" 2 "they may be shortened"
fails 64 "ambiguous option '--u': it may be --user, --until" --u kim
fails 64 "--json: takes no value: '--json=1'" --json=1
fails 64 "--user: ID is missing" --user
fails 64 "unexpected argument 'kim'" kim
fails 64 "unexpected argument 'kim'" -- kim
fails 64 "unknown option '-x'" -x

section "the programs that it needs"
mkdir "$tmp/bin"
for name in sh cat tr grep head sed mktemp rm dirname readlink date printf \
    sha256sum; do
	ln -s "$(command -v $name)" "$tmp/bin"
done
report=$(command -v sp-report)
run env PATH="$tmp/bin" "$report"
is "$status $err" "69 sp-report: sqlite3 is missing: install it" "no sqlite3"
ln -s "$(command -v sqlite3)" "$tmp/bin"
run env PATH="$tmp/bin" "$report"
is "$status $err" "69 sp-report: jq is missing: install it" "no jq"
run env PATH="$tmp/bin" "$report" --json
is "$status" 0 "which --json does not need"
rm "$tmp/bin/sqlite3"
printf '#!/bin/sh\necho "sqlite3: Error: unknown option: -json" >&2\nexit 1\n' \
    >"$tmp/bin/sqlite3"
chmod +x "$tmp/bin/sqlite3"
run env PATH="$tmp/bin" "$report" --json
is "$status $err" "69 sp-report: sqlite3 is too old: 3.35 or later is needed" \
    "an old sqlite3"

section "the database"
is "$(ls "$tmp"/music.db*)" "$SP_DB" "no file is left beside it"
before=$(cksum <"$SP_DB")
run sp-report --json
is "$(cksum <"$SP_DB")" "$before" "it is only read"
odd="$tmp/a b'c%41?d#e.db"
cp "$SP_DB" "$odd"
is "$(part '.totals.listens' --db "$odd")" 3 "its name may be odd"
(cd "$tmp" && cp music.db ./-x.db && part '.totals.listens' --db=-x.db) >"$tmp/n"
is "$(cat "$tmp/n")" 3 "or like an option"
sql 'drop view listen_facts'
fails 78 "$SP_DB: .*\`sp-load --rematch\` adds them" --json
sp-load --rematch
is "$(part '.totals.listens')" 3 "after which it works"
lock 'begin immediate; insert into users (user_id) values ("x")'
is "$(part '.totals.listens')" 3 "a writer is no hindrance"
unlock 'rollback'

section "writing"
if [ -e /dev/full ]; then
	sp-report >/dev/full 2>"$tmp/err"
	is "$? $(cat "$tmp/err")" "74 sp-report: stdout: cannot write" "a full disk"
	sp-report --json >/dev/full 2>"$tmp/err"
	is $? 74 "of the data, too"
	mkdir "$tmp/fake"
	cat >"$tmp/fake/mktemp" <<-END
		#!/bin/sh
		mkdir "$tmp/spool" && ln -s /dev/full "$tmp/spool/\$full_file" &&
			echo "$tmp/spool"
	END
	chmod +x "$tmp/fake/mktemp"
	for full_file in json page; do
		export full_file
		env PATH="$tmp/fake:$PATH" sp-report >"$tmp/out" 2>"$tmp/err"
		is "$? $(cat "$tmp/out")" "74 " "no space for its temporary $full_file"
		like "$(cat "$tmp/err")" "^sp-report: $tmp/spool: .*writ" "and it says so"
	done
fi
{ sp-report --json; echo $? >"$tmp/rc"; } 2>"$tmp/err" | head -c 100 >"$tmp/start"
[ "$(cat "$tmp/rc")" -ne 0 ]
ok $? "a closed reader"
mkdir "$tmp/spool"
# Its SQL is a pipe to which nobody writes: it waits.
mkfifo "$tmp/waits.sql"
for signal in TERM INT; do
	python3 - "$signal" "$tmp" <<'END' >"$tmp/status"
import os, signal, subprocess, sys, time
number, tmp = getattr(signal, "SIG" + sys.argv[1]), sys.argv[2]
report = subprocess.Popen(
    ["sp-report", "--sql", tmp + "/waits.sql", "--json"],
    env={**os.environ, "TMPDIR": tmp + "/spool"}, start_new_session=True,
    stderr=subprocess.DEVNULL,
    # In the background, SIGINT is ignored, which a shell cannot undo.
    preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
# The shell knows the name of its folder once it has put something there.
while not any(files for _, _, files in os.walk(tmp + "/spool")):
    time.sleep(0.01)
os.killpg(report.pid, number)
print(report.wait() == -number, os.listdir(tmp + "/spool"))
END
	is "$(cat "$tmp/status")" "True []" "SIG$signal ends it, and its files go"
done
run env TMPDIR="$tmp/spool" sp-report --json
is "$status $(ls "$tmp/spool")" "0 " "no temporary file is left"
run env TMPDIR="$tmp/nowhere" sp-report --json
is "$status" 73 "without a place for temporary files"
finish
