-- The time that :text says, in UTC, as clock_parse_local of base/clock.c reads it;
-- NULL if it is none. A local day is its first moment, or with '+1 day' as :more
-- the first one after it.
with given (t, f, n) as (
	select :text, '%Y-%m-%dT%H:%M:%fZ', '[0-9][0-9]'
)
select case
	when t = 'now' then strftime(f, t)
	when t = 'today'
		then strftime(f, 'now', 'localtime', 'start of day', :more, 'utc')
	when t = 'yesterday' then strftime(
		f, 'now', 'localtime', 'start of day', '-1 day', :more, 'utc')
	when t not glob n || n || '-' || n || '-' || n || '*' then iif(
		length(t) between 2 and 9 and t glob '*[0-9][smhdw]'
			and rtrim(t, 'smhdw') not glob '*[^0-9]*',
		strftime(f, 'now', (-rtrim(t, 'smhdw') * case substr(t, -1)
			when 's' then 1
			when 'm' then 60
			when 'h' then 3600
			when 'd' then 86400
			else 604800 end) || ' seconds'),
		null)
	when date(substr(t, 1, 10), '+0 days') <> substr(t, 1, 10) then null
	when length(t) = 10 then strftime(f, t, :more, 'utc')
	when length(t) in (16, 19) and t not glob '*[Z+]*'
		then strftime(f, t, 'utc')
	when t glob '*T' || n || ':' || n || ':' || n || '*Z'
		or t glob '*T' || n || ':' || n || ':' || n || '*[+-]' || n || ':' || n
		then strftime(f, t)
	end
from given;
