# track: what /tracks/ID says. See `--print-filter recently-played` for what
# a mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers

# main
if ok then
	if (.body | type) == "object" and (.body | track_id) != null then
		(.body | track_rows), endpoint_status(subject)
	else error("the body has no id") end
else not_ok(subject) end
