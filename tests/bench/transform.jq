# What jq needs after the prelude and `def mapping: MAPPING;` to print the rows
# that sp-transform prints: the columns that it adds itself, and the form of a
# record. See transform.sh.
def images: if .images == [] then null else .images end;
def put($column; $value):
	if $value == null then . else .[$column] = $value end;
def with_columns:
	.of as $of
	| if .table == "tracks" then
		.known + ($of | {name, uri, is_local, explicit, disc_number,
			track_number})
		| put("popularity"; $of.popularity)
		| put("isrc"; $of.external_ids.isrc)
		| put("linked_from_id"; $of.linked_from.id)
		| if $of.album and $of.external_ids then
			.vendor_json = ($of | del(.name, .uri, .popularity,
				.is_local, .explicit, .disc_number,
				.track_number, .id, .album, .artists,
				.duration_ms, .track, .episode,
				.available_markets))
		else . end
	elif .table == "albums" then
		.known + ($of | {name, uri, release_date,
			release_date_precision, album_type, total_tracks})
		| put("images_json"; $of | images)
	else
		.known + ($of | {name, uri})
		| put("images_json"; $of | images)
	end;
. as $capture
| mapping
| select(.table)
| (if .row then .row elif .of then with_columns else .known end
	| if .track_id and .played_at and .context_type == null
	then del(.context_type, .context_uri)
	else . end) as $row
| {type: "row", table, row: $row, at: $capture.fetched_at,
	src: "\($capture.run)/\($capture.seq)"}
