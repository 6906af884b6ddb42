-- Pages that wait for the rest of their list, in playlist_pages. A list and those
-- that it follows are one chain. items_cmp is a function of ours: it compares
-- two arrays of items.
--
-- In a dry run, playlist_pages and playlist_tracks are temporary tables, which
-- hide those of the database: stored rows are copied to them, by playlist,
-- before they change.

-- name: pages_create_seen
-- The lists that came in the run at hand.
create temp table if not exists lists_of_run (
	playlist_id text,
	list text,
	primary key (playlist_id, list)
) without rowid;

-- name: pages_store
-- Store a page, or a check, whose offset is -1. Of two under one key the greater
-- one wins, whole.
insert into playlist_pages (playlist_id, list, page_offset, item_count, total,
	snapshot_id, check_due, told_at, items_json, follows, is_last, row_source)
values (:playlist, :list, :offset, :count, :total, :snapshot, :check_due, :at,
	:items, :follows, :is_last, :source)
on conflict (playlist_id, list, page_offset) do update set
	item_count = :count, total = :total, snapshot_id = :snapshot,
	check_due = :check_due, told_at = :at, items_json = :items,
	follows = :follows, is_last = :is_last, row_source = :source
where (coalesce(:total, -1), coalesce(items_cmp(:items, items_json), 0), :at,
		coalesce(:snapshot, ''), coalesce(:check_due, 0),
		coalesce(:is_last, 0), coalesce(:follows, ''))
	> (coalesce(total, -1), 0, told_at, coalesce(snapshot_id, ''),
		coalesce(check_due, 0), coalesce(is_last, 0), coalesce(follows, ''));

-- name: pages_source
-- The source of a stored page that has the items of this one.
select row_source from playlist_pages
where playlist_id = :playlist and list = :list and page_offset = :offset
	and coalesce(total, -1) = coalesce(:total, -1)
	and coalesce(items_cmp(:items, items_json), 0) = 0;

-- name: pages_set_source
update playlist_pages set row_source = :source
where playlist_id = :playlist and list = :list and page_offset = :offset;

-- name: pages_assess
-- The pages of a list and of those that it follows, in order; a check is first.
with recursive chain (name) as (
	values (:list)
	union
	select p.follows from playlist_pages p join chain on p.list = name
	where p.playlist_id = :playlist and p.follows is not null
)
select page_offset, item_count, total, snapshot_id, check_due, told_at, is_last,
	list, list <> :list
from playlist_pages
where playlist_id = :playlist and list in (select name from chain)
order by page_offset, list;

-- name: pages_read
-- The items of a list, page by page.
with recursive chain (name) as (
	values (:list)
	union
	select p.follows from playlist_pages p join chain on p.list = name
	where p.playlist_id = :playlist and p.follows is not null
)
select items_json, page_offset, row_source from playlist_pages
where playlist_id = :playlist and list in (select name from chain)
	and page_offset >= 0
order by page_offset;

-- name: pages_first
select row_source from playlist_pages
where playlist_id = :playlist and page_offset = 0 and told_at = :at;

-- name: pages_followers
-- The lists that follow a list, the greatest name first.
with recursive followers (name) as (
	values (:list)
	union
	select p.list from playlist_pages p join followers on p.follows = name
	where p.playlist_id = :playlist
)
select name from followers where name <> :list order by 1 desc;

-- name: pages_others
select distinct list from playlist_pages
where playlist_id = :playlist and list <> :list order by 1;

-- name: pages_agree
-- Whether two lists have the same items.
with recursive chain (of, name) as (
	values (:list, :list), (:other, :other)
	union
	select chain.of, p.follows from playlist_pages p
	join chain on p.list = name
	where p.playlist_id = :playlist and p.follows is not null
),
items (of, page_offset, key, value) as (
	select chain.of, p.page_offset, i.key, i.value
	from chain join playlist_pages p on p.list = name
		and p.playlist_id = :playlist, json_each(p.items_json) i
)
select 1 where items_cmp(
	(select '[' || coalesce(group_concat(value), '') || ']'
	from (select value from items where of = :list order by page_offset, key)),
	(select '[' || coalesce(group_concat(value), '') || ']'
	from (select value from items where of = :other order by page_offset, key)))
	= 0;

-- name: pages_agree_with_current
-- Whether a list has the items of the current one.
with recursive chain (name) as (
	values (:list)
	union
	select p.follows from playlist_pages p join chain on p.list = name
	where p.playlist_id = :playlist and p.follows is not null
)
select 1 where items_cmp(
	(select '[' || coalesce(group_concat(value), '') || ']'
	from (select i.value as value
		from playlist_pages p, json_each(p.items_json) i
		where p.playlist_id = :playlist
			and p.list in (select name from chain)
		order by p.page_offset, i.key)),
	(select json_group_array(json_object('track_id', track_id, 'uri', uri,
		'added_at', added_at, 'added_by', added_by, 'kind', kind))
	from (select * from playlist_tracks where playlist_id = :playlist
		order by position))) = 0;

-- name: pages_drop
delete from playlist_pages where playlist_id = :playlist and list = :list;

-- name: pages_drop_older
-- Lists older than the current one, and :list unless it resumed another: then it
-- shares pages with it, and may come again.
delete from playlist_pages
where playlist_id = :playlist and (
	list in (
		select list from playlist_pages where playlist_id = :playlist
		group by list
		having coalesce(
			min(case when page_offset >= 0 then told_at end),
			min(told_at)) < :at)
	or (list = :list and follows is null));

-- name: pages_mark_seen
insert or ignore into temp.lists_of_run values (:playlist, :list);

-- name: pages_incomplete
-- The lists of the run that no other follows.
select playlist_id, list from temp.lists_of_run r
where not exists (select 1 from playlist_pages p
	where p.playlist_id = r.playlist_id and p.follows = r.list)
order by 1, 2;

-- name: pages_clear_seen
delete from temp.lists_of_run;

-- name: pages_create_copied
-- In a dry run: the playlists whose rows were copied.
create temp table lists_copied (playlist_id text primary key) without rowid;

-- name: pages_create_copy
create temp table playlist_pages (
	playlist_id, list, page_offset, item_count, total, snapshot_id, check_due,
	told_at, items_json, follows, is_last, row_source,
	primary key (playlist_id, list, page_offset)
) without rowid;

-- name: pages_is_copied
select 1 from temp.lists_copied where playlist_id = :playlist;

-- name: pages_copy
insert into temp.playlist_pages
select playlist_id, list, page_offset, item_count, total, snapshot_id, check_due,
	told_at, items_json, follows, is_last, row_source
from main.playlist_pages where playlist_id = :playlist;

-- name: pages_set_copied
insert into temp.lists_copied values (:playlist);
