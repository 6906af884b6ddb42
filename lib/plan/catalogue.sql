-- What the job catalogue asks for, and how much it may ask.

-- name: catalogue_to_request
-- What is open of a :kind and was not answered lately. With :ranked, what was
-- played most comes first. The plays are counted only then, and no more than the
-- last 200,000 of the API: those of years, but of a known number.
with heard as materialized (
	select track_id, sum(plays) as plays
	from (select track_id, count(*) as plays from streaming_history
		where track_id is not null group by track_id
		union all
		select track_id, count(*)
		from (select track_id from play_history
			order by played_at desc limit 200000)
		group by track_id)
	group by track_id
),
ranks (id, plays) as materialized (
	select track_id, plays from heard where :kind = 'track'
	union all
	select artist_id, sum(plays)
	from heard join track_artists using (track_id)
	where :kind = 'artist' group by artist_id
	union all
	select album_id, sum(plays) from heard join tracks using (track_id)
	where :kind = 'album' group by album_id
)
select id from catalogue_open o
where kind = :kind and not exists (
	select 1 from catalogue_answers a
	where a.kind = o.kind and a.id = o.id and not :force
		and a.last_updated <= :now
		and a.last_updated > case when a.status in (200, 404, 410)
			then :answered_since else :refused_since end)
order by case when :ranked then
	(select plays from ranks where ranks.id = o.id) end desc, id;

-- name: is_a_track_open
-- Whether there is a track known by its id only, as after an import.
select exists (
	select 1 from catalogue_open o
	where kind = 'track' and not exists (
		select 1 from catalogue_answers a
		where a.kind = 'track' and a.id = o.id
			and a.last_updated <= :now
			and a.last_updated > case when a.status in (200, 404, 410)
				then :answered_since else :refused_since end));

-- name: catalogue_access
-- Whether the API refused the last batch, whether it refused and answered single
-- ones, and whether an id of the last batch is none to it. A 429 without a word
-- can mean that the endpoint is not for this app. After a 400 those of the batch
-- are requested one by one: once the id to blame is known, there are batches again.
-- A 403 about everything that an app or a login requests shows nothing.
with answers as (
	select endpoint, status, reason, last_updated from endpoint_status
	where user_id = :user and endpoint in (:batch, :single)
		and (endpoint = :single or subject = '')
		and last_updated > :refused_since and last_updated <= :now
		and coalesce(denied, '') not in ('app', 'login')
)
select exists (
	select 1 from answers where endpoint = :batch
		and (status in (403, 404, 405, 410)
			or (status = 429 and reason is null))),
	exists (select 1 from answers
		where endpoint = :single and status = 403),
	exists (select 1 from answers
		where endpoint = :single
			and (status between 200 and 299 or status = 404)),
	exists (
		select 1 from answers b
		where endpoint = :batch and status = 400 and not exists (
			select 1 from catalogue_answers a
			where a.kind = :single and a.status = 400
				and a.last_updated > b.last_updated));

-- name: catalogue_requests
-- The requests since :day_ago of all accounts that use the same app, and the
-- first of them: as staged, and of runs that were not staged as counted. Run ids
-- sort by time, and no run began before :since_run.
with sharers (user_id) as (
	select :user
	union
	select b.user_id from accounts a join accounts b using (client_id)
	where a.user_id = :user
),
requests (n, at) as (
	select 1, fetched_at from staging_raw
	where run_id >= :since_run
		and fetched_at > :day_ago and fetched_at <= :now
		and user_id in (select user_id from sharers)
		and instr(:endpoints, ' ' || endpoint || ' ')
	union all
	select captures, started_at from ingest_runs r
	where job = 'catalogue' and captures > 0
		and started_at > :day_ago and started_at <= :now
		and user_id in (select user_id from sharers)
		and not exists (
			select 1 from staging_raw s where s.run_id = r.run_id)
)
select coalesce(sum(n), 0), min(at) from requests;

-- name: is_catalogue_run_unloaded
-- Whether captures of the job wait to be loaded: a run is under way, or was
-- killed since :since, and sp-stage sends them again.
select exists (
	select 1 from unloaded_runs r
	where job = 'catalogue' and user_id is :user
		and started_at > :since and started_at <= :now
		and exists (
			select 1 from staging_raw s where s.run_id = r.run_id));
