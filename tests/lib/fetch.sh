# fetch.sh: sp-fetch in tests. Source it after api.sh.

token() { jq -r ".$1" "$tmp/login/token.json"; }
# All that any sp-fetch of this test prints is collected in $tmp/everything.
fetch() {
	timeout 20 "$build/sp-fetch" --backoff 5ms --retries 3 --max-wait 3s \
	    "$@" 2>"$tmp/said" >"$tmp/sent"
	s=$?
	cat "$tmp/said" "$tmp/sent" >>"$tmp/everything"
	cat "$tmp/login/token.json" >>"$tmp/logins"
	cat "$tmp/sent"
	cat "$tmp/said" >&2
	return $s
}
fault() { api_post "fault?$1"; }
log() { curl -fsS "$api_url/rehearse/requests"; }
asked() { log | jq -s 'map(select(.url | startswith("/v1/"))) | length'; }
# asked_at_least N: whether so many requests have come.
asked_at_least() { [ "$(asked)" -ge "$1" ]; }
refreshed() { log | jq -s 'map(select(.url == "/api/token")) | length'; }
reset() { api_post 'fault?clear=1'; api_post 'requests?clear=1'; }

# A run of requests, which are lines of stdin without type, run and seq.
plan() {
	echo '{"type":"run","run":"R1","job":"test","started_at":"2026-11-22T06:40:00.123Z"}'
	awk '{ sub(/^{/, "{\"type\":\"request\",\"run\":\"R1\",\"seq\":" NR ",")
		print }'
	echo '{"type":"end","run":"R1","status":"complete","ledger":[]}'
}
recent='{"endpoint":"recently-played","url":"/v1/me/player/recently-played?limit=20","paging":"next","cursor":1764000000000}'
me='{"endpoint":"me","url":"/v1/me"}'
lists='{"endpoint":"my-playlists","url":"/v1/me/playlists?limit=50&offset=0","paging":"offset"}'
items='{"endpoint":"playlist-items","url":"/v1/playlists/none/items","optional":true}'

# Of a run's output: status, exit and ledger as its end has them, the
# statuses of the captures, and the codes of the errors.
came() {
	jq -sr 'map(select(.type == "end"))[0] as $e | $e.ledger[0] as $l |
	    (($l.in // {}) | to_entries | map(.key as $k | .value ==
		([$l.passed, $l.used, $l.refused] | map(.[$k] // 0) | add)) |
		all) as $balanced |
	    "\($e.status) \($e.exit // 0) \(if $balanced then "balanced"
		else "unbalanced" end): \(map(select(.type == "capture").status |
		tostring) | join(" ")): \(map(select(.type == "error").code) |
		join(" "))"' "$tmp/out"
}
# The same of a plan's requests on stdin, and sp-fetch's status before it.
try() {
	plan >"$tmp/plan"
	run fetch "$@" <"$tmp/plan"
	echo "$status: $(came)"
}
