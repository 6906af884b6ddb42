-- Captures with their bodies as text, as a view of one's own. For the sqlite3
-- shell, which can unpack them:
--
--	sqlite3 -init staging.sql music.db
--
-- The view is gone when the shell is left: kept in the database, it would
-- trouble each program that lists the columns of all views and has no
-- function of that name.

create temp view staging as
	select s.capture_id, s.run_id, s.seq, s.endpoint, s.user_id, s.url,
		s.status, s.fetched_at, s.etag, s.body_is_text, s.extra_json,
		coalesce(cast(sqlar_uncompress(b.body, b.size) as text),
			s.body) as body
	from staging_raw s left join staging_bodies b using (body_id);
