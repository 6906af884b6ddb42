-- Charts for a terminal of 80 columns: the artists heard most, listening by
-- month, and by weekday and hour, in local time.
--
--	sqlite3 ~/.local/share/sp/spotify.db <charts.sql
.mode list
.headers off

select 'The artists heard most';
with top as (
	select artist, plays, max(plays) over () as most
	from top_artists order by plays desc limit 10
)
select printf('%!-26.26s %6d  ', artist, plays)
	|| replace(hex(zeroblob((40 * plays + most - 1) / most)), '00', '█')
from top;

select char(10) || 'Listening by month, in hours';
with months as (
	select substr(local_day, 1, 7) as month,
		sum(coalesce(ms_played, duration_ms, 0)) / 3.6e6 as hours
	from listens where counts group by 1 order by 1 desc limit 12
), scaled as (select *, max(hours) over () as most from months)
select printf('%-26s %6.0f  ', month, hours)
	|| replace(hex(zeroblob(cast(0.5 + 40 * hours / most as integer))),
		'00', '█')
from scaled where most > 0 order by month;

select char(10) || 'Listening by weekday and hour';
with recursive n (i) as (values (0) union all select i + 1 from n where i < 23),
cells as (
	select local_weekday as day, local_hour as hour, count(*) as listens
	from listens where counts group by 1, 2
), grid as (
	select d.i as day, h.i as hour, coalesce(listens, 0) as listens,
		(select max(listens) from cells) as most
	from n d join n h left join cells c on c.day = d.i and c.hour = h.i
	where d.i < 7
	order by (d.i + 6) % 7, h.i
)
select substr('SunMonTueWedThuFriSat', 1 + 3 * day, 3) || '  '
	|| group_concat(substr(' ░▒▓█', 1 + (4 * listens + most - 1) / most, 1)
		|| substr(' ░▒▓█', 1 + (4 * listens + most - 1) / most, 1), '')
from grid where most > 0 group by (day + 6) % 7;
select '     0           6           12          18          24';
