#!/bin/sh
# A machine whose clock is wrong: what sp-fetch says of times is right, by the
# Date of the first response that has one.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
. tests/lib/server.sh
# faketime(1) fails now and then, where a process had the same number before.
until faked=$(faketime -f +0 sh -c 'echo "$LD_PRELOAD"' 2>"$tmp/err"); do
	grep -q sem_open "$tmp/err" || {
		echo "1..0 # SKIP no faketime"
		exit
	}
done
# shifted SHIFT COMMAND...: with a clock that is off.
shifted() {
	(export LD_PRELOAD="$faked" FAKETIME="$1" ASAN_OPTIONS=verify_asan_link_order=0
	shift; exec "$@")
}
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
trap 'kill $servers $api_pid 2>/dev/null; rm -rf "$tmp"' EXIT

api_start --user kim --seed 7
fetch /me >/dev/null # who it is
# Responses have the lines of $tmp/head, in which DATE+N means the time of the
# server's clock plus N seconds; the first one has those of $tmp/first, if any.
# shellcheck disable=SC2016
server shifting '
	require POSIX;
	my $name = -s "$dir/first" ? "$dir/first" : "$dir/head";
	open(my $f, "<", $name); local $/; my $h = <$f>; close $f;
	if ($name =~ /first$/) { open($f, ">", $name); close $f }
	$h =~ s/DATE([-+]\d+)/POSIX::strftime("%a, %d %b %Y %H:%M:%S GMT",
		gmtime(time + $1))/ge;
	$h = "HTTP/1.1 200 OK\n$h" if $h !~ /^HTTP/;
	$h =~ s/\n/\r\n/g;
	my $b = "{\"id\":\"kim\",\"items\":[]}";
	print $c "${h}Connection: close\r\nContent-Length: ", length $b,
	    "\r\n\r\n$b"'

# at SHIFT HEAD [REQUESTS]: fetch with the clock shifted. Of the run and its
# captures, by how many seconds each is off, and by how many, to ten, it was
# corrected.
at() {
	printf "$2" >"$tmp/head"
	printf '%s\n' "${3:-$me}" | plan | sed 's/"started_at":"[^"]*"/"started_at":"'"$(
		shifted "$1" date -u +%Y-%m-%dT%H:%M:%S.000Z)"'"/' >"$tmp/plan"
	before=$(date +%s)
	run shifted "$1" "$build/sp-fetch" --api "$shifting" --retries 0 \
	    --max-wait 0 --parallel 1 <"$tmp/plan"
	after=$(date +%s)
	jq -r --argjson b "$before" --argjson a "$after" '
	    def off: (.[:19] + "Z" | fromdate) - $b | if . < -1 or
		. > $a - $b + 1 then . / 10 | round * 10 else 0 end;
	    select(.type == "capture" or .type == "run") |
	    [.type, (.fetched_at // .started_at | off),
		(.clock_off // 0 | . / 10000 | round * 10)] |
	    @csv' "$tmp/out" | tr -d '"' | xargs
}
is "$(at +0 'Date: DATE+0\n')" "run,0,0 capture,0,0" "a clock that is right"
is "$(cat "$tmp/err")" "" "is nothing to talk about"
for shift in +40d -40d +1h -1h +3m; do
	case $shift in
	*d) n=$((${shift%d} * 86400)) ;;
	*h) n=$((${shift%h} * 3600)) ;;
	*) n=180 ;;
	esac
	is "$(at $shift 'Date: DATE+0\n')" "run,$n,0 capture,0,$((-n))" \
	    "a clock that is off by $shift is corrected"
	like "$(cat "$tmp/err")" "this machine's clock is .* (ahead of|behind) the API's: times are corrected" \
	    "and that is said"
done
is "$(at +90s 'Date: DATE+0\n')" "run,90,0 capture,90,0" \
    "one that is off by less than two minutes is not"
is "$(cat "$tmp/err")" "" "nor said"
many=$(printf '%s\n' "$me" "$me" "$me")
is "$(at +40d 'Date: DATE+0\n' "$many" | tr ' ' '\n' | sort | uniq -c |
    awk '{ print $1, $2 }' | xargs)" \
    "3 capture,0,-3456000 1 run,3456000,0" "all captures of a run"
is "$(grep -c 'clock is' "$tmp/err")" 1 "which is said once"
for head in '' 'Date: DATE+0\nAge: 7\n' 'Date: soon\n' 'Date:\n' \
    'Date: 0\n' 'Date: Thu, 01 Jan 1970 00:00:00 GMT\n' \
    'Date: DATE-99999999\n' 'Date: 2099-01-01T00:00:00Z\n' \
    'Date: Thu, 01 Jan 2099 00:00:00 GMT\n'; do
	is "$(at +1h "$head")" "run,3600,0 capture,3600,0" \
	    "nothing is made of '$head'"
done
like "$(cat "$tmp/err")" "26[0-9]* days behind the Date of a response, .*ignored" \
    "an absurd one is said"
printf 'Age: 3\nDate: DATE-3\n' >"$tmp/first"
is "$(at +1h 'Date: DATE+0\n' "$many")" \
    "run,3600,0 capture,3600,0 capture,0,-3600 capture,0,-3600" \
    "the first that has a Date and no Age"

section "deadlines"
# until SHIFT HEAD: how long a limit lasts, from the true time on, in seconds.
until_from_now() {
	at "$1" "HTTP/1.1 429 No\\n$2" >/dev/null
	jq -r --argjson now "$(date +%s)" 'select(.type == "capture").retry_at |
	    (.[:19] + "Z" | fromdate) - $now | . / 5 | round * 5' "$tmp/out"
}
for shift in +40d -40d; do
	is "$(until_from_now $shift 'Date: DATE+0\nRetry-After: 7200\n')" 7200 \
	    "$shift: a limit ends in true time"
	is "$(until_from_now $shift 'Date: DATE+0\nRetry-After: DATE+7200\n')" 7200 \
	    "$shift: one that is given as a date too"
	is "$(until_from_now $shift 'Retry-After: DATE+7200\nDate: DATE+0\n')" 7200 \
	    "$shift: in any order"
done

section "the whole pipeline, 40 days ahead, and then right again"
job_at() {
	shifted "$1" sh -c '"$1/sp-queue" next --force "$2" |
	    "$1/sp-fetch" --backoff 5ms --retries 1 | "$1/sp-stage" |
	    "$1/sp-transform" | "$1/sp-load"' - "$build" "$2"
}
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
api_post "clock?set=$now"
near() { sql "select group_concat(distinct abs(julianday($1) - julianday('now')) < 0.01) from $2"; }
run job_at +40d profile
is "$status" 0 "a job with the clock 40 days ahead"
is "$(near fetched_at staging_raw) $(near last_updated endpoint_status)" "1 1" \
    "leaves true times in the database"
is "$(sql "select count(distinct json_extract(extra_json, '\$.clock_off')) from
    staging_raw where json_extract(extra_json, '\$.clock_off') < -3455000000")" 1 \
    "and by how much they were corrected"
run job_at +40d profile
is "$(sql "select count(distinct json_extract(extra_json, '\$.clock_off'))
    from staging_raw")" 1 "by the same in the next run: times keep their order"
is "$(near started_at "(select max(run_id), started_at from ingest_runs)")" 1 \
    "which then begins at the true time"
"$build/sp-stage" replay >"$tmp/replay" 2>/dev/null
is "$(jq -r 'select(.type == "capture").clock_off' "$tmp/replay" | sort -u |
    wc -l)" 1 "a replay says it as well"
fault 'kind=429&retry_after=7200&path=/v1/me/player'
run job_at +40d play-history
is "$status" 75 "a limit"
for shift in +40d +0; do
	is "$(shifted $shift "$build/sp-queue" next play-history 2>/dev/null |
	    jq -r .type | xargs)" "run end" \
	    "$shift: is known, by whatever clock"
done
is "$(shifted +3h "$build/sp-queue" next play-history | jq -r .type | xargs)" \
    "run request end" "until it is over"

section "logins"
expires() { jq -r '.expires_at[:19] + "Z" | fromdate' "$tmp/login/token.json"; }
api_post expire
api_post 'fault?clear=1'
reset
run job_at +40d profile
is "$status $(refreshed)" "0 1" "a login is renewed by a clock that is ahead"
run job_at +40d profile
is "$status $(refreshed)" "0 1" "and lasts by that clock"
jq -c --arg at "$(date -u -d '-5 months' +%Y-%m-%dT%H:%M:%SZ)" \
    '.authorized_at = $at' "$tmp/login/token.json" >"$tmp/t"
cat "$tmp/t" >"$tmp/login/token.json"
run shifted +40d "$build/sp-fetch" /me
is "$status $(echo "$err" | grep -c 'the login of')" "0 0" \
    "a login that has a month left is not said to have ended"
finish
