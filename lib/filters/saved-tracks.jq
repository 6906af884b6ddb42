# saved-tracks: the tracks, albums and artists of a page of /me/tracks; that the
# user saved them is not stored. See `--print-filter recently-played`
# for what a mapping is.
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object

if ok then
	sp_odd_whole as $odd
	| (.body | object | .items | list("items")) as $items
	| ($items[] | item_track | track_rows),
		without_track($items; $odd),
		endpoint_status("")
else not_ok("") end
