# artists: /artists?ids=... An unknown id is null in the list.
# See `--print-filter recently-played` for what a mapping is.
#
# shape: id:text uri:text name:text images:array genres:array
# shape: popularity:number followers:object total:count artists[]:object

if ok then
	(.body | object | .artists | list("artists")) as $list
	| catalogue_rows("artist"; $list; artist_rows),
		($list | sp_without_id(artist_id)), endpoint_status("")
else catalogue_not_ok("artist"; "") end
