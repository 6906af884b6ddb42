#!/bin/sh
# sp-fetch behind TLS: whom it trusts, HTTP/2 on one connection, and what
# comes of streams and servers that break off. The server is nghttpx, with
# certificates of a CA made here, in front of the mock API.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
PATH=$PATH:/usr/sbin
for tool in nghttpx openssl; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP no $tool"
		exit
	}
done
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy https_proxy all_proxy
unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
front=
trap '[ -z "$front" ] || front_stop 2>/dev/null; kill $api_pid; rm -rf "$tmp"' EXIT

section "certificates"
ec='ec -pkeyopt ec_paramgen_curve:prime256v1'
# authority NAME: one who signs.
authority() {
	# shellcheck disable=SC2086
	openssl req -x509 -newkey $ec -nodes -days 2 -subj "/CN=Made-up $1" \
	    -keyout "$tmp/$1.key" -out "$tmp/$1.pem" 2>/dev/null
}
# certificate NAME SUBJECTS DAYS: one signed by the good authority.
certificate() {
	printf 'subjectAltName=%s\n' "$2" >"$tmp/ext"
	# shellcheck disable=SC2086
	openssl req -newkey $ec -nodes -subj "/CN=$1" -keyout "$tmp/$1.key" \
	    -out "$tmp/csr" 2>/dev/null
	openssl x509 -req -in "$tmp/csr" -CA "$tmp/ca.pem" \
	    -CAkey "$tmp/ca.key" -set_serial "$$$3" -days "$3" \
	    -extfile "$tmp/ext" -out "$tmp/$1.pem" 2>/dev/null
}
authority ca
authority stranger
certificate old IP:127.0.0.1 0 # over within a second
certificate good IP:127.0.0.1,DNS:localhost 2
certificate other DNS:api.spotify.example 2

# front CERTIFICATE OPTION...: nghttpx before the API, at the port that it had
# before, which one just killed may hold for a moment yet, or any. It logs the
# client's port, the protocol and the request.
front_port=
front_known=
front_start() {
	certificate=$1
	shift
	front_tries=0
	until [ $front_tries -gt 100 ]; do
		front_tries=$((front_tries + 1))
		[ -n "$front_port" ] || front_port=$(perl -MIO::Socket::INET -e '
			print IO::Socket::INET->new(Listen => 1,
			    LocalAddr => "127.0.0.1")->sockport')
		nghttpx --conf=/dev/null --no-ocsp --no-location-rewrite \
		    -f "127.0.0.1,$front_port" -b "127.0.0.1,${api_url##*:}" \
		    --accesslog-file="$tmp/access" \
		    --accesslog-format='$remote_port $alpn $status $request' \
		    --errorlog-file="$tmp/front.err" "$@" \
		    "$tmp/$certificate.key" "$tmp/$certificate.pem" \
		    >/dev/null 2>&1 &
		front=$!
		# It may say no more than that it listens: to connect is to know.
		front_wait && front_known=1 && return
		[ -n "$front_known" ] || front_port=
		sleep 0.05
	done
	echo "Bail out! no nghttpx"
	exit 1
}
front_answers() {
	perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(
	    PeerAddr => "127.0.0.1:$ARGV[0]")' "$front_port"
}
front_wait() {
	front_ready=0
	while kill -0 "$front" 2>/dev/null && [ $front_ready -lt 200 ]; do
		front_ready=$((front_ready + 1))
		front_answers && return
		sleep 0.02
	done
	return 1
}
# It has a process that works, and one that looks after that; the port may
# outlive both for a moment.
front_stop() {
	# shellcheck disable=SC2046
	kill "${1:--9}" "$front" $([ "${1:--9}" != -9 ] ||
		ps -A -o ppid=,pid= | sed -n "s/^ *$front  *//p")
	wait "$front" 2>/dev/null
	wait_until not front_answers
	front=
	: >"$tmp/access"
}
secure() { fetch --api "https://${host:-127.0.0.1}:$front_port" "$@"; }
# Its log line may come after the answer; none comes before the next request.
accessed() { grep -c 'GET /v1/' "$tmp/access"; }
# Wait until the API has had more than so many requests.
until_asked() {
	tries=0
	until [ "$(asked)" -gt "$1" ] || [ $tries -gt 500 ]; do
		tries=$((tries + 1))
	done
}
many() { seq "$1" | sed 's|.*|{"endpoint":"me","url":"/v1/me?n=&"}|'; }
# What comes out the same wherever it was asked, and whenever.
timeless() {
	jq -c 'select(.type == "capture") | del(.fetched_at) |
	    .url |= sub("^https?://[^/]*"; "") | if .endpoint != "my-playlists" then .
	    else del(.body.items[]?.snapshot_id?) end' "$tmp/out"
}
in_order() { [ "$(jq -r 'select(.type == "capture").request' "$1")" = "$(seq 300)" ]; }
count_captures() { jq -r 'select(.type == "capture").type' "$1" | wc -l; }

api_start --user kim --seed 7 --playlists 20 --latency 5ms
fetch /me >/dev/null # who it is
CURL_CA_BUNDLE=$tmp/ca.pem
export CURL_CA_BUNDLE

section "whom it trusts"
front_start good
reset
run secure /me
is "$status $(jq -r .status "$tmp/out") $err" "0 200 " \
    "a good certificate of a CA that CURL_CA_BUNDLE names"
host=localhost
run secure /me
is "$status" 0 "and by its other name"
host=
like "$(cat "$tmp/access")" '^[0-9]+ h2 200 GET /v1/me HTTP/2' \
    "(the front's log)"

# refused NAME MESSAGE: it is refused at once, and nothing has been sent.
refused() {
	reset
	: >"$tmp/access"
	run secure /me
	like "$status $(jq -r .code "$tmp/out") $err" "^69 no answer .*$2" "$1"
	is "$(grep -c retry "$tmp/err") $(asked) $(accessed)" "0 0 0" \
	    "is not tried again, and no token has been sent"
}
with() { # VARIABLE=VALUE... COMMAND...: alone, without CURL_CA_BUNDLE
	(unset CURL_CA_BUNDLE; export "$1"; shift; "$@")
}
run with "SSL_CERT_FILE=$tmp/ca.pem" secure /me
is "$status" 0 "SSL_CERT_FILE names it as well"
mkdir "$tmp/certs"
cp "$tmp/ca.pem" "$tmp/certs/$(openssl x509 -hash -noout -in "$tmp/ca.pem").0"
run with "SSL_CERT_DIR=$tmp/certs" secure /me
is "$status" 0 "and SSL_CERT_DIR a folder of them"
run env -u SP_TOKEN_FILE CURL_CA_BUNDLE="$tmp/none.pem" "$build/sp-fetch" \
    --token-file "$tmp/login/token.json" --api "https://127.0.0.1:$front_port" /me
like "$status $err" "^78 sp-fetch: CURL_CA_BUNDLE: .*'$tmp/none.pem'" \
    "one that is not there is no configuration"
CURL_CA_BUNDLE=$tmp/stranger.pem
refused "an unknown CA" 'certificate'
CURL_CA_BUNDLE=$tmp/ca.pem
unset CURL_CA_BUNDLE
refused "the system's own CAs alone" 'certificate'
export CURL_CA_BUNDLE="$tmp/ca.pem"
front_stop
front_start other
refused "a certificate of another host" "127.0.0.1|host name|subject"
front_stop
wait_until not openssl verify -CAfile "$tmp/ca.pem" "$tmp/old.pem"
front_start old
refused "a certificate that has ended" 'certificate has expired'

# The same where a login is renewed, and where it is made.
cp "$tmp/login/token.json" "$tmp/before"
api_post expire
reset
run fetch --token-url "https://127.0.0.1:$front_port/api/token" /me
like "$status $err" '^69 .*token endpoint does not answer .*certificate' \
    "a token endpoint with such a certificate"
is "$(refreshed) $(cmp "$tmp/before" "$tmp/login/token.json")" "0 " \
    "hears nothing of the login, which stays"
front_stop
front_start good
run fetch --token-url "https://127.0.0.1:$front_port/api/token" /me
is "$status $(refreshed)" "0 1" "one with a good certificate renews it"
cat >"$tmp/browser" <<'END'
#!/bin/sh
curl -sSL --max-time 20 -o /dev/null "$1"
END
chmod +x "$tmp/browser"
run env BROWSER="$tmp/browser" timeout 20 "$build/sp-fetch" login \
    --token-file "$tmp/new/token.json" --client-id "$(token client_id)" \
    --auth-url "https://127.0.0.1:$front_port/authorize" \
    --token-url "https://127.0.0.1:$front_port/api/token" \
    --api "https://127.0.0.1:$front_port" </dev/null
like "$status $err" "^0 .*" "a login"
is "$(jq -r .api_url "$tmp/new/token.json")" \
    "https://127.0.0.1:$front_port" "whose file says where its services are"

section "proxies"
# One that tunnels to the front, wherever it is asked to go, and keeps what it
# can read.
cat >"$tmp/proxy" <<'END'
use IO::Socket::INET; use IO::Select;
my ($file, $front) = @ARGV;
my $s = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1") or die;
open(my $f, ">", "$file.new"); print $f $s->sockport; close $f;
rename "$file.new", "$file.port";
$SIG{CHLD} = "IGNORE";
while (my $c = $s->accept) {
	next if fork;
	open(my $log, ">>", "$file.log");
	while (sysread $c, my $b, 1) { syswrite $log, $b; $head .= $b;
		last if $head =~ /\r\n\r\n/ }
	exit if $head !~ /^CONNECT /;
	if ($head !~ /^Proxy-Authorization: Basic a2ltOnNlc2FtZQ==/m) {
		print $c "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: ",
		    "Basic realm=x\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n";
		exit;
	}
	my $o = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$front") or exit;
	syswrite $c, "HTTP/1.1 200 Tunnel\r\nRetry-After: 90\r\n\r\n";
	my $set = IO::Select->new($c, $o);
	while (1) { for my $r ($set->can_read) {
		sysread $r, my $b, 65536 or exit;
		syswrite $r == $c ? $o : $c, $b; } }
}
END
front_stop
front_start other
perl "$tmp/proxy" "$tmp/proxied" "$front_port" &
proxy=$!
wait_until [ -s "$tmp/proxied.port" ]
proxy_port=$(cat "$tmp/proxied.port")
reset
example=https://api.spotify.example
run with "https_proxy=http://kim:sesame@127.0.0.1:$proxy_port" \
    fetch --api $example /me
like "$status $err" '^69 .*certificate' "a proxy makes nobody trusted"
export https_proxy="http://kim:sesame@127.0.0.1:$proxy_port"
run fetch --api $example /me
is "$status $(jq -r .status "$tmp/out") $(asked)" "0 200 1" \
    "a proxy, and the CA of who is behind it"
like "$(cat "$tmp/proxied.log")" '^CONNECT api.spotify.example:443 HTTP' \
    "has the way to make"
is "$(grep -cF "$(token access_token)" "$tmp/proxied.log")" 0 \
    "and sees no token"
https_proxy=http://127.0.0.1:$proxy_port
run fetch --api $example --retries 1 /me
like "$status $err" '^69 .*no answer: .*407' "a proxy that lets nobody through"
front_stop
front_start good
: >"$tmp/proxied.log"
export http_proxy=$https_proxy all_proxy=$https_proxy HTTPS_PROXY=$https_proxy \
    ALL_PROXY=$https_proxy
run secure /me
is "$status $(cat "$tmp/proxied.log")" "0 " \
    "none is between us and this machine, with TLS"
run fetch /me
is "$status $(cat "$tmp/proxied.log")" "0 " "nor without"
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
kill $proxy

section "HTTP/2"
front_stop
front_start good
{ many 40; echo "$lists"; } | plan >"$tmp/plan"
run fetch --parallel 1 <"$tmp/plan"
timeless >"$tmp/one"
rm -f "$tmp/access.h2"
run secure --parallel 8 <"$tmp/plan"
is "$status $(count_captures "$tmp/out")" "0 41" "eight at once"
timeless >"$tmp/eight"
cmp -s "$tmp/one" "$tmp/eight"
ok $? "what comes is the same, in order, as one by one without TLS"
is "$(cut -d ' ' -f 1,2 "$tmp/access" | sort | uniq -c | awk '{ print $1, $3 }')" \
    "41 h2" "over one connection, with HTTP/2"
front_stop
front_start good --npn-list=http/1.1
run secure --parallel 8 <"$tmp/plan"
timeless >"$tmp/eight"
cmp -s "$tmp/one" "$tmp/eight"
ok $? "nor is it another where HTTP/1.1 alone is spoken"
is "$(cut -d ' ' -f 2 "$tmp/access" | sort -u) $(cut -d ' ' -f 1 \
    "$tmp/access" | sort -u | wc -l)" "http/1.1 8" "over eight connections"

section "what breaks off"
front_stop
front_start good
reset
fault 'kind=cut&skip=4&times=3'
run secure --parallel 4 <"$tmp/plan"
timeless >"$tmp/eight"
cmp -s "$tmp/one" "$tmp/eight"
ok $? "streams that are reset in their midst are asked again"
is "$status $(grep -c 'retry . of' "$tmp/err")" "0 3" "the same one, alone"
reset
fault 'kind=cut&times=0&path=/v1/me?n=20'
run secure --parallel 4 <"$tmp/plan"
is "$status $(jq -rs 'map(select(.type == "error"))[] | "\(.code) \(.src)"' \
    "$tmp/out") $(count_captures "$tmp/out")" \
    "69 no answer R1/20 40" \
    "one that always is is refused, and the others are answered"

# GOAWAY: a server that stops gracefully ends what it began, and no more.
reset
{ many 300; } | plan >"$tmp/long"
secure --parallel 4 --retries 9 --backoff 50ms <"$tmp/long" >"$tmp/out" 2>"$tmp/err" &
pid=$!
until_asked 20
front_stop -QUIT
front_start good
wait $pid
is "$? $(came | sed 's/200.*200/200/')" "0 complete 0 balanced: 200: " \
    "a server that says goodbye and comes back"
in_order "$tmp/out"
ok $? \
    "all are answered once, in order"

# Killed in the midst of four answers.
for alpn in h2 http/1.1; do
	front_stop
	front_start good --npn-list=$alpn
	reset
	fault 'kind=slow&ms=400&skip=20&times=4'
	secure --parallel 4 --retries 9 --backoff 50ms <"$tmp/long" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until_asked 23
	front_stop -9
	front_start good --npn-list=$alpn
	wait $pid
	is "$? $(came | sed 's/200.*200/200/')" "0 complete 0 balanced: 200: " \
	    "$alpn: a server that is killed and comes back"
	in_order "$tmp/out"
	ok $? "all are answered once, in order"
done
front_stop

section "HTTP/2, frame by frame"
mkdir "$tmp/h2"
echo ok >"$tmp/h2/do"
python3 -B tests/fault/h2.py "$tmp/good.pem" "$tmp/good.key" "$tmp/h2" &
h2=$!
wait_until [ -s "$tmp/h2/port" ]
# frames OPTION... -- ANSWER...: one request, and how often it was sent.
frames() {
	: >"$tmp/h2/log"
	: >"$tmp/h2/do"
	frames_options=
	while [ "$1" != -- ]; do
		frames_options="$frames_options $1"
		shift
	done
	shift
	printf '%s\n' "$@" >"$tmp/h2/do"
	# shellcheck disable=SC2086
	run fetch --api "https://127.0.0.1:$(cat "$tmp/h2/port")" \
	    $frames_options /v1/me
	sent=$(grep -c . "$tmp/h2/log")
}
frames -- ok
is "$status $sent $(jq -r .body.id "$tmp/out")" "0 1 kim" "(the server)"
for code in 7 1 2 8 11; do
	frames --retries 2 -- "rst $code"
	is "$status $sent $(grep -c 'waiting .* s, retry' "$tmp/err")" "69 3 2" \
	    "RST_STREAM with code $code backs off"
done
like "$err" 'ENHANCE_YOUR_CALM' "and is named"
frames -- 'rst 7' 'rst 7' ok
is "$status $sent $(grep -c 'refused the stream.*: waiting' "$tmp/err")" \
    "0 3 1" "a refused stream, and one more, until there is an answer"
for code in 0 2 11; do
	frames --retries 2 -- "goaway $code"
	is "$status $sent $(grep -c 'waiting .* s, retry' "$tmp/err")" "69 3 2" \
	    "GOAWAY with code $code backs off"
done
frames -- 'goaway 0' 'late-goaway 0' cut ok
is "$status $sent $(jq -r .body.id "$tmp/out")" "0 4 kim" \
    "all of these until there is an answer"
for long in 'header 20000' 'headers 30 3000' 'headers 3000 30'; do
	frames --timeout 10s -- "$long"
	is "$status $sent $err" "0 1 " "long headers: $long"
done
for long in 'header 70000' 'header 400000' 'headers 100 3000' \
    'headers 20000 10'; do
	frames -- "$long"
	like "$status $sent $err" '^69 1 .*no answer: headers .*(too long|more than)' \
	    "headers too long are not asked for again: $long"
done
# The others of the connection are no less answered.
{ seq 6 | sed 's|.*|ok|'; echo 'header 70000'; echo ok; } >"$tmp/h2/do"
run fetch --api "https://127.0.0.1:$(cat "$tmp/h2/port")" --parallel 4 \
    <"$tmp/plan"
is "$status $(count_captures "$tmp/out")" "0 41" \
    "the other requests of the connection are sent again"
kill $h2
wait $h2 2>/dev/null

reset
run secure <"$tmp/plan"
like "$status $(came)" '^69 failed 69 balanced: : no answer no answer' \
    "one that does not come back"

jq -r '.access_token, .refresh_token' "$tmp/logins" "$tmp/new/token.json" |
    sort -u >"$tmp/secrets"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 0 \
    "no secret was in any output or message"
finish
