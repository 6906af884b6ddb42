# followed-artists: what a page of /me/following?type=artist says of artists.
# See `--print-filter recently-played` for what a mapping is.
#
# skip: external_urls href genres followers popularity cursors

def row($i):
	if type == "object" and .id != null then artist_rows
	else {refuse: "item \($i) is no artist"} end;

# main
if ok then
	(.body.artists.items | list("artists.items")) as $items
	| (range($items | length) as $i | $items[$i] | row($i + 1)),
		endpoint_status("")
else not_ok("") end
