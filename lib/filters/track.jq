# track: /tracks/ID. See `--print-filter recently-played` for what
# a mapping is.
#
# skip: available_markets album.external_urls album.href album.type
# skip: album.restrictions album.is_playable artists.external_urls artists.href
# skip: artists.type show.external_urls show.href show.type show.copyrights
# skip: show.html_description show.languages show.media_type show.explicit
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number

# main
if ok then
	catalogue_rows("track"; [.body | object]; track_rows),
		sp_body_without_id(track_id), endpoint_status(subject)
else catalogue_not_ok("track"; subject) end
