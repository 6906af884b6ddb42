# streaming-history: rows of a file of the extended streaming history.
#
# The prelude has what the forms share, `streams`; sp-stream(5) says what the
# capture says of the file. Who sent a row, and from where, is private: it is
# not read, even if the capture has it.
#
# shape: body[]:object ts:string ms_played:count offline_timestamp:number
# shape: spotify_track_uri:text master_metadata_track_name:text
# shape: master_metadata_album_artist_name:text
# shape: master_metadata_album_album_name:text
# shape: spotify_episode_uri:text episode_name:text episode_show_name:text
# shape: audiobook_title:text audiobook_uri:text
# shape: audiobook_chapter_title:text audiobook_chapter_uri:text
# shape: reason_start:text reason_end:text platform:text conn_country:text
# shape: skipped:boolean|number shuffle:boolean|number offline:boolean|number
# shape: incognito_mode:boolean|number

def names: {ended: "ts", played: "ms_played", known: ["ts", "ms_played",
	"offline_timestamp", "spotify_track_uri", "master_metadata_track_name",
	"master_metadata_album_artist_name", "master_metadata_album_album_name",
	"spotify_episode_uri", "episode_name", "episode_show_name",
	"audiobook_title", "audiobook_uri", "audiobook_chapter_title",
	"audiobook_chapter_uri", "reason_start", "reason_end", "skipped",
	"shuffle", "offline", "incognito_mode", "platform", "conn_country"]};

if ok then streams("extended"; names) else not_ok("") end
