# playlist-items: a page of /playlists/ID/items (or /tracks): the tracks, who
# added them, and the page itself, which sp-load joins with the others of its
# list. See `--print-filter recently-played` for what a mapping is.
#
# Rows of users, tracks, albums, artists, track_artists, album_artists, episodes,
# shows, playlist_tracks ("page"), endpoint_status.
#
# skip: available_markets album.external_urls album.href album.type
# skip: album.restrictions album.is_playable artists.external_urls artists.href
# skip: artists.type show.external_urls show.href show.type show.copyrights
# skip: show.html_description show.languages show.media_type show.explicit
# skip: limit previous primary_color video_thumbnail
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object|boolean item:object
# shape: added_by:object total:count offset:count
# unit: .body.items[].track
# keep: id uri type episode is_local

def unit: track_rows;

def rest:
	((.url // (.body | object | .href)) | path_id("playlists")) as $id
	| if $id == null then
		error("neither url nor href says which playlist the items are of")
	else . end
	| (list_of + {playlist_id: $id}) as $about
	| page_offset(.url; .body | object | .href) as $offset
	| sp_odd_items as $odd
	| (.body | object | .items | list("items")) as $items
	| ($items | adders, (.[] | objects | item_rows)),
	(.body | playlist_page($about; $offset; $odd)), endpoint_status($id);

# main
if ok then
	(.body | objects | .items | arrays | .[] | objects | .track | unit), rest
else not_ok(subject) end
