#!/bin/sh
# Records the streams in/USER-N.ndjson anew: what sp-fetch gets of a rehearsed
# API, from runs that a database plans. Only for new inputs: what is there
# stays as it is, whatever sp-rehearse says by then.
cd "$(dirname "$0")/../../.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
to=tests/data/golden/in

# fixed TIME COMMAND...: with that time, and random bytes by the step.
fixed() {
	fixed_ms=$(date -u -d "$1" +%s)000
	shift
	SP_FIXED_MS=$fixed_ms SP_FIXED_SEED=$step \
	    LD_PRELOAD=$build/tests/lib/fixed.so "$@"
}
# Without what no mapping reads, and without the port.
lean() {
	jq -c 'walk(if type == "object" then
	    del(.available_markets, .preview_url, .external_urls, .href,
		.followers, .external_ids, .copyrights, .track_href, .label,
		.analysis_url, .genres, .disc_number, .track_number, .explicit,
		.album_type, .release_date_precision, .total_tracks)
	    | if .images then .images |= .[:1] else . end
	    else . end)' | sed "s|$api_url|https://api.spotify.com|g"
}
# step TIME OPTION... JOB: one run and its stream.
step() {
	step=$((step + 1)) at=$1
	shift
	api_post "clock?set=$at"
	fixed "$at" sp-queue next "$@" |
	    fixed "$at" sp-fetch --parallel 1 --retries 1 --max-wait 1s \
		--backoff 5ms | lean >"$to/$user-$step.ndjson"
	fixed "$at" sp-stage <"$to/$user-$step.ndjson" | sp-transform |
	    fixed "$at" sp-load
}

user=kim step=0
fresh
api_start --user $user --seed 18 --clock 2026-11-22T12:00:00Z \
    --plays-per-day 2 --playlists 3
step 2026-11-22T12:00:00Z all
api_post 'fault?kind=429&retry_after=90000&path=/v1/playlists&skip=3'
step 2026-11-22T13:00:00Z playlists
api_post 'fault?clear=1'
api_post 'fault?kind=html&path=/v1/me/following'
step 2026-11-24T13:00:00Z all
api_post 'fault?clear=1'
step 2026-11-24T15:00:00Z audio-features
step 2026-12-02T12:00:00Z all

user=ann step=0
fresh
api_start --user $user --seed 21 --clock 2026-11-22T12:00:00Z \
    --regime development --plays-per-day 1 --playlists 3
step 2026-11-22T12:00:00Z all
step 2026-11-22T13:00:00Z all
step 2026-12-01T12:00:00Z playlists
