# album: what /albums/ID says: the album, its artists, and the tracks of the
# page that comes with it. See `--print-filter recently-played` for what a
# mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers

def rows:
	.id as $album
	| if $album == null then error("the body has no id") else album_rows end,
	((.tracks.items // [])[]
		| if type != "object" or track_id == null then empty
		else sp_track_rows(track_id; $album) end);

# main
if ok then (.body | rows), endpoint_status(subject) else not_ok(subject) end
