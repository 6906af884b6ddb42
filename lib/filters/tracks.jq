# tracks: /tracks?ids=... An unknown id is null in the list.
# See `--print-filter recently-played` for what a mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: tracks[]:object
# unit: .body.tracks[]
# keep: id uri

def unit: track_rows;
def rest:
	(.body | object | .tracks | list("tracks")) as $list
	| (range($list | length) as $i
		| $list[$i]
		| if . == null or track_id != null then empty
		else {place: place($i), refuse: "has no id"} end),
		endpoint_status("");

# main
if ok then
	(.body | objects | .tracks | arrays | .[] | unit), rest
else not_ok("") end
