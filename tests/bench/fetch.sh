#!/bin/sh
# How fast sp-fetch asks: REQUESTS=2000 requests to the mock API, which
# takes LATENCY=20 ms for each, PARALLEL="4 16" at once, against curl asking
# for the same as fast as it can. The best of RUNS=3 interleaved runs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sp=${SP_BUILD:-$here/../../build}
tmp=$(mktemp -d) || exit
api=
trap '[ -z "$api" ] || kill $api; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

n=${REQUESTS:-2000}
"$sp/sp-rehearse" --latency "${LATENCY:-20ms}" --port-file "$tmp/port" \
	--token-file "$tmp/login/token.json" >/dev/null &
api=$!
until [ -s "$tmp/port" ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$tmp/port")
export SP_TOKEN_FILE="$tmp/login/token.json"
"$sp/sp-fetch" /me >/dev/null # whose login it is, asked once

seq "$n" | sed 's|.*|{"type":"request","endpoint":"me","url":"/v1/me?n=&"}|' \
	>"$tmp/plan"
{
	sed 's/.*"access_token":"\([^"]*\)".*/header = "Authorization: Bearer \1"/' \
		"$SP_TOKEN_FILE"
	echo compressed
	seq "$n" | sed "s|.*|url = $url/v1/me?n=&\noutput = /dev/null|"
} >"$tmp/curl"

clock() { # COMMAND...: seconds
	perl -MTime::HiRes=time -e 'my $t = time; system(@ARGV) == 0 or die;
		printf "%.3f\n", time - $t' "$@"
}
least() { # of two numbers, the first maybe empty
	awk -v a="$1" -v b="$2" 'BEGIN {print a == "" || b < a ? b : a}'
}

echo "$n requests, ${LATENCY:-20} ms each:"
for parallel in ${PARALLEL:-4 16}; do
	ours='' curl=''
	for run in $(seq "${RUNS:-3}"); do
		ours=$(least "$ours" "$(clock sh -c "'$sp/sp-fetch' \
			--parallel $parallel <'$tmp/plan' >'$tmp/out'")")
		[ "$(grep -c '"status":200' "$tmp/out")" -eq "$n" ]
		curl=$(least "$curl" "$(clock sh -c "curl -fsS --parallel \
			--parallel-max $parallel -K '$tmp/curl' 2>'$tmp/err'")")
	done
	awk -v p="$parallel" -v n="$n" -v ours="$ours" -v curl="$curl" 'BEGIN {
		printf "  %2d at once: sp-fetch %.2f s (%.0f a second), " \
			"curl %.2f s, ratio %.2f\n",
			p, ours, n / ours, curl, ours / curl }'
done
