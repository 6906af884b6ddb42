# api.sh: a mock API for a test, and the database of db.sh to go with it.
# Source it after tap.sh; the API is stopped when the test ends.

. tests/lib/db.sh
api_pid=
trap '[ -z "$api_pid" ] || kill "$api_pid" 2>/dev/null; rm -rf "$tmp"' EXIT

# api_start OPTION...: starts one, and points sp-fetch to it.
api_start() {
	[ -z "$api_pid" ] || { kill "$api_pid"; wait "$api_pid" 2>/dev/null; }
	rm -f "$tmp/port"
	"$build/sp-rehearse" --port-file "$tmp/port" \
	    --token-file "$tmp/login/token.json" "$@" >/dev/null &
	api_pid=$!
	wait_until [ -s "$tmp/port" ]
	api_url=http://127.0.0.1:$(cat "$tmp/port")
	export SP_TOKEN_FILE="$tmp/login/token.json"
}

# api_post PATH: a control endpoint, /rehearse/PATH.
api_post() {
	curl -fsS -X POST "$api_url/rehearse/$1" >/dev/null
}

# The plays that the listener truly made, as `played_at uri` lines.
api_plays() {
	curl -fsS "$api_url/rehearse/plays" | jq -r '"\(.played_at) \(.uri)"'
}

# job [[OPTION...] JOB]: the whole pipeline, of the plays if nothing else is
# named, impatient with faults. That the simulated clock is another than this
# machine's is not worth a word.
job() {
	[ $# -gt 0 ] || set -- play-history
	job_status=0
	sp-queue next "$@" |
	    sp-fetch --backoff 10ms --retries 2 2>"$tmp/job.err" | sp-stage |
	    sp-transform | sp-load || job_status=$?
	clockless <"$tmp/job.err" >&2
	return $job_status
}
clockless() { grep -v "^sp-fetch: this machine's clock is "; }

# How the last run ended.
last_run() {
	sql "select status from ingest_runs order by run_id desc limit 1"
}
