-- name: table_names
select name from main.sqlite_master where type = 'table' order by name;

-- name: digest_matches
-- Numbers of streams and plays differ between databases; their keys do not.
select s.user_id, s.ts, s.item, s.offline_timestamp, s.ms_played, s.nth,
	p.played_at, p.track_id,
	l.ts as leader_ts, l.item as leader_item,
	l.offline_timestamp as leader_offline_timestamp,
	l.ms_played as leader_ms_played, l.nth as leader_nth,
	m.rule, m.distance_ms
from play_matches m
left join streaming_history s using (stream_id)
left join streaming_history l on l.stream_id = m.leader_id
left join play_history p on p.play_id = m.play_id;
