-- The time that :text says, in UTC, as clock_parse_local() of lib/base/clock.c
-- reads it, and NULL if it is none; tests/unit/report_time.c compares the two.
-- A local day is its first moment, or with :ends = 1 the first one after it. Where
-- clocks change, a local time is the first of that name, and one that is skipped is
-- read as if they had not changed. :now is the time in milliseconds, if it is not
-- the present.
with given as (
	select coalesce(:now, strftime('%s', 'now') || substr(strftime('%f', 'now'), 4))
		+ 0 as now
), words as (
	select now, case :text when 'now' then '0'
		when 'today' then date(now / 1000, 'unixepoch', 'localtime')
		when 'yesterday'
			then date(now / 1000, 'unixepoch', 'localtime', '-1 day')
		else :text end as text
	from given
), parts as (
	select now, text, ltrim(text, '0123456789') as unit, substr(text, 1, 10) as day,
		substr(text, 12, length(text) - 11 - length(zone)) as clock, zone
	from (select *, case when text glob '*Z' then 'Z'
		when text glob '*[+-][0-9][0-9]:[0-9][0-9]' then substr(text, -6)
		else '' end as zone from words)
), checked as (
	select *, case unit when text then null
		when '' then iif(text + 0 = 0, 0, null) when 'ms' then 1 when 's' then 1000
		when 'm' then 60000 when 'h' then 3600000 when 'd' then 86400000
		when 'w' then 604800000 end as unit_ms,
	day glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
		and date(day, '+0 days') = day and (length(text) = 10
		or substr(text, 11, 1) in ('T', ' ') and clock < '24'
		and (clock glob '[0-2][0-9]:[0-5][0-9]'
			or substr(clock, 1, 8) glob '[0-2][0-9]:[0-5][0-9]:[0-6][0-9]'
			and substr(clock, 7, 2) <= '60' and (length(clock) = 8
			or substr(clock, 9) glob '.[0-9]*' and length(clock) <= 18
			and substr(clock, 10) not glob '*[^0-9]*'))
		and (zone in ('', 'Z') or zone glob '[+-][0-2][0-9]:[0-5][0-9]'
			and substr(zone, 2) < '24')) as is_time
	from parts
), shown as ( -- what the clock shows, in seconds; and what is left of one, in ms
	select *, strftime('%s', day) + iif(length(text) = 10,
			86400 * coalesce(:ends, 0), substr(clock, 1, 2) * 3600
			+ substr(clock, 4, 2) * 60 + substr(clock, 7, 2)) as s,
		substr(substr(clock, 10, 3) || '000', 1, 3) as ms
	from checked
), offsets as ( -- of the days before and after it from UTC
	select *, strftime('%s', s - 86400, 'unixepoch', 'localtime') - s + 86400
			as before,
		strftime('%s', s + 86400, 'unixepoch', 'localtime') - s - 86400 as after
	from shown
), result as (
	select case
		when unit_ms is not null
			then now - substr(text, 1, length(text) - length(unit)) * unit_ms
		when not is_time then null
		when zone <> '' then (s - (substr(zone, 1, 1) || 60) * (substr(zone, 2, 2)
			* 60 + substr(zone, 5, 2))) * 1000 + ms
		when strftime('%s', s - before, 'unixepoch', 'localtime') <> s || ''
			and strftime('%s', s - after, 'unixepoch', 'localtime') = s || ''
			then (s - after) * 1000 + ms
		else (s - before) * 1000 + ms end as ms
	from offsets
)
select strftime('%Y-%m-%dT%H:%M:%fZ', ms / 1000.0, 'unixepoch') from result
where ms >= -62167219200000;
