-- A view of the captures with their bodies as text. For the sqlite3 shell,
-- which can decompress them:
--
--	sqlite3 -init staging.sql music.db
--
-- The view is temporary: stored in the database, it would break programs that
-- list the columns of all views but lack the function sqlar_uncompress.

create temp view staging as
	select s.capture_id, s.run_id, s.seq, s.endpoint, s.user_id, s.url,
		s.status, s.fetched_at, s.body_is_text, s.extra_json,
		cast(sqlar_uncompress(b.body, b.size) as text) as body
	from staging_raw s left join staging_bodies b using (body_id);
