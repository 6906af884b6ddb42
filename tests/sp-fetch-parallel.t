#!/bin/sh
# sp-fetch --parallel: several requests at once come out as if they had been
# asked one after the other, and what goes wrong stops the others in time.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh

# many N: requests that differ in their query.
many() {
	seq "$1" | sed 's|.*|{"endpoint":"me","url":"/v1/me?n=&"}|'
}
# What comes out the same however it was asked; some of the service's lists
# have another snapshot each time.
timeless() {
	jq -c 'del(.fetched_at) | if .endpoint != "my-playlists" then .
	    else del(.body.items[]?.snapshot_id?) end' "$tmp/out"
}
connections() { log | jq -s 'map(select(.url | startswith("/v1/")).connection) |
    unique | length'; }

api_start --user kim --seed 7 --big-playlist 300 --playlists 20 --latency 5ms
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
fetch /me >/dev/null # who it is

section "order"
curl -fsS "$api_url/rehearse/playlists" |
    jq -c 'select(.readable and .snapshot_id) | {endpoint: "playlist",
	url: "/v1/playlists/\(.id)", paging: "playlist", optional: true}' \
    >"$tmp/lists"
second=$(sed -n '2s/.*"url":"\([^"]*\).*/\1/p' "$tmp/lists")
{
	head -n 5 "$tmp/lists"
	echo "$lists"
	tail -n +6 "$tmp/lists"
	printf '%s\n' "$recent" "$items" '{"endpoint":"x"}' "$me"
	echo '{"endpoint":"me","url":"https://evil.example/"}'
	many 30
} | plan | awk '{ print } NR == 9 { print "{\"type\":\"novelty\"}"
	print "no record" }' >"$tmp/plan"
run fetch --parallel 1 <"$tmp/plan"
timeless >"$tmp/one"
like "$status $(wc -l <"$tmp/one")" '^1 [0-9]{2}$' "(one after the other)"
fault "kind=slow&ms=150&path=$second"
fault 'kind=slow&ms=60&skip=3&times=2'
fault 'kind=slow&ms=40&skip=30&times=4'
run fetch --parallel 8 <"$tmp/plan"
timeless >"$tmp/eight"
is "$status" 1 "eight at once, some of them slow"
cmp -s "$tmp/one" "$tmp/eight"
ok $? "all comes out as if asked one after the other, refusals by their lines"
is "$(jq -r 'select(.type == "capture").seq' "$tmp/out" | sort -cn; echo $?)" 0 \
    "captures are numbered as they come out"
reset
is "$(many 40 | try --parallel 3 | sed 's/200.*200/200/')" \
    "0: complete 0 balanced: 200: " "three at once"
is "$(asked) $(connections)" "40 3" "are three, and never more"

section "what stops"
for kind in '429&retry_after=86400' 403; do
	reset
	fault "kind=$kind&times=0"
	many 20 | try --parallel 8 >"$tmp/got"
	like "$(cat "$tmp/got")" ' balanced: (429: come back later|403: not logged in)' \
	    "${kind%%&*} to the first request"
	is "$(asked)" 1 "of eight at once one is asked"
done
reset
fault 'kind=429&retry_after=86400&skip=10'
{ many 40; echo "$recent"; } | try --parallel 4 >"$tmp/got"
like "$(cat "$tmp/got")" \
    '^75: deferred 75 balanced: (200 )+429 (200 )+200: (come back later ?)+$' \
    "a limit in their midst"
[ "$(asked)" -le 30 ]
ok $? "those in flight are used, no more of the bucket are sent"
is "$(jq -r 'select(.type == "capture").endpoint' "$tmp/out" | tail -n 1)" \
    recently-played "and other buckets are"
# Of one bucket, and of all of them.
for reason in '' '&reason=QUOTA_EXCEEDED'; do
	reset
	fault "kind=429&retry_after=2&skip=10$reason"
	many 60 | awk -v all="$reason" 'all && NR % 2 {
		print "{\"endpoint\":\"x\",\"url\":\"/v1/me?m=" NR "\"}"; next }
		{ print }' | plan >"$tmp/plan"
	rm -f "$tmp/said"
	fetch --parallel 4 <"$tmp/plan" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	wait_until grep -qs waiting "$tmp/said"
	sleep 0.2
	meanwhile=$(asked)
	wait $pid
	is "$? $(came | sed 's/200.*200/200/')" "0 complete 0 balanced: 200: " \
	    "a short limit in their midst${reason:+, of all buckets}"
	is "$(grep -c 'waiting 2\.0 s' "$tmp/err") $(asked)" "1 61" "is waited out"
	[ "$meanwhile" -lt 22 ]
	ok $? "by all of them ($meanwhile asked meanwhile)"
done
reset
fault 'kind=429&retry_after=1&reason=QUOTA_EXCEEDED&path=/v1/me?n=3'
{ echo "$recent" | sed 's/limit=20/limit=1/'; many 3; } | try >"$tmp/got"
is "$(sed 's/200.*200/200/' "$tmp/got")" "0: complete 0 balanced: 200: " \
    "a quota that is met behind a long list"
[ "$(log | jq -r '"\(.status) \(.url)"' |
    sed '1,/^429/d; /^200 .*n=3/,$d' | wc -l)" -lt 25 ]
ok $? "holds up the list, too"
reset
fault 'kind=429&retry_after=1&path=/v1/me/player&times=2'
{ many 3; printf '%s\n' "$recent" "$recent"; many 9; } | try --parallel 4 >"$tmp/got"
is "$(sed 's/200.*200/200/' "$tmp/got")" "0: complete 0 balanced: 200: " \
    "a short limit of one bucket"
is "$(log | jq -r 'if .status == 429 then "limited" elif .url |
    test("player") then "player" else "other" end' | sed '1,/limited/d' |
    grep -v limited | uniq | xargs)" "other player" \
    "holds back that bucket, and no other"
# They are under way together, unless the machine is slow.
tries=0
until [ "$met" = "1 3" ] || [ $tries -eq 5 ]; do
	reset
	fault 'kind=429&retry_after=1&skip=6&times=3'
	many 20 | try --parallel 4 >"$tmp/got"
	met="$(grep -c waiting "$tmp/err") $(log |
	    jq -s 'map(select(.status == 429)) | length')"
	tries=$((tries + 1))
done
is "$met" "1 3" "three that are limited at once wait one time"
reset
fault 'kind=reset&times=0&skip=10'
many 40 | try --parallel 4 --retries 1 >"$tmp/got"
# Of those under way when the circuit opens, one may still fail by itself.
like "$(cat "$tmp/got")" \
    '^69: failed 69 balanced: (200 ){9}200: ((no answer|service unavailable) ){10}(service unavailable ?){20}$' \
    "a service that goes out in their midst"
like "$(grep -o 'no answer' "$tmp/got" | wc -l)" '^[3-6]$' \
    "fails no more than those under way"
[ "$(asked)" -le 24 ]
ok $? "is left alone soon"
reset
fault 'kind=500&times=3&skip=8'
is "$(many 30 | try --parallel 4 | sed 's/200.*200/200/')" \
    "0: complete 0 balanced: 200: " "a few errors in their midst"

section "the login"
reset
fault 'kind=slow&ms=100&times=0'
many 80 | plan >"$tmp/plan"
fetch --parallel 4 <"$tmp/plan" >"$tmp/out" 2>"$tmp/err" &
pid=$!
until [ "$(asked)" -gt 5 ]; do :; done
api_post expire
wait $pid
is "$? $(came | sed 's/200.*200/200/') $(refreshed)" \
    "0 complete 0 balanced: 200:  1" "a login that ends under four is renewed once"
reset
api_post expire
is "$(many 12 | try --parallel 4 | sed 's/200.*200/200/') $(refreshed) $(asked)" \
    "0: complete 0 balanced: 200:  1 13" "one that has ended is met with one request"
reset
fault 'kind=400&path=/api/token'
fault 'kind=401&times=0&skip=8&path=/v1/'
many 30 | try --parallel 4 >"$tmp/got"
like "$(cat "$tmp/got")" \
    '^77: failed 77 balanced: (200 ){7}200: (not logged in ?){22}$' \
    "one that cannot be renewed ends it"
is "$(refreshed) $(grep -c 'login has ended' "$tmp/err")" "1 1" "and is reported once"

# Another user logs in to the same file, while a slow answer is waited for and
# others wait behind it: the service renews the login only after that.
cp "$tmp/login/token.json" "$tmp/token.good"
for how in '.user_id = "robin"' 'del(.user_id)' '"broken"'; do
	reset
	fault 'kind=slow&ms=700&skip=1'
	fault 'kind=401&skip=7&path=/v1/'
	many 30 | plan >"$tmp/plan"
	fetch --parallel 4 <"$tmp/plan" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until [ "$(asked)" -gt 4 ]; do :; done
	jq -c "$how" "$tmp/token.good" >"$tmp/login/token.json"
	wait $pid
	status=$?
	case $how in
	del*) want="0 0" ;;
	*) want="78 0" ;;
	esac
	is "$status $(jq 'select(.type == "capture" and .user != "kim")' \
	    "$tmp/out" | grep -c .)" "$want" "a login that changes on the way: $how"
	[ "$how" != '.user_id = "robin"' ] ||
		like "$(cat "$tmp/err")" "user 'robin'.*user 'kim'" "is reported"
	cat "$tmp/token.good" >"$tmp/login/token.json"
done

section "killed"
reset
many 200 | plan >"$tmp/plan"
: >"$tmp/out"
"$build/sp-fetch" <"$tmp/plan" >"$tmp/out" 2>/dev/null &
pid=$!
wait_until grep -q '"request":21\b' "$tmp/out"
kill -9 $pid
wait $pid 2>/dev/null
sed '/}$/!d' "$tmp/out" | jq 'select(.type == "capture").request' >"$tmp/got"
is "$(cat "$tmp/got")" "$(seq "$(wc -l <"$tmp/got")")" \
    "what was sent before a kill -9 is whole, and without a hole"

section "memory"
# Behind a slow first one others are asked ahead, but not without end.
api_start --user kim --seed 7 --big-playlist 4000
fault 'kind=slow&ms=3000&path=/v1/me&skip=2'
id=$(curl -fsS "$api_url/rehearse/playlists" |
    jq -r 'select(.total == 4000).id')
{
	printf '%s\n' "$me" "$me"
	echo '{"endpoint":"playlist","url":"/v1/playlists/'"$id"'","paging":"playlist"}'
} | plan >"$tmp/plan"
fetch <"$tmp/plan" >"$tmp/out" 2>/dev/null &
pid=$!
before=0
until [ "$before" -gt 3 ] && [ "$before" -eq "$ahead" ]; do
	before=$(asked)
	sleep 0.1
	ahead=$(asked)
done
wait $pid
[ "$ahead" -lt 15 ]
ok $? "a megabyte of pages is asked ahead of a slow request ($ahead)"
is "$(jq -r .status "$tmp/out" | grep -c 200)" 43 "the rest when it is through"

# Nor when each is an answer of three megabytes; $tmp/go lets the slow one go.
# shellcheck disable=SC2016
perl -MIO::Socket::INET -e '
	my ($tmp) = @ARGV;
	my $s = IO::Socket::INET->new(Listen => 99, LocalAddr => "127.0.0.1")
		or die;
	open(my $f, ">", "$tmp/large.new") or die;
	print $f $s->sockport; close $f;
	rename "$tmp/large.new", "$tmp/large.port";
	$SIG{CHLD} = "IGNORE";
	while (my $c = $s->accept) {
		next if fork;
		while (my $line = <$c>) {
			while (<$c> !~ /^\r?$/) { }
			open(my $log, ">>", "$tmp/large.log") or die;
			syswrite $log, $line;
			select undef, undef, undef, 0.02
				while $line =~ /slow/ && ! -e "$tmp/go";
			my $b = $line =~ /large/ ? "[" . "1," x 1.5e6 . "1]" : "{}";
			print $c "HTTP/1.1 200 OK\r\nContent-Length: ",
				length $b, "\r\n\r\n", $b;
			$c->flush;
		}
		exit;
	}' "$tmp" &
large_pid=$!
: >"$tmp/large.log"
trap 'kill $api_pid $large_pid 2>/dev/null; rm -rf "$tmp"' EXIT
wait_until [ -s "$tmp/large.port" ]
{
	echo '{"endpoint":"me","url":"/v1/me"}'
	echo '{"endpoint":"me","url":"/v1/slow"}'
	seq 30 | sed 's|.*|{"endpoint":"me","url":"/v1/large?n=&"}|'
} | plan >"$tmp/plan"
fetch --api "http://127.0.0.1:$(cat "$tmp/large.port")" --parallel 4 \
    <"$tmp/plan" >"$tmp/out" 2>/dev/null &
pid=$!
before=0 ahead=1
until { [ "$before" -gt 3 ] && [ "$before" -eq "$ahead" ]; } ||
    ! kill -0 $pid 2>/dev/null; do
	before=$(grep -c . "$tmp/large.log")
	sleep 0.5
	ahead=$(grep -c . "$tmp/large.log")
done
touch "$tmp/go"
wait $pid
[ "$ahead" -lt 9 ]
ok $? "a megabyte of each that may be under way, of several requests ($ahead)"
is "$(jq -r 'select(.type == "capture").url[-5:]' "$tmp/out" | md5sum)" \
    "$({ printf '%s\n' v1/me /slow; seq 30 | sed 's/^/large?n=/; s/.*\(.....\)$/\1/'
    } | md5sum)" "all come out, in their order"
finish
