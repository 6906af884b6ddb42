-- Matching what has changed, a part at a time.

-- name: is_unmatched
select exists (select 1 from unmatched_spans);

-- name: unmatched_spans
-- The spans of the first user that has any.
select user_id, span_from, span_to from unmatched_spans
where user_id = (select min(user_id) from unmatched_spans)
order by span_from, span_to;

-- name: part_end
-- Where a part ends that would have too many streams.
select ts from streaming_history
where ts between :from and :to order by ts limit 1 offset :streams;

-- name: store_match
insert or replace into play_matches
	(stream_id, play_id, leader_id, rule, distance_ms)
values (:stream, nullif(:play, 0), :leader, :rule,
	case when :rule <> 'basic' then :distance end);

-- name: drop_match
delete from play_matches where stream_id = :stream;

-- name: drop_matched_spans
delete from unmatched_spans where user_id = :user and span_to <= :to;

-- name: cut_matched_spans
update unmatched_spans set span_from = :to + 1
where user_id = :user and span_from <= :to;
