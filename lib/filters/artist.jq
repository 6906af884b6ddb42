# artist: /artists/ID. See `--print-filter recently-played` for
# what a mapping is.
#
# skip: external_urls href genres followers popularity
# shape: id:text uri:text name:text images:array

# main
if ok then
	if (.body | object | artist_id) == null then
		error("the body has no id")
	else (.body | artist_rows), endpoint_status(subject) end
else not_ok(subject) end
