#!/bin/sh
# sp-fetch against a hostile server: where the token may go, and what comes of
# answers that are meant to do harm.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh
. tests/fetch.sh

# server NAME PERL: a server on 127.0.0.1 that does PERL with each connection
# $c, after its first line and headers, which are kept in $tmp/NAME.log.
server() {
	perl -MIO::Socket::INET -e '
		$SIG{PIPE} = "IGNORE";
		my ($name, $do) = @ARGV;
		my $s = IO::Socket::INET->new(Listen => 9,
			LocalAddr => "127.0.0.1") or die;
		open(my $f, ">", "$name.new") or die;
		print $f $s->sockport; close $f;
		rename "$name.new", "$name.port";
		my $ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
		while (my $c = $s->accept) {
			open(my $log, ">>", "$name.log") or die;
			while (my $l = <$c>) { print $log $l; last if $l =~ /^\r?$/ }
			close $log;
			eval $do; close $c;
		}' "$tmp/$1" "$2" 2>/dev/null &
	eval "$1_pid=\$!"
	servers="$servers $!"
	tries=0
	until [ -s "$tmp/$1.port" ] || [ $tries -gt 200 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
	eval "$1=http://127.0.0.1:$(cat "$tmp/$1.port")"
}
servers=''
trap 'kill $api_pid $servers 2>/dev/null; rm -rf "$tmp"' EXIT

api_start --user kim --seed 7
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
fetch /me >/dev/null # who it is
cp "$tmp/login/token.json" "$tmp/token.good"

# --- another origin -----------------------------------------------------
# shellcheck disable=SC2154
server other 'print $c "${ok}Content-Length: 2\r\n\r\n{}"'
curl -fsS "$other/hello" >/dev/null
[ -s "$tmp/other.log" ] && : >"$tmp/other.log"
ok $? "(the other origin keeps what it hears)"
fault "kind=redirect&to=$other/v1/me"
is "$(echo "$me" | try)" "69: failed 69 balanced: 302: redirect" "a redirect"
like "$(cat "$tmp/err")" 'a redirect that is not followed' "is refused by name"
fault "kind=badnext&origin=$other"
is "$(echo "$recent" | try)" "69: failed 69 balanced: 200: bad next page" \
    "a next page at another port"
is "$(echo "{\"endpoint\":\"me\",\"url\":\"$other/v1/me\"}" | try)" \
    "1: complete 0 balanced: : bad url" "a request to another port"
api_post expire
fault "kind=redirect&to=$other/api/token&path=/api/token&times=0"
is "$(echo "$me" | try)" \
    "69: failed 69 balanced: : service unavailable" "a token endpoint elsewhere"
cmp -s "$tmp/token.good" "$tmp/login/token.json"
ok $? "leaves the token file alone"
is "$(cat "$tmp/other.log")" "" "the other origin heard nothing of all that"
reset
fetch /me >/dev/null

# --- plain http ---------------------------------------------------------
for bad in '--api http://api.example' '--token-url http://accounts.example/t' \
    '--api http://127.0.0.1.example' '--api http://0.0.0.0' \
    '--api http://127.0.0.1@api.example' '--api http://[::ffff:1.2.3.4]'; do
	# shellcheck disable=SC2086
	run fetch $bad /me
	is "$status $out" "78 $(cat "$tmp/out")" "plain http: $bad"
done
is "$(jq -r 'select(.type == "capture")' "$tmp/out")" "" "nothing is asked there"
sed "s|\"api_url\":\"[^\"]*\"|\"api_url\":\"http://api.example\"|" \
    "$tmp/login/token.json" >"$tmp/plain.json"
chmod 600 "$tmp/plain.json"
run fetch --token-file "$tmp/plain.json" /me
is "$status" 78 "nor does the token file lead there"

# --- where the token can be seen ----------------------------------------
fault 'kind=slow&ms=700'
"$build/sp-fetch" /me >"$tmp/out" 2>"$tmp/err" &
pid=$!
until [ "$(asked)" -gt 0 ]; do :; done
if [ -r "/proc/$pid/cmdline" ]; then
	cat "/proc/$pid/cmdline" "/proc/$pid/environ" >"$tmp/seen"
	grep -q SP_TOKEN_FILE "$tmp/seen"
	ok $? "(what others can see of a process)"
	is "$(grep -cF "$(token access_token)" "$tmp/seen")" 0 "has no token"
	like "$(cat "/proc/$pid/limits")" '^Max core file size +0 +0 ' "nor a core"
else
	skip "no /proc" "what others can see of a process has no token"
fi
wait $pid
reset

# --- answers without end ------------------------------------------------
# Each with little time, and must be over long before the test's own limit.
hostile() { # NAME PERL WANTED-MESSAGE OPTION...
	name=$1
	server hostile "$2"
	want=$3
	shift 3
	# shellcheck disable=SC2154
	run fetch --retries 1 --timeout 400ms --api "$hostile" "$@" /v1/me
	like "$status $(jq -r .code "$tmp/out") $err" "^69 no answer .*$want" "$name"
	# shellcheck disable=SC2154
	kill "$hostile_pid"
	wait "$hostile_pid" 2>/dev/null
	rm -f "$tmp"/hostile.*
}
hostile "a body without end" \
    'print $c "$ok\r\n["; 1 while print $c "1," x 8192' \
    'body of more than 1048576 bytes' --max-body 1M --timeout 10s
hostile "headers without end" \
    'print $c $ok; 1 while print $c "X-More: " . "x" x 1000 . "\r\n"' \
    'headers of more than 262144 bytes' --timeout 10s
hostile "one header without end" \
    'print $c $ok; 1 while print $c "x" x 1000' '.' --timeout 10s
hostile "interim answers without end" \
    '1 while print $c "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"' \
    '(headers of more than 262144 bytes|Too many response headers)' --timeout 10s
hostile "a body that drips" \
    'print $c "$ok\r\n"; $c->autoflush; while (print $c " ") { select undef, undef, undef, 0.02 }' \
    'imed out after'
hostile "headers that drip" \
    'print $c $ok; $c->autoflush; while (print $c "x") { select undef, undef, undef, 0.02 }' \
    'imed out after'
hostile "no word at all" 'sleep 5' 'imed out after'
gzip_bomb='use Compress::Zlib; my $z = Compress::Zlib::memGzip("x" x 60000000);
    print $c "${ok}Content-Encoding: %s\r\n\r\n", $z'
hostile "a decompression bomb" "$(echo "$gzip_bomb" | sed 's/%s/gzip/')" \
    'body of more than 1048576 bytes' --max-body 1M --timeout 10s
hostile "a bomb in a bomb" 'use Compress::Zlib; my $z = "x" x 60000000;
    $z = Compress::Zlib::memGzip($z) for 1 .. 3;
    print $c "${ok}Content-Encoding: gzip, gzip, gzip\r\n\r\n", $z' \
    'body of more than 1048576 bytes' --max-body 1M --timeout 10s
hostile "compressed more often than makes sense" \
    'print $c "${ok}Content-Encoding: " . "gzip, " x 50 . "gzip\r\n\r\nx"' \
    '[Ee]ncoding'

# --- pages without end --------------------------------------------------
server chain 'our $n++; my $b = "{\"items\":[1],\"next\":\"/v1/me?$n\"}";
    print $c "${ok}Content-Length: ", length $b, "\r\n\r\n$b"'
# shellcheck disable=SC2154
is "$(echo '{"endpoint":"me","url":"/v1/me","paging":"next"}' |
    try --api "$chain" --max-pages 30 | sed 's/200.*200/200/')" \
    "69: failed 69 balanced: 200: bad next page" "a next page after every page"
like "$(cat "$tmp/err")" 'more pages than --max-pages' "ends, by name"
is "$(jq -r .page "$tmp/out" | tail -n 1 ; jq -s 'map(select(.page)) | length' \
    "$tmp/out")" "null
30" "after as many as there may be"
fault 'kind=selfnext&times=0'
is "$(echo "$recent" | try)" "69: failed 69 balanced: 200: bad next page" \
    "a page whose next page it is itself"
like "$(cat "$tmp/err")" 'a page that was asked before' "ends, by name"
reset

# --- what the server says, on a terminal --------------------------------
escape=$(printf '\033') csi=$(printf '\302\233') bell=$(printf '\007')
raw() { grep -c -e "$escape" -e "$csi" -e "$bell"; }
is "$(printf '%s\n' "$escape" x "$csi" "$bell" | raw)" 3 \
    "(a search that finds control characters)"
words='%1b%5b31mred%1b%5d0%3btitle%07%c2%9b31m%0d%0aline'
fault "kind=403&message=$words"
run fetch /me
is "$status $(echo "$err" | raw) $(echo "$out" | raw)" "77 0 1" \
    "an error message has no control character"
like "$err" 'red.*title' "and is shown all the same"
fault "kind=403&plain=1&message=$words"
run fetch /me
is "$(echo "$err" | raw)" 0 "nor has a text"
fault "kind=400&path=/api/token&message=$words"
fault 'kind=401'
run fetch /me
is "$(echo "$err" | raw) $(echo "$err" | grep -c red)" "0 1" \
    "nor has the token endpoint's"
server header 'print $c "HTTP/1.1 200 \e[31mOK\r\n\e[31m: \e[31m\r\nX\r\n\r\n"'
# shellcheck disable=SC2154
run fetch --api "$header" --retries 0 /v1/me
is "$(echo "$err" | raw)" 0 "nor have headers"
reset
if script -qec true /dev/null >/dev/null 2>&1; then
	fault "kind=403&message=$words"
	TERM=dumb script -qec "'$build/sp-fetch' /v1/me /v1/me 2>/dev/null" \
	    /dev/null </dev/null >"$tmp/seen"
	is "$(raw <"$tmp/seen") $(grep -c '\\u009b31m' "$tmp/seen")" "0 2" \
	    "a capture has none on a terminal, nor has a refusal"
	fault "kind=403&message=$words"
	printf '%s\n' "$me" "$me" | plan | fetch 2>/dev/null >"$tmp/out"
	for program in sp-fetch sp-stage sp-transform; do
		TERM=dumb SP_DB=$tmp/none.db script -qec \
		    "'$build/$program' <'$tmp/out' 2>/dev/null" /dev/null \
		    </dev/null >"$tmp/seen"
		is "$(raw <"$tmp/seen") $(grep -c u009b31m "$tmp/seen")" "0 3" \
		    "$program passes none on to a terminal"
	done
else
	skip "no script(1)" "a capture has none on a terminal"
fi
reset

# --- in all of that -----------------------------------------------------
jq -r '.access_token, .refresh_token' "$tmp/logins" | sort -u >"$tmp/secrets"
[ "$(grep -c . "$tmp/secrets")" -gt 1 ]
ok $? "(there were secrets)"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 0 \
    "no secret was in any output or message"
finish
