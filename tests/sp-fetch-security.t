#!/bin/sh
# sp-fetch against a hostile server: where the token may go, and what comes of
# answers that are meant to do harm.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
. tests/lib/server.sh

trap 'kill $api_pid $servers 2>/dev/null; rm -rf "$tmp"' EXIT

api_start --user kim --seed 7
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
fetch /me >/dev/null # who it is
cp "$tmp/login/token.json" "$tmp/token.good"

section "another origin"
# shellcheck disable=SC2154
server other 'print $c "${ok}Content-Length: 2\r\n\r\n{}"'
curl -fsS "$other/hello" >/dev/null
[ -s "$tmp/other.log" ] && : >"$tmp/other.log"
ok $? "(the other origin records its requests)"
fault "kind=redirect&to=$other/v1/me"
is "$(echo "$me" | try)" "69: failed 69 balanced: 302: redirect" "a redirect"
like "$(cat "$tmp/err")" 'a redirect that is not followed' "is refused by name"
fault "kind=badnext&origin=$other"
is "$(echo "$recent" | try)" "69: failed 69 balanced: 200: bad next page" \
    "a next page at another port"
is "$(echo "{\"endpoint\":\"me\",\"url\":\"$other/v1/me\"}" | try)" \
    "1: complete 0 balanced: : bad url" "a request to another port"
# Each looks like the API to somebody who reads it otherwise than libcurl.
here=${api_url#http://} there=${other#http://}
cat >"$tmp/refs" <<EOF
http://$here@$there/v1/me
http://$there#@$here/v1/me
http://$there?@$here/v1/me
http://$there\\\\@$here/v1/me
http:///$there/v1/me
http:$there/v1/me
http:/$there/v1/me
//$there/v1/me
\\\\$there/v1/me
/\\\\$there/v1/me
http://$here.$there/v1/me
http://$here%40$there/v1/me
http://$here%2f@$there/v1/me
http://$here\\u0000@$there/v1/me
http://$here\\r\\nHost: $there/v1/me
http://$here\\t$there/v1/me
https://$here/v1/me
ftp://$here/v1/me
HTTP://$there/v1/me
http://127.1:${there#*:}/v1/me
http://0177.0.0.1:${there#*:}/v1/me
http://2130706433:${there#*:}/v1/me
http://localhost:${there#*:}/v1/me
http://１２７.0.0.1:${there#*:}/v1/me
EOF
sed 's|.*|{"endpoint":"me","url":"&"}|' "$tmp/refs" | try >"$tmp/got"
like "$(cat "$tmp/got")" '^69: failed 69 balanced: 404 404: (bad url ?){22}$' \
    "requests that are written to mislead; two are paths of the API"
server page 'open(my $f, "<", "'"$tmp"'/next"); my $b = <$f>;
    print $c "${ok}Content-Length: ", length $b, "\r\n\r\n$b"'
here=${page#http://}
bad=0 n=0
while IFS= read -r ref; do
	printf '{"items":[1],"next":"%s"}' "$ref" | sed "s|$(echo "$api_url" |
	    sed 's/http:..//')|$here|g" >"$tmp/next"
	n=$((n + 1))
	run fetch --api "$page" --retries 0 <<EOF
{"type":"request","endpoint":"me","url":"/v1/me","paging":"next"}
EOF
	[ "$status" = 69 ] || { bad=$((bad + 1)); echo "# $status $ref $err"; }
done <"$tmp/refs"
is "$n $bad" "24 0" "and such next pages are refused, each by itself"
api_post expire
fault "kind=redirect&to=$other/api/token&path=/api/token&times=0"
is "$(echo "$me" | try)" \
    "69: failed 69 balanced: : service unavailable" "a token endpoint elsewhere"
cmp -s "$tmp/token.good" "$tmp/login/token.json"
ok $? "leaves the token file alone"
is "$(cat "$tmp/other.log")" "" "the other origin heard nothing of all that"
reset
fetch /me >/dev/null

section "plain http"
for bad in '--api http://api.example' '--token-url http://accounts.example/t' \
    '--api http://127.0.0.1.example' '--api http://0.0.0.0' \
    '--api http://127.0.0.1@api.example' '--api http://[::ffff:1.2.3.4]' \
    '--api http://127.0.0.1.' '--api http://localhost.example' \
    '--api http://[::ffff:127.0.0.1]' '--api http://user@127.0.0.1@api.example' \
    '--api http://127.0.0.1\@api.example' '--api http://127.0.0.1#@api.example' \
    '--api http://127.0.0.1%2eexample' '--api http://[::1%25lo].example' \
    '--api http://127。0。0。1.example' '--api //api.example' \
    '--api http:\\api.example' '--api file:///etc/passwd' \
    '--api http://127.0.0.1:0x50' '--api http://127.0.0.1:99999' \
    '--token-url http://127.0.0.1.example/api/token'; do
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

section "what curl would do for a person"
# Files of other tools' settings and passwords, a proxy from the environment.
mkdir "$tmp/home"
echo "machine 127.0.0.1 login kim password BQfromnetrc" >"$tmp/home/.netrc"
echo 'header = "X-Curlrc: yes"' >"$tmp/home/.curlrc"
chmod 600 "$tmp/home/.netrc"
: >"$tmp/other.log"
run env HOME="$tmp/home" NETRC="$tmp/home/.netrc" CURL_HOME="$tmp/home" \
    "$build/sp-fetch" --api "$other" /v1/me
is "$status $(grep -ciE '^(x-curlrc|cookie)' "$tmp/other.log") $(sed -n \
    's/^authorization: \([A-Za-z]*\).*/\1/Ip' "$tmp/other.log")" "0 0 Bearer" \
    "no .netrc and no .curlrc has a say"
heard=$(grep -c . "$tmp/other.log")
for name in http_proxy https_proxy all_proxy HTTP_PROXY ALL_PROXY; do
	run env "$name=$other" "$build/sp-fetch" /me
	[ "$status" = 0 ] || break
done
is "$status $(grep -c . "$tmp/other.log")" "0 $heard" "no proxy has the plain request"
server cookie 'print $c "${ok}Set-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}"'
# shellcheck disable=SC2154
run fetch --api "$cookie" /v1/me /v1/me /v1/me
is "$status $(grep -ci '^cookie' "$tmp/cookie.log")" "0 0" "no cookie is stored"

section "where the token can be seen"
fault 'kind=slow&ms=5000'
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
kill $pid
wait $pid 2>/dev/null
reset

# Said again by the service: as it is, as JSON may write it, in a header.
server echo 'open(my $f, "<", "'"$tmp"'/login/token.json");
    my ($t) = <$f> =~ /"access_token":"([^"]*)/;
    (my $u = $t) =~ s/(.)/sprintf "\\u%04x", ord $1/ge;
    my $b = "{\"message\":\"bad $u and $t\"}";
    print $c $n++ ? "HTTP/1.1 500 No\r\n" : $ok, "ETag: \"$t\"\r\n",
	"Content-Length: ", length $b, "\r\n\r\n$b"'
# shellcheck disable=SC2154
run fetch --api "$echo" --retries 1 /v1/me /v1/me
is "$status $(jq -r '.body.message[:4]' "$tmp/out" | xargs)" "69 bad bad" \
    "(a service that says the token again)"
{ jq -r '.. | strings' "$tmp/out"; cat "$tmp/err"; } >"$tmp/seen"
is "$(grep -cF "$(token access_token)" "$tmp/seen")" 0 \
    "is heard without it, however it writes it"

# After a refresh, of the tokens before it as well, in every form; in an error
# of the API, of the token endpoint, and in where a redirect leads.
cp "$tmp/login/token.json" "$tmp/old.json"
cat >"$tmp/forms.pm" <<'END'
use MIME::Base64;
sub forms { my @f; for my $file (@_) {
	open(my $f, "<", $file) or next; local $/; my $json = <$f>;
	for ($json =~ /"(?:access|refresh)_token":"([^"]*)/g) {
		my $hex = $_; $hex =~ s/(.)/sprintf "%%%02x", ord $1/ge;
		my $url = encode_base64("$_:$_", ""); $url =~ tr|+/|-_|;
		push @f, $_, $hex, $url, map { encode_base64("$_", "") }
		    $_, "u:$_", "me:$_", "Bearer $_"; } }
	return @f }
1;
END
server echo2 'require "'"$tmp"'/forms.pm";
    my $b = join " ", forms("'"$tmp"'/old.json", "'"$tmp"'/login/token.json");
    $b = "{\"id\":\"kim\",\"error\":{\"message\":\"$b\"},\"next\":\"/v1/me?$b\"}";
    print $c (("$ok", "HTTP/1.1 404 No\r\n", "HTTP/1.1 302 Go\r\nLocation: /$b\r\n",
	"HTTP/1.1 500 $b\r\n")[$n++ % 4], "X-Echo: $b\r\nContent-Length: ",
	length $b, "\r\n\r\n$b")'
jq -c '.expires_at = "2026-01-01T00:00:00Z"' "$tmp/old.json" \
    >"$tmp/login/token.json"
# shellcheck disable=SC2154
printf '%s\n' "$me" "$me" "$me" "$me" | plan |
    fetch --api "$echo2" --parallel 1 --retries 0 >"$tmp/seen" 2>>"$tmp/seen"
is "$(($(jq -r .access_token "$tmp/old.json" "$tmp/login/token.json" | sort -u |
    wc -l))) $(jq -Rr 'fromjson? | select(.type == "capture").status' "$tmp/seen" |
    xargs)" "2 200 404 302 500" "(a service that says all tokens again)"
perl -e 'require shift; print map { substr($_, 6, 40), "\n" } forms(@ARGV)' \
    "$tmp/forms.pm" "$tmp/old.json" "$tmp/login/token.json" | sort -u >"$tmp/forms"
is "$(($(wc -l <"$tmp/forms") > 15)) $(grep -cFf "$tmp/forms" "$tmp/seen")" \
    "1 0" "old and new ones are heard in no form"

section "answers without end"
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
    'print $c $ok; 1 while print $c "x" x 1000' \
    '(headers too long|headers of more than 262144 bytes)' --timeout 10s
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

section "several Retry-After headers"
server waits 'print $c "HTTP/1.1 429 No\r\nRetry-After: 2\r\n",
    "Retry-After: 7200\r\nRetry-After: 1\r\nRetry-After: soon\r\n",
    "Content-Length: 2\r\n\r\n{}"'
# shellcheck disable=SC2154
run fetch --api "$waits" /v1/me
like "$status $err" '^75 .*, in 2 hours$' "the longest wait of several is it"
is "$(grep -c '^GET' "$tmp/waits.log")" 1 "and is not tried again before"
server when 'open(my $f, "<", "'"$tmp"'/when"); my $h = join "", <$f>;
    print $c "HTTP/1.1 $h\r\nContent-Length: 2\r\n\r\n{}"'
# come_back STATUS-LINE-AND-HEADERS: the statuses, and the wait that is stored.
come_back() {
	# shellcheck disable=SC2059
	printf "$1" >"$tmp/when"
	# shellcheck disable=SC2154
	run fetch --api "$when" --retries 0 --max-wait 0 /v1/me
	came="$status $(jq -r 'select(.type == "capture") | .status,
	    (.fetched_at[:19] + "Z" | fromdate) as $at |
	    if .retry_at then (.retry_at[:19] + "Z" | fromdate) - $at else "none"
	    end' "$tmp/out" | xargs)"
}
for long in 1764480000 2147483648 1000000000000000000000000000000 172801 \
    "$(LC_ALL=C date -u -d '+1 year' '+%a, %d %b %Y %H:%M:%S GMT')"; do
	come_back "429 No\r\nRetry-After: $long"
	is "$came" "75 429 172800" \
	    "Retry-After: $long is stored as 48 h"
	like "$err" 'more than 48 h: taken as 48 h' "which is reported"
done
come_back '429 No\r\nRetry-After: 172800'
is "$came" "75 429 172800" "48 h are believed"
like "$err" ', in 2 days$' "and said"
come_back '503 No\r\nRetry-After: 7200'
is "$came" "75 503 7200" "503 with a Retry-After"
come_back '408 No\r\nRetry-After: 7200'
is "$came" "75 408 7200" "408 with one"
come_back '503 No\r\nRetry-After: 1764480000'
is "$came" "75 503 172800" "503 with an epoch"
for bad in -5 '' '%%20' 1e3 12.5 +60 soon '0x10'; do
	come_back "429 No\r\nRetry-After: $bad"
	is "$came" "75 429 30" \
	    "Retry-After: '$bad' says nothing"
done
come_back '200 OK\r\nRetry-After: 7200'
is "$came" "0 200 none" "nor does one with 200"
come_back '302 Go\r\nLocation: /x\r\nRetry-After: 7200'
is "$came" "69 302 none" \
    "nor one with a redirect"

section "a token endpoint that says anything"
# grants NAME WANTED JQ-PROGRAM [STATUS-LINE]: the login has ended, and the
# program makes what a good grant says into what is said instead. Whatever
# that is, its file must be one that can be read, with a refresh token; and as
# it was, unless what is wanted is `granted`, and no words.
server grants 'local $/; open(my $f, "<", "'"$tmp"'/grant"); my $b = <$f>;
    print $c "HTTP/1.1 ", $b; $c->flush; $c->shutdown(1);
    1 while sysread $c, my $rest, 4096'
cp "$tmp/login/token.json" "$tmp/token.good"
jq -c '.expires_at = "2026-01-01T00:00:00Z"' "$tmp/token.good" >"$tmp/ended"
grants() {
	cat "$tmp/ended" >"$tmp/login/token.json"
	{ printf '%s\r\n\r\n' "${4:-200 OK}"
	  jq -j '{access_token: .access_token, token_type: "Bearer",
	    expires_in: 3600, scope: .scope} | '"$3" "$tmp/ended"; } >"$tmp/grant"
	# shellcheck disable=SC2154
	run fetch --token-url "$grants/t" --retries 1 /v1/me
	words=$(tail -n 1 "$tmp/said")
	[ "$status" != 0 ] || words="granted $words"
	cmp -s "$tmp/ended" "$tmp/login/token.json" && words="$words, file unchanged"
	run "$build/sp-fetch" accounts --token-file "$tmp/login/token.json"
	[ "$status" = 0 ] || words="$words, unreadable"
	[ "$(jq -r .refresh_token "$tmp/ended")" = "$(token refresh_token)" ] ||
		words="$words, refresh token lost"
	case $2 in
	granted) like "$words" '^granted $' "$1" ;;
	*) like "$words" ": $2.*, file unchanged\$" "$1" ;;
	esac
}
none='the token endpoint does not answer .HTTP 200, but no token.'
for says in '.' '.scope = "\u00e9"' '.scope = ["a"]' '.refresh_token = null' \
    '.refresh_token = ""' '.refresh_token = "\u00e9\u00e9\u00e9\u00e9"' \
    '.refresh_token = "x" * 64400' '.refresh_token = 7' '.expires_in = "1"' \
    '.expires_in = -1' '.expires_in = 1e99' 'del(.expires_in)'; do
	grants "granted: $says" granted "$says"
done
grants "granted with escapes" granted 'tojson | gsub("B"; "\\u0042")'
for says in '.access_token = "\u00e9\u00e9"' '.access_token = "a\r\nX: b"' \
    '.access_token = "a b"' '.access_token = ""' '.access_token = null' \
    '.access_token = 1' '.access_token *= 2000' 'del(.access_token)' \
    'null' '[.]' '{data: .}' '{error: "invalid_grant"}' '"\ufeff" + tojson' \
    '.access_token = "BQnewandsecret" | tojson | "x" + .'; do
	grants "not granted: $says" "$none" "$says"
done
is "$(grep -c 'BQnewandsecret' "$tmp/everything")" 0 \
    "what may hold a token is not shown"
grants "a page of somebody else" 'the token endpoint does not answer .HTTP 403: Go away.' \
    '"Go away"' '403 Forbidden'
grants "no server of tokens" 'the token endpoint does not answer .HTTP 400: server_error' \
    '{error: "server_error"}' '400 Bad'
is "$(jq -r .code "$tmp/sent")" "service unavailable" "is out of service"
grants "one that says when it is back" 'the token endpoint: service unavailable: try again at ' \
    '.' "$(printf '503 No\r\nRetry-After: 7200')"
is "$(jq -r '.code // empty' "$tmp/sent")" "come back later" "is to be asked then"
grants "an app that may not" 'the token endpoint refuses this app .HTTP 400: unauthorized_client' \
    '{error: "unauthorized_client"}' '400 Bad'
grants "a login that has ended" 'not logged in: the login has ended' \
    '{error: "invalid_grant"}' '400 Bad'
cat "$tmp/token.good" >"$tmp/login/token.json"

section "the token file"
file=$tmp/login/token.json
refused() { # NAME WANTED: the token file is not used
	reset
	run timeout 10 "$build/sp-fetch" /v1/me
	like "$status $(asked) $err" "^78 0 .*token.json: $2" "$1"
}
for mode in 640 604 620 602 610; do
	chmod $mode "$file"
	refused "a token file of mode $mode" "the file is accessible to others .*$mode"
done
chmod 600 "$file"
if [ "$(id -u)" = 0 ]; then
	chown 65534 "$file"
	refused "a token file of another user" 'it belongs to another user'
	is "$(ls -n "$file" | awk '{ print $3 }')" 65534 "stays theirs"
	chown 0 "$file"
else
	skip "not root" "a token file of another user"
	skip "not root" "stays theirs"
fi
mv "$file" "$tmp/aside"
mkfifo "$file"
refused "a pipe for a token file" 'not a file'
rm "$file"
mkdir "$file"
refused "a folder for a token file" 'not a file'
rmdir "$file"
head -c 100000 /dev/zero | tr '\0' ' ' >"$file"
chmod 600 "$file"
refused "a huge token file" 'not a token file: longer than'
rm "$file"
mkdir "$tmp/elsewhere"
mv "$tmp/aside" "$tmp/elsewhere/real.json"
ln -s real.json "$tmp/elsewhere/link"
ln -s "$tmp/elsewhere/link" "$tmp/elsewhere/other"
ln -s ../elsewhere/other "$file"
api_post expire
reset
run fetch /v1/me
is "$status $(refreshed) $(readlink "$file")" "0 1 ../elsewhere/other" \
    "a link to a token file stays one when the login is renewed"
run fetch --token-file "$tmp/elsewhere/real.json" /v1/me
is "$status $(refreshed)" "0 1" "and what it leads to is the renewed login"
rm "$file"
ln -s token.json "$file"
run timeout 10 "$build/sp-fetch" /v1/me
is "$status" 78 "a link that leads to itself leads nowhere"
rm "$file"
mv "$tmp/elsewhere/real.json" "$file"

# One is killed while it renews, and another waits for its turn.
api_post expire
reset
fault 'kind=slow&ms=5000&path=/api/token'
"$build/sp-fetch" /v1/me >/dev/null 2>&1 &
pid=$!
tries=0
until [ -e "$file.new" ] || [ $tries -gt 500 ]; do tries=$((tries + 1)); done
echo "BQleftbehind" >>"$file.new"
fetch /v1/me >"$tmp/out" 2>"$tmp/err" &
waiting=$!
kill -9 $pid
wait $pid 2>/dev/null
wait $waiting
is "$? $(jq -r .status "$tmp/out")" "0 200" \
    "one that is killed while it renews leaves the turn to the next"
is "$(ls "$tmp/login")" "token.json
token.json.lock" "which clears up behind it"

# A full disk, as good as: no file may grow.
api_post expire
reset
cp "$file" "$tmp/before"
# shellcheck disable=SC2016
said=$(sh -c 'trap "" XFSZ; ulimit -f 0; "$1" /v1/me 2>&1; echo $?' - \
    "$build/sp-fetch")
is "$(echo "$said" | tail -n 1)" 73 "a disk that is full"
like "$said" 'sp-fetch: /v1/me: .*token.json.*: cannot write: File too large' \
    "is reported by name"
is "$(refreshed) $(cmp "$tmp/before" "$file") $(find "$tmp/login" -name '*.new')" \
    "0  " "is known before the service renews anything"
run fetch /v1/me
is "$status $(refreshed)" "0 1" "and afterwards all is well"

section "an API that does not say who the user is"
server nobody 'open(my $f, "<", "'"$tmp"'/said_me"); my $b = <$f>;
    print $c $b eq "204" ? "HTTP/1.1 204 No Content\r\n\r\n"
	: "${ok}Content-Length: ${\ length $b}\r\n\r\n$b"'
printf '{"access_token":"abcdefghijk"}' >"$tmp/nobody.json"
chmod 600 "$tmp/nobody.json"
echo "$me" | plan >"$tmp/plan"
bad=0 n=0
for body in '[]' 3 null true '""' 204 '{}' '{"id":7}' '{"id":null}' '{"id":""}' \
    '{"id":"a\u0000b"}' '{"error":{"status":200}}'; do
	printf '%s' "$body" >"$tmp/said_me"
	n=$((n + 1))
	# shellcheck disable=SC2154
	for request in /me ''; do
		run fetch --token-file "$tmp/nobody.json" --api "$nobody" \
		    --retries 0 ${request:+"$request"} <"$tmp/plan"
		[ "$status" = 69 ] && echo "$err" | head -n 1 | grep -qE \
		    '^sp-fetch: /v1/me: the response (is not an object|has no id)$' ||
		    { bad=$((bad + 1)); echo "# $status $body $err"; }
	done
done
is "$n $bad" "12 0" "what is no user ends with 69, and a reason"

section "pages without end"
server chain 'our $n++; my $b = "{\"items\":[$n],\"next\":\"/v1/me?$n\"}";
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
like "$(cat "$tmp/err")" 'a page that was requested before' "ends, by name"
reset

section "what the server says, on a terminal"
escape=$(printf '\033') csi=$(printf '\302\233') bell=$(printf '\007')
delete=$(printf '\177') override=$(printf '\342\200\256')
raw() { grep -c -e "$escape" -e "$csi" -e "$bell" -e "$delete" -e "$override"; }
is "$(printf '%s\n' "$escape" x "$csi" "$bell" "$delete" "$override" | raw)" 5 \
    "(a search that finds control characters)"
words='%1b%5b31mred%1b%5d0%3btitle%07%c2%9b31m%7f%e2%80%ae%0d%0aline'
fault "kind=403&message=$words"
run fetch /me
is "$status $(echo "$err" | raw) $(echo "$out" | raw)" "77 0 1" \
    "an error message has no control character"
like "$err" 'red.*title.*u202e' "and is shown all the same"
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
	# A name with the like of it, which the capture has as it came.
	words=$(printf 'x\302\233y\177z\342\200\256')
	printf '{"id":"0000000000000000000001","name":"%s"}' "$words" |
	    sp-stage import --endpoint track - | sp-transform | sp-load
	for command in '' --table --capture; do
		TERM=dumb script -qec "'$build/sp-stage' why $command tracks \
		    0000000000000000000001" /dev/null </dev/null >"$tmp/seen"
		is "$(raw <"$tmp/seen") $(grep -cE 'x.*y.*z' "$tmp/seen")" \
		    "0 1" "sp-stage why $command shows none"
	done
else
	skip "no script(1)" "a capture has none on a terminal"
fi
reset

section "in all of that"
jq -r '.access_token, .refresh_token' "$tmp/logins" | sort -u >"$tmp/secrets"
[ "$(grep -c . "$tmp/secrets")" -gt 1 ]
ok $? "(there were secrets)"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 0 \
    "no secret was in any output or message"
finish
