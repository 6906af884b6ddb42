#!/bin/sh
# The mappings: what becomes of each shape that a response has had. A table,
# tests/data/filters/ENDPOINT.json, has captures and the rows they give.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh
data=tests/data/filters
at=2026-11-22T12:00:00.000Z

transform() { "$build/sp-transform" "$@"; }

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
# ask for it.
results() {
	jq -Sc --slurpfile cases "$tmp/cases" -n '
		($cases | map({key: .case,
			value: (.rows | has("endpoint_status"))})
			| from_entries) as $asks
		| def done: if .rows == null then empty else
			.rows |= map_values(sort)
			| if $asks[.case] then
				.rows.endpoint_status |= (. // [])
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
			else del(.out) | .now.refused += [$r.reason] end;
			.out // empty | done)'
}

# --- the table ----------------------------------------------------------
cases >"$tmp/cases"
jq -Sc '{case, rows, refused}' "$tmp/cases" >"$tmp/want"
stream 1 | transform --no-memo 2>/dev/null | results >"$tmp/got"
is "$(wc -l <"$tmp/got")" "$(wc -l <"$tmp/want")" "every case has a result"
while IFS= read -r want && IFS= read -r got <&3; do
	is "$got" "$want" "$(printf '%s' "$want" | jq -r .case)"
done <"$tmp/want" 3<"$tmp/got"

# From some captures on, mappings run by units, and without what is skipped.
stream 8 | transform -j1 2>/dev/null | results >"$tmp/units"
is "$(diff "$tmp/units" - <<E2 | head -n 4
$(jq -c '. as $case | range(8) | $case' "$tmp/want")
E2
)" "" "the fast way gives the same"

finish
