# track: /tracks/ID. See `--print-filter recently-played` for what
# a mapping is.
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number

if ok then
	catalogue_rows("track"; [.body | object]; track_rows),
		sp_body_without_id(track_id), endpoint_status(subject)
else catalogue_not_ok("track"; subject) end
