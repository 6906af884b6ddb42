# A custom mapping: stores each play together with its day of the week, in an
# added column. Before the first use:
#
#	sqlite3 music.db 'alter table play_history add column weekday text'
#	sp-stage replay --endpoint recently-played |
#		sp-transform -f weekdays.jq | sp-load
#
# A filter maps a capture to rows, {"table":…,"row":{…}}. A row has its key and
# the columns to change; all other columns keep their values.

# 1970-01-01 was a Thursday.
def weekday:
  ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    [(ms / 86400000 | floor) % 7];

select(.status == 200 and .body.items)
| .user as $user
| .body.items[]
| select(.track and .played_at)
| {table: "play_history", row: {
    user_id: $user,
    track_id: (.track.id // .track.uri),
    played_at: .played_at,
    weekday: (.played_at | weekday)}}
