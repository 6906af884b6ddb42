# playlist-items: a page of /playlists/ID/items (or /tracks): the tracks, who
# added them, and the page itself, which sp-load joins with the others of its
# list. See `--print-filter recently-played` for what a mapping is.
#
# Rows of users, tracks, albums, artists, track_artists, playlist_tracks
# ("page"), endpoint_status.
#
# skip: available_markets external_ids external_urls preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers limit previous primary_color
# skip: video_thumbnail audio_preview_url html_description languages show
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
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
