# artist: /artists/ID. See `--print-filter recently-played` for
# what a mapping is.
#
# shape: id:text uri:text name:text images:array genres:array
# shape: popularity:number followers:object total:count

if ok then
	catalogue_rows("artist"; [.body | object]; artist_rows),
		sp_body_without_id(artist_id), endpoint_status(subject)
else catalogue_not_ok("artist"; subject) end
