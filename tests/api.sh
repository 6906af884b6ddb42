# api.sh: a rehearsal API for a test. Source it after tap.sh; it is stopped
# when the test ends.

api_pid=
trap '[ -z "$api_pid" ] || kill "$api_pid" 2>/dev/null; rm -rf "$tmp"' EXIT

# api_start OPTION...: starts one, and points sp-fetch to it.
api_start() {
	[ -z "$api_pid" ] || { kill "$api_pid"; wait "$api_pid" 2>/dev/null; }
	rm -f "$tmp/port"
	"$build/sp-rehearse" --port-file "$tmp/port" \
	    --token-file "$tmp/login/token.json" "$@" >/dev/null &
	api_pid=$!
	api_tries=0
	while [ ! -s "$tmp/port" ]; do
		api_tries=$((api_tries + 1))
		[ $api_tries -lt 200 ] || { echo "Bail out! no sp-rehearse"; exit 1; }
		sleep 0.05
	done
	api_url=http://127.0.0.1:$(cat "$tmp/port")
	export SP_TOKEN_FILE="$tmp/login/token.json"
}

# api_post PATH: a word to the rehearsal itself, /rehearse/PATH.
api_post() {
	curl -fsS -X POST "$api_url/rehearse/$1" >/dev/null
}

# The plays that the listener truly made, as `played_at uri` lines.
api_plays() {
	curl -fsS "$api_url/rehearse/plays" | jq -r '"\(.played_at) \(.uri)"'
}
