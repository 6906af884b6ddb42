# saved-tracks: the tracks, albums and artists of a page of /me/tracks; that the
# user saved them is not stored. See `--print-filter recently-played`
# for what a mapping is.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: items[]:object track:object
# unit: .body.items[].track
# keep: id uri

def unit: track_rows;
def rest:
	sp_odd_whole as $odd
	| without_track(.body | object | .items | list("items"); $odd),
	endpoint_status("");

# main
if ok then
	(.body | objects | .items | arrays | .[] | objects | .track | unit), rest
else not_ok("") end
