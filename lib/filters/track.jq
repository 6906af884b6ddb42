# track: /tracks/ID. See `--print-filter recently-played` for what
# a mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: linked_from:object

# main
if ok then
	catalogue_rows("track"; [.body | object]; track_rows),
		sp_body_without_id(track_id), endpoint_status(subject)
else catalogue_not_ok("track"; subject) end
