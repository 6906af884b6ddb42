#!/bin/sh
# sp-fetch login: from a client id to a token file, past everybody who would
# get in between; and the accounts that come of it. The browser is curl.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD
unset SP_ACCOUNT SP_API SP_TOKEN_URL SP_AUTH_URL SP_CLIENT_ID http_proxy
unset DISPLAY WAYLAND_DISPLAY BROWSER
export HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/config"
mkdir "$HOME"
file=$XDG_CONFIG_HOME/sp/tokens/default.json
: >"$tmp/everything"

cat >"$tmp/browser" <<EOF
#!/bin/sh
cd '$tmp' || exit
echo "\$@" >>args
echo "\$1" >url
curl -sSL --max-time 20 -D head.new -o page.new "\$1" || echo none >page.new
sed -n 's/^[Ll]ocation: .*code=\([^&]*\).*/\1/p' head.new >>secrets
cat page.new >>everything
mv head.new head
mv page.new page
EOF
chmod +x "$tmp/browser"

# Keep what was said, and every token there ever was, to look for them.
note() {
	last="$status $(tail -n 1 "$tmp/err")"
	cat "$tmp/out" "$tmp/err" >>"$tmp/everything"
	for f in "$XDG_CONFIG_HOME"/sp/tokens/*.json; do
		[ ! -r "$f" ] || jq -r '.access_token, .refresh_token | values' \
		    "$f" 2>/dev/null
	done >>"$tmp/secrets"
}
fetch() { run timeout 20 "$build/sp-fetch" "$@" </dev/null && note; }
login() {
	rm -f "$tmp/page" "$tmp/head"
	run env BROWSER="$tmp/browser" timeout 20 "$build/sp-fetch" login "$@" \
	    </dev/null
	note
}
# What the browser shows at last, tags and newlines aside.
page() {
	wait_until [ -e "$tmp/page" ]
	sed 's/<style>.*<\/style>//; s/<[^>]*>//g' "$tmp/page" | tr '\n' ' '
}
fault() { api_post "fault?$1"; }
# A mock API for the login of a user.
service() {
	api_start --token-file "$tmp/ignored/token.json" --seed 11 "$@"
	unset SP_TOKEN_FILE
	export SP_AUTH_URL="$api_url/authorize" SP_API="$api_url" \
	    SP_TOKEN_URL="$api_url/api/token"
	SP_CLIENT_ID=$(jq -r .client_id "$tmp/ignored/token.json")
	export SP_CLIENT_ID
}
# A login in the background, whose words go to $tmp/login.err, and its port.
begin() {
	: >"$tmp/login.err"
	rm -f "$tmp/page"
	exec 8<&0 # a background command has none of its own
	timeout 20 "$build/sp-fetch" login "$@" <&8 8<&- \
	    >"$tmp/login.out" 2>"$tmp/login.err" &
	pid=$!
	exec 8<&-
	wait_until grep -q '^http' "$tmp/login.err"
	url=$(grep '^http' "$tmp/login.err")
	port=$(echo "$url" | sed 's/.*127.0.0.1%3A\([0-9]*\).*/\1/')
	state=$(echo "$url" | sed 's/.*state=\([^&]*\).*/\1/')
	back=http://127.0.0.1:$port/callback
}
# Its end.
await() {
	status=0
	wait $pid 2>/dev/null || status=$?
	mv "$tmp/login.out" "$tmp/out"
	mv "$tmp/login.err" "$tmp/err"
	err=$(cat "$tmp/err")
	note
}
# Consent to it, and say where the browser is sent.
consent() {
	curl -sS -o /dev/null -w '%{redirect_url}\n' "$url" | tee "$tmp/to"
	sed 's/.*code=\([^&]*\).*/\1/' "$tmp/to" >>"$tmp/secrets"
}
get() { curl -sS --max-time 5 -o /dev/null -w '%{http_code}' "$@"; }

service --user kim

section "a login"
login
is "$status $out" "0 " "a login"
like "$err" "^sp-fetch: logged in as 'kim' until 20..-..-..: '$file'\$" \
    "says whose it is, until when, and where"
like "$(page)" "Logged in .*You are logged in as kim, until 20" "so does the page"
like "$(cat "$tmp/head")" '^HTTP/1.1 200 OK' "with a good status"
like "$(cat "$tmp/head")" "^Content-Security-Policy: default-src 'none'" \
    "which loads nothing"
is "$(grep -cE 'https?://|<script' "$tmp/page")" 0 "and names no other place"
is "$(stat -c %a "$file" "${file%/*}" 2>/dev/null | xargs)" "600 700" \
    "the file is of its owner alone, and so is its folder"
is "$(jq -r 'keys_unsorted | join(" ")' "$file")" \
    "client_id access_token refresh_token expires_at scope user_id authorized_at token_url api_url" \
    "what is in the file"
is "$(jq -r '[.client_id == env.SP_CLIENT_ID, .user_id,
    .api_url == env.SP_API, .token_url == env.SP_TOKEN_URL,
    (.authorized_at[:19] + "Z" | fromdate) > now - 60] | @csv' "$file")" \
    'true,"kim",true,true,true' "as it is"
is "$(find "${file%/*}" -type f | sed 's/.*\///' | sort | xargs)" \
    "default.json default.json.lock" "nothing else is left behind"
url=$(cat "$tmp/url")
is "$(echo "$url" | sed 's/?.*//')" "$api_url/authorize" "the browser went there"
like "$url" '[?]response_type=code&client_id=[0-9a-f]{32}&' "for a code"
like "$url" '&redirect_uri=http%3A%2F%2F127.0.0.1%3A[0-9]+%2Fcallback&' \
    "to come back here"
like "$url" '&state=[A-Za-z0-9_-]{32}&' "with a state"
like "$url" '&code_challenge_method=S256&code_challenge=[A-Za-z0-9_-]{43}$' \
    "and a challenge"
like "$err" '^http.*code_challenge=' "the address is shown as well"
is "$(echo "$url" | sed 's/.*scope=\([^&]*\).*/\1/; s/%20/ /g')" \
    "user-read-recently-played playlist-read-private playlist-read-collaborative user-follow-read" \
    "the scopes"
cp "$file" "$tmp/first.json"
# shellcheck disable=SC2016
for job in play-history playlists profile; do
	is "$("$build/sp-queue" next --db "$tmp/$job.db" $job |
		"$build/sp-fetch" 2>&1 | jq -r 'select(.type == "end") |
		"\(.status) \(.ledger[0].refused // {} | add // 0)"')" \
	    "complete 0" "are enough for $job"
done
old=$url
login --scope user-follow-read --scope user-library-read,user-top-read
is "$status $(jq -r .scope "$file")" \
    "0 user-follow-read user-library-read user-top-read" "other scopes"
[ "$(echo "$old" | sed 's/.*&state=//')" != \
    "$(sed 's/.*&state=//' "$tmp/url")" ]
ok $? "every login has a state and a challenge of its own"
fetch '/me/player/recently-played?limit=1'
is "$status $(grep -c '"capture"' "$tmp/out")" "77 0" "(scopes are looked at)"
run env -u SP_API -u SP_TOKEN_URL "$build/sp-fetch" /me
is "$status" 0 "the token file says where the services are"

section "nobody to log in"
cp "$file" "$tmp/before"
fault kind=denied
login
is "$status" 77 "a consent that was refused"
like "$err" '^sp-fetch: the consent was refused \(access_denied\)$' "says so"
like "$(page)" 'Not logged in .*The consent was refused' "and so does the page"
like "$(cat "$tmp/head")" '^HTTP/1.1 403 ' "with a status of its own"
fault 'kind=denied&error=%3Cb%3Einvalid_scope%26'
login
like "$last" '^77 .*refuses the login \(<b>invalid_scope&\)' \
    "another error"
page >/dev/null
like "$(cat "$tmp/page")" '#60;b&#62;invalid_scope&#38;' \
    "is no HTML in the page"
fault kind=wrong-state
login --timeout 500ms
like "$last" '^69 .*nobody logged in within 1 s' "a wrong state is no login"
like "$err" 'ignored a callback with the wrong state' "is said to be ignored"
like "$(page)" 'Not logged in .*has the wrong state' "the browser shows that"
login --timeout 300ms --no-browser
like "$last" '^69 .*nobody logged in within 1 s.*redirect URI' \
    "nobody comes"
fault 'kind=400&path=/authorize'
login --timeout 500ms
is "$status" 69 "a login service that sends nobody back"

section "a login that is none"
fault 'kind=403&path=/v1/me&message=User+not+registered+in+the+Developer+Dashboard'
login
like "$last" '^77 .*User not registered.*User Management$' \
    "a user who is not on the app's list"
like "$(page)" 'Not logged in .*User Management' "the browser shows that"
fault 'kind=403&plain=1&path=/v1/me&message=Active+premium+subscription+required+for+the+owner+of+the+app.'
login
like "$last" '^77 .*Active premium.*owner of the app needs Spotify Premium$' \
    "an owner without Premium"
like "$(page)" 'owner of the app needs Spotify Premium' "in the browser, too"
fault 'kind=400&error=invalid_client&message=Invalid+client&path=/api/token'
login
like "$last" '^78 .*refuses this app \(HTTP 400: Invalid client\)' \
    "an app that the token endpoint does not know"
fault 'kind=400&error=invalid_grant&message=Invalid+code&path=/api/token'
login
like "$last" '^77 .*the login is refused.*Invalid code' \
    "a code that it does not know"
fault 'kind=503&path=/api/token'
login
is "$status" 0 "a token endpoint that is down for a moment"
cp "$file" "$tmp/before"
fault 'kind=html&path=/v1/me&times=0'
fault 'kind=429&retry_after=900&path=/api/token'
login
like "$last" '^75 .*rate limited: try again at .*, in 15 min$' "one that says: later"
like "$(page)" 'Not logged in .*rate limited: try again at .*, in 15 min' "in the browser, too"
api_post 'fault?clear=1'
fault 'kind=401&path=/v1/me'
login
like "$last" '^77 sp-fetch: not logged in: the API refuses a new token' \
    "a new token that is refused is not renewed"
cmp -s "$file" "$tmp/before"
ok $? "none of these touched the token file"

# A service that grants an hour, and no more: better than nothing, and said so.
perl -MIO::Socket::INET -e 'my ($port, $body) = @ARGV;
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
    open(my $f, ">", "$port.new"); print $f $s->sockport; close $f;
    rename "$port.new", $port;
    my $c = $s->accept; sysread $c, my $b, 65536;
    print $c "HTTP/1.1 200 OK\r\nContent-Length: ", length $body, "\r\n\r\n$body";
    $c->flush; $c->shutdown(1); 1 while sysread $c, $b, 4096' "$tmp/hour" \
    "$(jq -c '{access_token, token_type: "Bearer", expires_in: 3600}' \
	"$tmp/ignored/token.json")" &
wait_until [ -s "$tmp/hour" ]
login --token-file "$tmp/hour.json" \
    --token-url "http://127.0.0.1:$(cat "$tmp/hour")/api/token"
is "$status" 0 \
    "a login that cannot be renewed"
like "$err" 'the service gives no refresh_token: log in again after that' \
    "a login that ends is announced"
hour="until $(jq -r '.expires_at[:16] | sub("T"; " ")' "$tmp/hour.json")"
like "$err" "as 'kim' $hour:" "until when it lasts"
like "$(page)" "as kim, $hour\. " "in the browser, too"
is "$("$build/sp-fetch" accounts --token-file "$tmp/hour.json" |
    jq -c '[.authorized_at, .authorization_ends]')" '[null,null]' \
    "not for half a year"
run "$build/sp-fetch" --token-file "$tmp/hour.json" /me
is "$status" 0 "and is good"

section "what is wrong here"
begin --no-browser </dev/null
login --port "$port"
like "$last" "^69 sp-fetch: 127.0.0.1:$port: cannot listen: .*in use" \
    "a port in use"
kill $pid
await
login --port "$port"
is "$status $(sed 's/.*127.0.0.1%3A\([0-9]*\).*/\1/' "$tmp/url")" "0 $port" \
    "a fixed port, just left"
run env -u SP_CLIENT_ID "$build/sp-fetch" login --account new --no-browser
note
like "$last" '^78 .*--client-id ID.*SP_CLIENT_ID' "no client id"
like "$err" 'http://127.0.0.1/callback' "and how to come by one"
run env -u SP_CLIENT_ID BROWSER="$tmp/browser" "$build/sp-fetch" login
is "$status" 0 "the token file's is used again"
login --client-id another --timeout 500ms
is "$status" 69 "a client id that is not known"
SP_CLIENT_ID=wrong login --client-id "$(jq -r .client_id "$file")"
is "$status" 0 "an option goes before the variable"
for bad in '--port x' '--port 70000' '--timeout 0' '--client-id=' \
    '--scope=' '--account a/b' '--nothing' 'more'; do
	# shellcheck disable=SC2086
	run "$build/sp-fetch" login $bad </dev/null
	like "$status $out" '^(64|78) $' "login $bad"
done

section "without a browser"
mkfifo "$tmp/keys"
rm -f "$tmp/args"
exec 9<>"$tmp/keys"
BROWSER="$tmp/browser" begin --no-browser <"$tmp/keys" 9>&-
[ ! -e "$tmp/args" ]
ok $? "--no-browser starts none"
echo 'what now?' >&9
wait_until grep -q 'not a callback address' "$tmp/login.err"
ok $? "a line that is none of it is refused, and another may follow"
echo "$back?code=AQ123&state=${state}x" >&9
wait_until grep -q 'with the wrong state' "$tmp/login.err"
head -c 6000 /dev/zero | tr '\0' x >&9
echo >&9
wait_until grep -q 'too long' "$tmp/login.err"
consent >&9
await
like "$last" "^0 .*logged in as 'kim'" "the pasted address of the last page"
is "$(head -n 2 "$tmp/err" | tail -n 1)" "$url" \
    "the address to open is a line of its own"
begin --no-browser <"$tmp/keys" 9>&-
consent | sed 's/.*code=//; s/&.*//' >&9
wait_until grep -q 'not a callback address' "$tmp/login.err"
echo yes >&9
cat "$tmp/to" >&9
await
like "$last" '^0 ' "a bare word is no code, and what is right may follow"
is "$(grep -c 'not a callback address' "$tmp/err")" 2 "at each attempt"
begin --no-browser <"$tmp/keys" 9>&-
consent | sed 's/.*\(code=[^&]*\).*/\1/' >&9
wait_until grep -q 'with the wrong state' "$tmp/login.err"
sed 's/.*?//' "$tmp/to" >&9
await
like "$last" '^0 ' "a query needs its state"
begin --no-browser <"$tmp/keys" 9>&-
echo "?error=access_denied&state=$state" >&9
await
like "$last" '^77 .*consent was refused' "a pasted refusal"
begin --no-browser <"$tmp/keys" 9>&-
consent >"$tmp/to"
is "$(get "$(cat "$tmp/to")")" 200 "a browser may come all the same"
await
like "$last" '^0 ' "and logs in"
exec 9>&-
echo "http://127.0.0.1:1/callback?code=AQ123&state=x" >"$tmp/paste"
begin --no-browser <"$tmp/paste"
wait_until grep -q 'ignored an address with the wrong state' "$tmp/login.err"
get "$(consent)" >"$tmp/first"
await
like "$(cat "$tmp/first") $last" "^200 0 .*logged in as 'kim'" \
    "a pasted state that is wrong leaves the way to the browser"
run env BROWSER="$tmp/none:$tmp/browser %s --new" timeout 20 \
    "$build/sp-fetch" login </dev/null
like "$status $(tail -n 1 "$tmp/args" 2>&1)" '^0 http.* --new$' \
    "BROWSER is a list of commands"
run env BROWSER="$tmp/none" "$build/sp-fetch" login --timeout 100ms </dev/null
like "$err" 'no browser here' "a browser that is not there"
run "$build/sp-fetch" login --timeout 100ms </dev/null
like "$err" 'no browser here' "no desktop"

section "who else comes"
cat >"$tmp/crowd" <<'EOF'
use IO::Socket::INET;
my ($port, $state) = @ARGV;
sub visit {
	my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
	print $c @_;
	$c->flush;
	return $c;
}
# Those who never finish are more than there is room for.
my @slow = map { visit(substr("GET /callback?code=x HTTP/1.1\r\n", 0, $_)) }
    1 .. 25;
visit("")->shutdown(1);
for my $head ("POST /callback?code=x&state=$state HTTP/1.1",
    "GET /favicon.ico HTTP/1.1", "GET / HTTP/1.1",
    "GET /callbackx?code=x&state=$state HTTP/1.1",
    "GET http://127.0.0.1:$port/callback?code=x&state=$state HTTP/1.1",
    "GET /callback?code=x&state=$state", "\0\1\2\377", "",
    "GET /callback?code=x&code=y&state=$state HTTP/1.1",
    "GET /callback?code=x&error=y&state=$state HTTP/1.1",
    "GET /callback?state=$state HTTP/1.1", "GET /callback HTTP/1.1",
    "GET /callback?code=&state=$state HTTP/1.1",
    "GET /callback?code=%0d%0a&state=$state HTTP/1.1",
    "GET /callback?code=%4&state=$state HTTP/1.1",
    "GET /callback?code=\377&state=$state HTTP/1.1",
    "GET /callback?" . "x" x 9000) {
	my $c = visit($head, "\r\nHost: x\r\n\r\n");
	my $line = <$c> // "cut";
	$line =~ s/\r?\n$//;
	print "$line\n";
}
visit("GET /callback?co")->close for 1 .. 20;
EOF
begin --no-browser </dev/null
is "$(perl "$tmp/crowd" "$port" "$state" | cut -d ' ' -f 2 | xargs)" \
    "405 404 404 404 404 400 400 400 400 400 400 400 400 400 400 400 431" \
    "others are turned away"
is "$(get -X HEAD "$back") $(get -X OPTIONS "$back")" "405 405" \
    "so are other methods"
consent >/dev/null
case $state in A*) wrong=B${state#?} ;; *) wrong=A${state#?} ;; esac
is "$(get "$back?code=AQ123456789&state=$wrong")" 400 \
    "a code of another sender is refused"
is "$(get "$back?code=AQ123456789&state=") $(get "$back?code=AQ123456789")" \
    "400 400" "nor one without a state"
is "$(get "$back?error=access_denied&state=$wrong")" 400 "nor a refusal"
is "$(grep -c 'wrong state' "$tmp/login.err")" 1 "which is said once"
is "$(get -H "Cookie: $(head -c 4000 /dev/zero | tr '\0' x)" \
    "$(cat "$tmp/to")")" 200 "and the right one still is"
await
like "$last" "^0 .*logged in as 'kim'" "which logs in"
is "$(get "$back" 2>/dev/null)" 000 "then nobody listens any more"
fault 'kind=slow&ms=2500&path=/api/token'
begin --no-browser </dev/null
consent >/dev/null
api_post 'requests?clear=1'
get "$(cat "$tmp/to")" >"$tmp/first" &
first=$!
wait_until sh -c "curl -fsS '$api_url/rehearse/requests' | grep -q api/token"
is "$(get "$back")" 404 "who comes while the code is exchanged is answered"
wait $first
is "$(cat "$tmp/first")" 200 "and so is who brought it"
await

section "whose file it is"
jq -c '.mine = {"n": 1} | .client_secret = "made-up-secret"' "$file" >"$tmp/t"
cat "$tmp/t" >"$file"
login
is "$status $(jq -c '[.mine, .client_secret]' "$file")" '0 [{"n":1},null]' \
    "what is none of ours stays; a secret of the app before does not"
cp "$file" "$tmp/before"
service --user robin
login --client-id "$SP_CLIENT_ID"
like "$last" "^78 .*this is user 'robin', but .* is of user 'kim'" \
    "a login of another user"
like "$(page)" "Not logged in .*user &#39;robin&#39;" "the browser shows that"
cmp -s "$file" "$tmp/before"
ok $? "and the file is unchanged"
login --account robin
is "$status $(jq -r .user_id "${file%/*}/robin.json")" "0 robin" \
    "an account of its own"
login --force
is "$status $(jq -r .user_id "$file")" "0 robin" "--force"
echo '{"half' >"$file"
login
like "$last" '^78 .*not a token file' "a file that makes no sense"
chmod 644 "$file"
login
like "$last" '^78 .*accessible to others' "a file that others can read"
login --force
is "$status $(stat -c %a "$file")" "0 600" "--force replaces it"
if [ "$(id -u)" != 0 ]; then
	mkdir "$tmp/locked"
	chmod 500 "$tmp/locked"
	login --token-file "$tmp/locked/x.json"
	is "$status" 73 "a folder that cannot be written is known first"
fi
login --token-file "$file/x.json"
is "$status" 73 "a folder that cannot be"

# Two at once: both end well, and the file is one of theirs.
fault 'kind=slow&ms=300&path=/api/token'
fault 'kind=slow&ms=300&path=/api/token'
for i in 1 2; do
	BROWSER="$tmp/browser" timeout 20 "$build/sp-fetch" login \
	    </dev/null >"$tmp/two.$i" 2>&1 &
	eval "two$i=$!"
done
# shellcheck disable=SC2154
wait "$two1" && wait "$two2"
is "$? $(cat "$tmp"/two.* | grep -c 'logged in as')" "0 2" "two at once"
cat "$tmp"/two.* >>"$tmp/everything"
api_post expire
fetch /me
is "$status $(jq -r .status "$tmp/out")" "0 200" "leave a login that is good"
is "$(find "${file%/*}" -type f | sed 's/.*\///' | sort | xargs)" \
    "default.json default.json.lock robin.json robin.json.lock" \
    "and nothing else"

section "accounts"
fetch accounts
is "$status $(jq -rc '[.type, .account, .user_id, .scope[:9], .file]' \
    "$tmp/out" | sed "s|${file%/*}/||")" \
    '0 ["account","default","robin","user-read","default.json"]
["account","robin","robin","user-read","robin.json"]' "accounts"
is "$(jq -r '[keys_unsorted[]] | join(" ")' "$tmp/out" | sort -u)" \
    "type account user_id expires_at authorized_at authorization_ends scope file" \
    "and what is reported of them"
for ends in 2026-02-28T01:02:03.004Z/2026-08-28T01:02:03.004Z \
    2025-08-31T23:00:00.000Z/2026-02-28T23:00:00.000Z \
    2027-08-30T00:00:00.000Z/2028-02-29T00:00:00.000Z \
    2026-12-31T00:00:00.000Z/2027-06-30T00:00:00.000Z; do
	jq -c --arg at "${ends%/*}" '.authorized_at = $at' "$tmp/before" \
	    >"${file%/*}/robin.json"
	fetch accounts --account robin
	is "$(jq -r .authorization_ends "$tmp/out")" "${ends#*/}" \
	    "six months after ${ends%%T*}"
done
echo '{"client_id":"x"}' >"${file%/*}/robin.json"
fetch accounts --table
is "$status $(sed -n '1p;$p' "$tmp/out" | tr -s ' ')" \
    "0 ACCOUNT USER LOGIN ENDS LOGGED IN (UTC) FILE SCOPE
robin ${file%/*}/robin.json" "accounts --table"
chmod 604 "${file%/*}/robin.json"
fetch accounts
like "$last" '^78 .*robin.json.*accessible to others' "one that others can read"
is "$(jq -r .account "$tmp/out")" default "is named; the others are listed"
SP_TOKEN_FILE="$tmp/before" fetch accounts
is "$(jq -rc '[.account, .user_id]' "$tmp/out" | xargs)" \
    "[null,kim] [default,robin]" "and SP_TOKEN_FILE"
run "$build/sp-fetch" accounts --table >/dev/full
"$build/sp-fetch" accounts >/dev/full 2>/dev/null
is $? 74 "accounts: a full disk"
XDG_CONFIG_HOME="$tmp/empty" fetch accounts
like "$last" '^0 .*not logged in: run `sp-fetch login' "no accounts"
fetch accounts more
is "$status" 64 "accounts: an operand"

section "the end of a login"
# ends_in DAYS: have the login end so many days from now, and half a day.
ends_in() {
	jq -c --arg at "$(date -u -d "+$1 days -6 months +12 hours" \
	    +%Y-%m-%dT%H:%M:%SZ)" '.authorized_at = $at' "$file" >"$tmp/t"
	cat "$tmp/t" >"$file"
}
ends_in 20
fetch /me
is "$status $err" "0 " "weeks before a login ends nothing is said"
ends_in 9
fetch /me /v1/me /me
is "$status $(grep -c "the login of 'robin' ends on 20..-..-..: run .sp-fetch login.\$" \
    "$tmp/err") $(wc -l <"$tmp/err")" "0 1 1" "but then, once a run"
cp "$file" "${file%/*}/robin.json"
chmod 600 "${file%/*}/robin.json"
fetch --account robin /me
like "$last" '^0 .*: run `sp-fetch login --account robin`$' "with what to do"
ends_in -9
fetch /me
like "$last" "^0 .*the login of 'robin' ended on" "and after it"

section "logout"
fetch logout --account robin
like "$last" '^0 .*removed .*robin.json.*spotify.com/account/apps/$' "logout"
[ ! -e "${file%/*}/robin.json" ] && [ -e "$file" ]
ok $? "removes the file, and no other"
fetch logout --account robin
like "$last" '^77 .*no login for account' "what is not there cannot go"
fetch --account robin /me
like "$status $err" '^77 .*not logged in' "and asks to log in"
chmod 644 "$file"
fetch --token-file "$file" logout
is "$status $(find "$file" 2>&1 | grep -c No)" "0 1" \
    "a file that others can read goes as well"

section "secrets"
# An endpoint that says all that it was sent.
cat >"$tmp/echo" <<'EOF'
use IO::Socket::INET;
my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die;
$| = 1;
print $s->sockport, "\n";
my $c = $s->accept or die;
my ($n, $form) = (0, "");
while (<$c>) { $n = $1 if /^content-length: (\d+)/i; last if /^\r?$/ }
read $c, $form, $n;
open(my $f, ">", $ARGV[0]) or die;
print $f $form;
close $f;
my $body = '{"error":"invalid_grant","error_description":"' .
    join(" ", reverse split /&/, $form) . '"}';
print $c "HTTP/1.1 400 Bad\r\nContent-Length: ", length $body,
    "\r\nConnection: close\r\n\r\n", $body;
EOF
mkfifo "$tmp/echo.port"
perl "$tmp/echo" "$tmp/form" >"$tmp/echo.port" &
read -r port <"$tmp/echo.port"
login --token-url "http://127.0.0.1:$port/api/token"
like "$last" '^77 .*code_verifier=\*{64}' "an endpoint that echoes"
is "$(tr '&' '\n' <"$tmp/form" | sed 's/=.*//' | xargs)" \
    "grant_type code redirect_uri client_id code_verifier" "what it is sent"
page >/dev/null
tr '&' '\n' <"$tmp/form" | sed -n 's/^code_verifier=//p' >"$tmp/verifier"
like "$(cat "$tmp/verifier")" '^[A-Za-z0-9_-]{43,128}$' "the verifier"
login --token-url http://accounts.example/api/token
like "$last" '^78 .*plain http' "no code goes out unencrypted"
login --auth-url http://accounts.example/authorize
like "$last" '^78 .*plain http' "and nobody is sent to log in so"
login --api ftp://127.0.0.1
is "$status" 78 "nor to another kind of API"
# A part of one would be bad enough.
sort -u "$tmp/secrets" "$tmp/verifier" | grep . | cut -c 1-24 >"$tmp/s"
mv "$tmp/s" "$tmp/secrets"
[ "$(grep -c . "$tmp/secrets")" -gt 20 ] && grep -q 'Logged in' "$tmp/everything"
ok $? "(there were secrets, and pages)"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 0 \
    "no token, code or verifier was in a message or a page"
is "$(grep -cFf "$tmp/secrets" "$tmp/args")" 0 "nor in the arguments of the browser"
tail -n 1 "$tmp/secrets" >>"$tmp/everything"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 1 \
    "(and this would have shown it)"
finish
