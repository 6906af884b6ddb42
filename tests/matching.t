#!/bin/sh
# Streams of exports and plays of the API that are the same listening: the rules
# by cases, what a load matches anew, and random histories.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

# stream TS STARTED_AT MS TRACK REASON_END [MORE]: a stream of user kim in March
# 2026; times are like 01T10:00:00.
stream() {
	row streaming_history "{\"user_id\":\"kim\",\"ts\":\"2026-03-$1Z\",
	    \"started_at\":\"2026-03-$2Z\",\"ms_played\":$3,\"track_id\":\"$4\",
	    \"item\":\"spotify:track:$4\",\"offline_timestamp\":0,\"nth\":1,
	    \"form\":\"extended\",\"kind\":\"track\",
	    \"reason_end\":\"$5\"${6:+,$6}}" 01
}
# basic TS MS TRACK ARTIST: one of a basic export
basic() {
	row streaming_history "{\"user_id\":\"kim\",\"ts\":\"2026-03-$1Z\",
	    \"ms_played\":$2,\"item\":\"$4	$3\",\"offline_timestamp\":0,
	    \"nth\":1,\"form\":\"basic\",\"kind\":\"track\",
	    \"track_name\":\"$3\",\"artist_name\":\"$4\"}" 01
}
play() {
	row play_history "{\"user_id\":\"kim\",\"played_at\":\"2026-03-$1Z\",
	    \"track_id\":\"$2\"}" 01
}
# matches: `TIME MS > TIME RULE` for each stream that is matched, and after + the
# piece's leader
matches() {
	sql "select substr(s.ts, 9, 11) || ' ' || s.ms_played || ' > ' ||
	    coalesce(substr(p.played_at, 9, 11), '-') || ' ' || m.rule ||
	    case when m.leader_id <> s.stream_id then ' + ' || l.ms_played
	    else '' end
	    from play_matches m join streaming_history s using (stream_id)
	    join streaming_history l on l.stream_id = m.leader_id
	    left join play_history p on p.play_id = m.play_id
	    order by s.ts, s.item, s.ms_played"
}
# case_of NAME WANTED: load $tmp/in into an empty database, and look at the
# matches.
case_of() {
	fresh
	run sp-load <"$tmp/in"
	is "$status$err $(matches | xargs)" "0 $2" "$1"
}

section "which play is of a stream"
{
	stream 01T10:03:20 01T10:00:00 200000 a trackdone
	play 01T10:05:09 a
	play 01T10:03:21 b
} >"$tmp/in"
case_of "a pair 109 seconds apart, another track's play closer by" \
    "01T10:03:20 200000 > 01T10:05:09 track"
{
	stream 01T10:00:11 01T10:00:00 11500 a unexpected-exit-while-paused
	play 01T11:00:11 a
} >"$tmp/in"
case_of "after an unexpected exit an hour late" \
    "01T10:00:11 11500 > 01T11:00:11 track"
{
	stream 01T10:03:20 01T10:00:00 200000 a endplay
	play 01T10:18:20.001 a
	play 01T09:59:54.999 a
} >"$tmp/in"
case_of "not from 15 minutes after the end, or 5 seconds before the start" ""
{
	stream 01T10:03:20 01T10:00:00 200000 a trackdone
	stream 01T10:03:20 01T10:00:00 200000 b trackdone
	play 01T10:03:20 a
	play 01T10:03:20 b
} >"$tmp/in"
case_of "two tracks in one second" \
    "01T10:03:20 200000 > 01T10:03:20 track 01T10:03:20 200000 > 01T10:03:20 track"
for ms in 1906 0 180; do
	stream 01T10:03:20 01T10:03:18 $ms a fwdbtn
done >"$tmp/in"
play 01T10:03:20.100 a >>"$tmp/in"
case_of "three streams of one second that were hardly heard" ""
{
	stream 01T10:00:11 01T10:00:00 11500 a trackdone
	play 01T10:00:12 a
} >"$tmp/in"
case_of "what is short and heard to its end" \
    "01T10:00:11 11500 > 01T10:00:12 track"
for s in $(seq -w 10 2 58); do
	stream "01T10:03:$s" "01T10:03:$s" 149000 a trackdone '"phantom":true'
done >"$tmp/in"
{
	stream 01T10:04:30 01T10:02:00 149000 a fwdbtn
	play 01T10:04:00 a
} >>"$tmp/in"
case_of "phantoms have no play" "01T10:04:30 149000 > 01T10:04:00 track"
{
	stream 01T10:03:20 01T10:00:00 200000 a trackdone '"incognito_mode":true'
	play 01T10:03:20 a
} >"$tmp/in"
case_of "a private session has no play" ""
{
	stream 01T10:15:20 01T10:00:00 200000 a endplay
	play 01T10:03:22 a
} >"$tmp/in"
case_of "12 minutes of pause" "01T10:15:20 200000 > 01T10:03:22 track"
for i in 3 6 9; do
	stream "01T10:0$i:00" "01T10:0$((i - 3)):00" 180000 a trackdone
	play "01T10:0$i:08" a
done >"$tmp/in"
case_of "one track three times in a row" "01T10:03:00 180000 > \
01T10:03:08 track 01T10:06:00 180000 > 01T10:06:08 track 01T10:09:00 180000 > \
01T10:09:08 track"
{
	stream 05T08:00:00 01T10:00:00 200000 a trackdone '"offline":true'
	play 01T10:03:21 a
} >"$tmp/in"
case_of "a flight: its end was noticed days later" \
    "05T08:00:00 200000 > 01T10:03:21 track"
{
	stream 01T10:00:00 01T09:57:00 180000 a endplay
	stream 01T10:00:05 01T09:57:05 180000 a trackdone
	play 01T10:00:02 a
	play 01T10:00:40 a
} >"$tmp/in"
case_of "what was heard to its end comes first" "01T10:00:00 180000 > \
01T10:00:40 track 01T10:00:05 180000 > 01T10:00:02 track"

section "tracks of one recording"
{
	stream 01T10:03:20 01T10:00:00 200000 old trackdone
	stream 01T10:23:20 01T10:20:00 200000 old trackdone
	play 01T10:03:20 new
	play 01T10:23:24 old
	play 01T10:23:20 new
} >"$tmp/in"
case_of "an id that was replaced is another track" \
    "01T10:23:20 200000 > 01T10:23:24 track"
for id in old new; do
	row tracks "{\"track_id\":\"$id\",\"isrc\":\"QZFZ12600001\"}" 02
done | sp-load
is "$(matches)" "01T10:03:20 200000 > 01T10:03:20 isrc
01T10:23:20 200000 > 01T10:23:24 track" \
    "until their isrc is known, and then what is left is matched"
row tracks '{"track_id":"old","isrc":"QZFZ12600002"}' 03 | sp-load
is "$(matches)" "01T10:23:20 200000 > 01T10:23:24 track" \
    "and if it changes, no more"

section "pieces of one listening"
{
	stream 01T10:01:00 01T10:00:00 60000 a logout
	stream 01T10:01:12 01T10:01:02 10000 a remote '"reason_start":"remote"'
	stream 01T10:02:32 01T10:01:12 80000 a trackdone '"reason_start":"appload"'
	play 01T10:02:33 a
} >"$tmp/in"
case_of "a hand-over in three streams" "01T10:01:00 60000 > 01T10:02:33 piece \
+ 80000 01T10:01:12 10000 > 01T10:02:33 piece + 80000 01T10:02:32 80000 > \
01T10:02:33 track"
{
	stream 01T10:01:00 01T10:00:00 60000 a fwdbtn
	stream 01T10:02:32 01T10:01:12 80000 a trackdone '"reason_start":"clickrow"'
	stream 01T10:04:52 01T10:03:33 79000 a fwdbtn '"reason_start":"appload"'
	play 01T10:02:33 a
} >"$tmp/in"
case_of "what is not handed over, or later than a minute, is none" \
    "01T10:02:32 80000 > 01T10:02:33 track"

section "basic exports"
{
	row tracks '{"track_id":"a","name":"Tide"}' 01
	row artists '{"artist_id":"x","name":"Ana"}' 01
	row track_artists '{"track_id":"a","artist_id":"x"}' 01
	basic 01T10:03:00 200000 Tide Ana
	basic 01T10:07:00 200000 Tide Bo
	play 01T10:03:25 a
	play 01T10:07:02 a
} >"$tmp/in"
case_of "a stream without uri has the play of its names" \
    "01T10:03:00 200000 > 01T10:03:25 names"
row artists '{"artist_id":"x","name":"Bo"}' 02 | sp-load
is "$(matches)" "01T10:07:00 200000 > 01T10:07:02 names" \
    "and another one, if the names change"
{
	basic 01T10:03:00 200000 Tide Ana
	play 01T10:03:21 a
	stream 01T10:03:20 01T10:00:00 200000 a trackdone \
	    '"track_name":"Tide","artist_name":"Ana"'
} >"$tmp/in"
case_of "an extended stream replaces a basic one" "01T10:03:00 200000 > \
01T10:03:21 basic + 200000 01T10:03:20 200000 > 01T10:03:21 track"

section "what is matched anew"
digests() { sp-load --digest | grep play_matches; }
for i in 1 2 3 4 5; do
	stream "0${i}T10:03:20" "0${i}T10:00:00" 200000 a trackdone
done >"$tmp/streams"
for i in 2 3 4 6; do play "0${i}T10:03:20" a; done >"$tmp/plays"
fresh
sp-load <"$tmp/streams"
sp-load <"$tmp/plays"
digests >"$tmp/want"
matches >"$tmp/pairs"
is "$(grep -c track "$tmp/pairs")" 3 "an export before the API's plays"
for order in "plays streams" "streams plays plays streams"; do
	fresh
	for part in $order; do sp-load <"$tmp/$part"; done
	digests | cmp -s - "$tmp/want"
	ok $? "the same as $order"
done
fresh
{ echo '{"type":"run","run":"R","job":"test"}'; cat "$tmp/plays" "$tmp/streams"
} | sp-load --batch-rows 1 2>"$tmp/err"
digests | cmp -s - "$tmp/want"
ok $? "a run that is cut: what arrived is matched"
is "$(sql 'select count(*) from unmatched_spans')" 0 "and no time is left"
# As a kill leaves it, between the last commit and the matching.
sql "insert into unmatched_spans select 'kim',
	cast(strftime('%s', '2026-03-03') as integer) * 1000,
	cast(strftime('%s', '2026-03-04') as integer) * 1000;
    delete from play_matches"
play 20T10:00:00 a | sp-load
is "$(matches)" "$(sed -n 2p "$tmp/pairs")" \
    "the next load matches what was noted, and that alone"
sql "delete from streaming_history where ts like '2026-03-02%'"
run sp-load --rematch
is "$status$out$err $(matches)" "0 $(sed 1d "$tmp/pairs")" \
    "--rematch matches everything"
is "$(sql 'select count(*) from play_matches')" 2 \
    "and drops what a deleted stream left"
run sp-load --rematch --progress
is "$status" 64 "it has no options of a load"
stream 04T10:03:20 04T10:00:00 200000 a trackdone '"phantom":true' >"$tmp/in"
sed 's/"at":"2026-03-01/"at":"2026-03-09/' "$tmp/in" >"$tmp/later"
sp-load -n <"$tmp/later" >"$tmp/out" 2>"$tmp/err"
is "$(matches)" "$(sed 1d "$tmp/pairs")" "a dry run matches nothing"
sp-load <"$tmp/later"
is "$(matches)" "$(sed -n 2p "$tmp/pairs")" "a stream that is a phantom now"

section "much of one kind"
awk 'BEGIN { for (i = 0; i < 5000; i++) {
	printf "{\"type\":\"row\",\"table\":\"streaming_history\",\"row\":"
	printf "{\"user_id\":\"kim\",\"ts\":\"2026-03-01T10:00:00Z\",\"item\":"
	printf "\"a\",\"offline_timestamp\":0,\"ms_played\":%d,", 60000 + i % 99
	printf "\"nth\":%d,\"track_id\":\"a\",\"reason_end\":\"trackdone\"}}\n", i
	printf "{\"type\":\"row\",\"table\":\"play_history\",\"row\":"
	printf "{\"user_id\":\"kim\",\"track_id\":\"a\",\"played_at\":"
	printf "\"2026-03-01T10:00:%02d.%03dZ\"}}\n", i / 1000, i % 1000
} }' >"$tmp/in"
fresh
sp-load <"$tmp/in"
is "$(sql 'select count(*), count(distinct play_id) from play_matches')" \
    "5000|5000" "each of 5000 streams of one second has a play of its own"

section "random histories"
run python3 -B tests/property/matching.py --seed "${SEED:-1}" \
    --seconds "${SECONDS_TO_TRY:-1.5}"
is "$status" 0 "they are matched as the rules say"
diag "$out$err"

finish
