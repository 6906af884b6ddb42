# album: /albums/ID: the album, its artists, and the first page of its tracks.
# See `--print-filter recently-played` for what a mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: tracks:object items:array items[]:object

def rows:
	album_id as $album
	| if $album == null then error("the body has no id") else album_rows end,
	((.tracks.items // []) as $items
		| range($items | length) as $i
		| $items[$i]
		| if . == null then empty
		elif track_id == null then {place: place($i), refuse: "has no id"}
		else sp_track_rows(track_id; $album) end);

# main
if ok then
	(.body | object | rows), endpoint_status(subject)
else not_ok(subject) end
