# albums: /albums?ids=... An unknown id is null in the list.
# See `--print-filter recently-played` for what a mapping is.
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object upc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string label:text
# shape: albums[]:object tracks:object items:array items[]:object

if ok then
	(.body | object | .albums | list("albums")) as $list
	| catalogue_rows("album"; $list; full_album_rows),
		($list | sp_without_id(album_id)), endpoint_status("")
else catalogue_not_ok("album"; "") end
