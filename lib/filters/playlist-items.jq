# playlist-items: a page of /playlists/ID/items (or /tracks): the tracks, who
# added them, and the page itself, which sp-load joins with the others of its
# list. See `--print-filter recently-played` for what a mapping is.
#
# Rows of users, tracks, albums, artists, track_artists, album_artists, episodes,
# shows, playlist_tracks ("page"), endpoint_status.
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object|boolean item:object
# shape: added_by:object total:count offset:count

if ok then
	((.url // (.body | object | .href)) | path_id("playlists")) as $id
	| if $id == null then
		error("neither url nor href says which playlist the items are of")
	else . end
	| (list_of + {playlist_id: $id}) as $about
	| page_offset(.url; .body | object | .href) as $offset
	| sp_odd_items as $odd
	| (.body | object | .items | list("items")) as $items
	| ($items[] | item_track | track_rows),
		($items | adders),
		(.body | playlist_page($about; $offset; $odd)),
		endpoint_status($id)
else not_ok(subject) end
