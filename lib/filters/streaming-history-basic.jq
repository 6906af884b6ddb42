# streaming-history-basic: rows of a file of the account data, which has the last
# twelve months without uris, and times to the minute.
#
# Its members get the names of the extended form; the prelude has what the two
# share, `streams`.
#
# shape: body[]:object endTime:string msPlayed:count
# shape: artistName:text trackName:text podcastName:text episodeName:text
# shape: audiobookName:text chapterName:text authorName:text

def extended: if . == null then null else . + {ts: .endTime, ms_played: .msPlayed,
	master_metadata_album_artist_name: (.artistName // .authorName),
	master_metadata_track_name: .trackName,
	episode_show_name: .podcastName, episode_name: .episodeName,
	audiobook_title: .audiobookName, audiobook_chapter_title: .chapterName} end;

def names: {ended: "endTime", played: "msPlayed", known: ["endTime", "msPlayed",
	"artistName", "trackName", "podcastName", "episodeName", "audiobookName",
	"chapterName", "authorName", "ts", "ms_played", "episode_name",
	"master_metadata_album_artist_name", "master_metadata_track_name",
	"episode_show_name", "audiobook_title", "audiobook_chapter_title"]};

if ok then
	.body |= (if type == "array" then map(extended) else . end)
	| streams("basic"; names)
else not_ok("") end
