#!/bin/sh
# The built-in mappings: captures of each known form of a response, and their
# rows, from tests/data/filters/ENDPOINT.json.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
data=tests/data/filters
at=2026-11-22T12:00:00.000Z


# The cases of the table. One spells its capture but for what all have in
# common; AT is when it was fetched.
cases() {
	for file in "$data"/*.json; do
		sed "s/\"AT\"/\"$at\"/g" "$file" | jq -c --arg at "$at" \
		    --arg endpoint "$(basename "$file" .json)" '
			{case: "\($endpoint): \(.case)",
			capture: ({type: "capture", run: "R1", seq: 1,
				endpoint: $endpoint, user: "kim", status: 200,
				fetched_at: $at}
				+ del(.case, .rows, .refused)
				| if .url then .url |=
					"https://api.spotify.com" + . else . end
				| with_entries(select(.value != null))),
			rows: (.rows | map_values(sort)),
			refused: (.refused // [])}'
	done
}

# Each capture, some times over, after a record that names the case.
stream() {
	jq -c --argjson times "$1" 'range($times) as $i
		| {type: "case", case}, .capture' "$tmp/cases"
}

# What came of each case. How a request went is left out of those that do not
# ask for it, and nulls are left out of it.
results() {
	jq -Sc --slurpfile cases "$tmp/cases" -n '
		($cases | map({key: .case,
			value: (.rows | has("endpoint_status"))})
			| from_entries) as $asks
		| def done: if .rows == null then empty else
			.rows |= map_values(sort)
			| if $asks[.case] then
				.rows.endpoint_status |= (. // []
				| map(with_entries(select(.value != null))))
			else del(.rows.endpoint_status) end
			end;
		foreach (inputs, {type: "case"}) as $r ({};
			if $r.type == "case" then
				{out: .now, now: {case: $r.case, rows: {},
					refused: []}}
			elif $r.type == "row" then
				del(.out) | .now.rows[$r.table
				+ (if $r.op then "/" + $r.op else "" end)]
					+= [$r.row]
			else del(.out) | .now.refused += [
				[$r.place, $r.reason] | map(values) | join(": ")] end;
			.out // empty | done)'
}

section "the table"
cases >"$tmp/cases"
jq -Sc '{case, rows, refused}' "$tmp/cases" >"$tmp/want"
stream 1 | sp-transform 2>/dev/null | results >"$tmp/got"
is "$(wc -l <"$tmp/got")" "$(wc -l <"$tmp/want")" "every case has a result"
jq -r .case "$tmp/want" >"$tmp/names"
while IFS= read -r want && IFS= read -r got <&3 && IFS= read -r name <&4; do
	is "$got" "$want" "$name"
done <"$tmp/want" 3<"$tmp/got" 4<"$tmp/names"

stream 1 | sp-transform --engine libjq 2>/dev/null | results >"$tmp/libjq"
is "$(diff "$tmp/libjq" "$tmp/got" | head -n 4)" "" "the same in libjq"

section "raw bodies"
# A body with all that is documented gives what its capture gives, but for
# what the capture knows of the request.
jq -c 'select(.case | startswith("whole: "))' "$tmp/cases" >"$tmp/whole"
while IFS= read -r case; do
	endpoint=$(printf '%s' "$case" | jq -r .capture.endpoint)
	want=$(printf '%s' "$case" | jq -Sc '[.rows | to_entries[] | .key as $t
		| .value[] | del(.list, .check_due)
		| select($t != "endpoint_status") | [$t, .]] | sort[]')
	run sp-transform --user kim --fetched-at "$at" "$endpoint" <<E2
$(printf '%s' "$case" | jq .capture.body)
E2
	got=$(printf '%s\n' "$out" | jq -Sc -n '[inputs
		| [.table + (if .op then "/" + .op else "" end), .row]
		| select(.[0] != "endpoint_status")] | sort[]')
	is "$status $got" "0 $want" "$endpoint: a raw body"
done <"$tmp/whole"

section "the mock API, in each access mode"
get() {
	code=$(curl -s -H "Authorization: Bearer $token" -o "$tmp/body" \
	    -w '%{http_code}' "$api_url/v1/$2")
	jq -c --arg endpoint "$1" --arg at "$at" --arg url "$api_url/v1/$2" \
	    --argjson status "$code" --argjson extra "${3:-{\}}" '
		{type: "capture", run: "R1", seq: 1, endpoint: $endpoint,
		user: "kim", url: $url, status: $status, fetched_at: $at}
		+ $extra + {body: .}' "$tmp/body"
}
captures() {
	token=$(jq -r .access_token "$SP_TOKEN_FILE")
	get me me
	get my-playlists 'me/playlists?limit=50' | tee "$tmp/mine"
	for id in $(jq -r '.body.items[] | .id // empty' "$tmp/mine"); do
		get playlist "playlists/$id" '{"request":3}' | tee "$tmp/page"
		next=$(jq -r '.body | (.items // .tracks).next // empty' \
		    "$tmp/page" | sed 's/.*\/v1\///; s/limit=100/limit=50/')
		[ -z "$next" ] || get playlist-items "$next" '{"request":3}'
	done
	get user users/quietdesk
	get followed-artists 'me/following?type=artist'
	get saved-tracks me/tracks
	get recently-played me/player/recently-played | tee "$tmp/recent"
	ids=$(jq -r '[.body.items[].track.id // empty] | unique | join(",")' \
	    "$tmp/recent")
	get audio-features "audio-features?ids=$ids"
	get audio-features "audio-features/${ids%%,*}"
}
lists() {
	jq -Sc 'select(.table == "playlist_tracks") | .row
		| del(.snapshot_id)' "$1" | sort
}
for mode in extended development grandfathered; do
	api_start --user kim --seed 5 --access-mode $mode
	captures >"$tmp/$mode"
	run sp-transform <"$tmp/$mode"
	mv "$tmp/out" "$tmp/$mode.rows"
	is "$status $err" "0 " "$mode: nothing is refused"
	is "$(sp-transform --engine libjq <"$tmp/$mode" | cmp - "$tmp/$mode.rows")" \
	    "" "$mode: in libjq, the same rows"
	is "$(jq -r 'select(.table == "playlist_tracks").row
		| .items[] | .uri // ""' "$tmp/$mode.rows")" \
	    "$(jq -r 'select(.endpoint | startswith("playlist")).body
		| (if .items | type == "array" then . else
			.items // .tracks // {items: []} end).items[]
		| if .track | type == "object" then .track else .item end
		| .uri // ""' "$tmp/$mode")" \
	    "$mode: lists are what the API said, in its order"
done
lists "$tmp/extended.rows" >"$tmp/extended.lists"
[ "$(wc -l <"$tmp/extended.lists")" -gt 8 ]
ok $? "lists, some of more than one page"
is "$(lists "$tmp/grandfathered.rows")" "$(cat "$tmp/extended.lists")" \
    "old and new names together are the same lists"
is "$(lists "$tmp/development.rows" | comm -23 - "$tmp/extended.lists" 2>&1)" \
    "" "and so are those that a new app sees"

finish
