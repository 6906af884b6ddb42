# The page of sp-report(1): from the data of a report, one JSON object that the
# comment at the top of report.sql describes, to one HTML page.
#
#	jq -r --rawfile css report.css -f report.jq < report.json > report.html
#
# With `--arg css_sha256 HEX`, the SHA-256 of report.css, the page allows that
# style sheet and no other; with `--arg title TEXT`, that is its title.
#
# How it is written:
# - A part of the page is a function that outputs its lines, one string each, or
#   nothing. The last definition, `page`, lists the parts in their order.
# - Every text goes through `text`, `name` or `short`, which escape it.
# - A chart is SVG without a viewBox: its places are in per cent of the width, its
#   heights and letters in pixels, so that it fits every screen and stays legible.
# - Attributes are in single quotes, which @html escapes, too.
# - Nothing has a style attribute. Colours and sizes are classes of report.css.
# - Days are counted as numbers since 1970 (`day_number`), time is in milliseconds.
# - A parameter $title also defines a filter `title`, so none has the name of a
#   function that is used with it.
# - It runs in jq 1.6 and later.

# --- Texts ------------------------------------------------------------------

# Without control characters, those that turn the direction of writing (202A to
# 202E, 2066 to 2069), what no HTML may contain, and more than two accents on one
# letter, which would reach into other lines.
def clean:
	[explode[]
		| if . < 32 or (. >= 127 and . < 160) then 32
		  elif (. >= 8234 and . <= 8238) or (. >= 8294 and . <= 8297) then empty
		  elif (. >= 64976 and . <= 65007) or . % 65536 >= 65534 then 65533
		  else . end] | implode
	| if test("[\\x{300}-\\x{36f}]{3}")
	  then gsub("(?<two>[\\x{300}-\\x{36f}]{2})[\\x{300}-\\x{36f}]+"; .two) else . end;

# At most $n characters, with a mark if some are left out.
def cut($n): if length > $n then .[:$n - 1] + "…" else . end;

# Any value as text for an element or an attribute.
def text:
	(if . == null then "" else . end) | tostring | cut(200) | clean | @html;

def is_blank: . == null or (tostring | .[:200] | clean | test("^\\s*$"));

# A name of someone or something: in its own direction of writing, and whole in
# a tooltip, as the style sheet cuts what is too long for its place.
def name:
	if is_blank then "<i class='soft'>no name</i>"
	else text as $t | "<bdi title='\($t)'>\($t)</bdi>" end;

# Whose it is, where that is known.
def by: if is_blank then "" else name end;

# The columns that a character takes: most of Asia and emoji take two.
def columns: if . >= 4352 and (. < 7424 or . >= 11904) then 2 else 1 end;

# A name in a chart, cut to $n columns.
def short($n):
	if is_blank then "no name"
	else cut(200) | clean | explode
		| (reduce .[] as $c ({used: 0, kept: []};
			.used += ($c | columns)
			| if .used < $n then .kept += [$c] else . end)) as $s
		| ($s.kept | implode) + (if $s.used < $n then "" else "…" end)
		| @html
	end;

# --- Numbers and times --------------------------------------------------------

# 1234567 as 1,234,567.
def num:
	(. // 0) | round
	| if . < 1000 then tostring
	  else (. / 1000 | floor | num) + "," + ("00\(. % 1000)" | .[-3:]) end;

def count($one; $many): num + " " + (if . == 1 then $one else $many end);
def count($one): count($one; $one + "s");

# A duration: 42 min, 3.5 h, 1,234 h.
def hours:
	(. // 0) / 60000
	| if . > 0 and . < 1 then "under 1 min"
	  elif round < 60 then "\(round) min"
	  elif . < 597 then (. / 6 | round / 10 | "\(.) h")
	  else (. / 60 | num + " h") end;

def share($of):
	if $of == 0 then ""
	elif . > 0 and . * 200 < $of then "under 1%"
	else . * 100 / $of | round | "\(.)%" end;

# A part of 1 as a coordinate.
def pct: . * 100000 | round / 1000 | "\(.)%";

def month_names: ["January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"];
def weekday_names: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday", "Sunday"];

def day_number: .[:10] + "T00:00:00Z" | fromdateiso8601 / 86400;
def day_of_number: . * 86400 | todate | .[:10];
def weekday: (. + 3) % 7;	# of a day number; 0 is Monday

# 2026-03-09 as 9 March 2026 or 9 Mar 2026, with its weekday, or its month alone.
def date_parts: [.[:4], (.[5:7] | tonumber? // 1), (.[8:10] | tonumber? // 1)];
def long_date: date_parts | "\(.[2]) \(month_names[.[1] - 1]) \(.[0])";
def short_date: date_parts | "\(.[2]) \(month_names[.[1] - 1][:3]) \(.[0])";
def weekday_date: "\(weekday_names[day_number | weekday][:3]) \(short_date)";
def long_month: date_parts | "\(month_names[.[1] - 1]) \(.[0])";

# Two days as one span: 4 to 30 March 2024.
def span($from; $to):
	($from | date_parts) as $a
	| (if $from == $to then ""
	   elif $from[:7] == $to[:7] then "\($a[2]) to "
	   elif $from[:4] == $to[:4] then "\($a[2]) \(month_names[$a[1] - 1]) to "
	   else "\($from | long_date) to " end)
	  + ($to | long_date);

# The days of an open gap, and whether a day number is in one.
def gap_days: [(.gaps // [])[] | [.first_day, .last_day | day_number]];
def in_gap($gaps): . as $day | any($gaps[]; .[0] <= $day and $day <= .[1]);

# --- Elements -----------------------------------------------------------------

# A section, unless its body outputs nothing.
def section($id; $title; body):
	[body]
	| if length > 0 then
		"<section id='\($id)'>", "<h2>\($title)</h2>", .[], "</section>"
	  else empty end;

# A table behind a summary. A column whose title begins with # has numbers; rows
# outputs arrays of cells.
def table($summary; $columns; rows):
	[rows]
	| if length > 0 then
		([range(0; $columns | length) as $i
			| select($columns[$i] | startswith("#")) | "n\($i + 1)"]
			| join(" ")) as $numbers
		| "<details class='data'><summary>\($summary)</summary>",
		  "<div class='scroll' tabindex='0'><table class='\($numbers)'>",
		  "<thead><tr>\($columns | map("<th>" + ltrimstr("#")) | add)",
		  "<tbody>", (.[] | "<tr>\(map("<td>" + .) | add)</tr>"),
		  "</table></div></details>"
	  else empty end;

def svg($class; $height; $about; body):
	"<svg class='\($class)' width='100%' height='\($height)' role='img'"
	+ " aria-label='\($about)'>",
	body, "</svg>";

# A cell of a heat map, as large as the style sheet says, and another rectangle.
def cell($class; $x; $y; $title):
	"<rect class='\($class)' x='\($x)' y='\($y)'><title>\($title)</title></rect>";

def rect($class; $x; $y; $width; $height; $title):
	cell($class; $x; "\($y)' width='\($width)' height='\($height)"; $title);

def words($class; $x; $y):
	"<text class='\($class)' x='\($x)' y='\($y)'>\(.)</text>";

# A bar of a list, as long as a part of 1. The number is beside it.
def bar:
	"<svg class='bar' width='100%' height='6' aria-hidden='true'>"
	+ "<rect width='\(pct)' height='6' rx='3'/></svg>";

# A small sample of a colour, in a line of text.
def swatch($shape):
	"<svg class='swatch' width='14' height='14' aria-hidden='true'>\($shape)</svg>";
def swatch_of($class):
	swatch("<rect class='\($class)' width='14' height='14' rx='2'/>");

def fact($value; $what): "<li><b>\($value)</b><span>\($what)</span></li>";

# --- Scales -------------------------------------------------------------------

# Steps of an axis of time that has about four of them up to .
def axis_step:
	[(. // 0) / 4, 60000] | max as $least
	| first((1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3000, 6000, 12000,
		30000, 60000, 120000, 300000, 600000) * 60000 | select(. >= $least))
	  // $least;

# The step between two shades, so that five reach the 95th percentile of values.
def shade_step:
	(sort | .[length * 0.95 | floor] // 0 | . / 5) as $least
	| first((1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 480, 600,
		1200, 3000, 6000, 12000) * 60000 | select(. >= $least)) // $least;

# The shade of {listens, ms}: none only if there was no listen.
def shade($step):
	if .listens == 0 then 0
	else [[(.ms / $step | ceil), 1] | max, 5] | min end;

def legend($step; $what; $has_gaps):
	"<p class='legend'>none",
	(range(0; 6) | swatch_of("q\(.)")),
	"over \($step * 4 | hours) \($what), in steps of \($step | hours)",
	(if $has_gaps then swatch_of("gap"), "no data" else empty end), "</p>";

# Marks of an axis from a day number to another: [place as a part of 1, label,
# class], the class so that a phone leaves out what has no room there.
# Months are named, or their years, where that is at most eight marks.
def month_marks($from; $to):
	[range($from; $to) | day_of_number | select(.[8:] == "01")] as $months
	| first(1, 3, 6, 12, 24, 36, 60, 120
		| select(($months | length) / . <= (if . == 1 then 12 else 8 end)))
		as $each
	| $months[] | date_parts as [$year, $month]
	| select((($year | tonumber) * 12 + $month - 1) % $each == 0)
	| [((day_number - $from) / ($to - $from)),
		(if $month == 1 then $year else month_names[$month - 1][:3] end),
		$each == 1 and ($months | length) > 6 and $month % 2 == 0];

def day_marks($from; $to):
	(($to - $from) / 5 | ceil) as $each
	| range($from; $to; $each)
	| [((. - $from) / ($to - $from)), (day_of_number | short_date | .[:-5])];

def marks($from; $to):
	if $to - $from > 100 then month_marks($from; $to)
	else day_marks($from; $to) end
	| .[0] as $x | (.[1] | length) as $long
	| select($x + $long * 0.008 < 1)
	| .[2] = if .[2] != true and $x + $long * 0.03 < 1 then "axis"
		else "axis roomy" end;

# The marks as lines over a chart and labels under it.
def axis($from; $to; $height):
	marks($from; $to)
	| (.[0] | pct) as $x
	| "<line class='tick' x1='\($x)' x2='\($x)' y1='0' y2='\($height + 16)'/>",
	  (.[2] as $class | .[1] | words($class; $x; $height + 14));

# --- Top of the page ----------------------------------------------------------

def has_listens: (.totals.listens // 0) > 0;

# The title: with markup, for the page, and without, for the window.
def heading:
	if ($ARGS.named.title // "") != "" then $ARGS.named.title | text
	else
		(if .user.name | is_blank then "Your listening"
		 else "<bdi>\(.user.name | tostring | cut(60) | text)</bdi>’s listening" end)
		+ (if .period.year == null then "" else " in \(.period.year | text)" end)
	end;
def window_title: heading | gsub("</?bdi>"; "");

def period_text:
	.period as $p
	| if $p.from == null or $p.to == null then ""
	  else span($p.from; $p.to) end;

def is_part: .period | .year != null or .since != null or .until != null;

def total($key; $one; $note):
	.totals[$key]
	| if . == null then empty
	  else fact(num; if . == 1 then $one else $one + "s" end + $note) end;

# How many are new, where the period leaves out what came before.
def new_note($key):
	if is_part and .totals[$key] != null
	then " <small>\(.totals[$key] | num) new</small>" else "" end;

def average:
	(.totals.ms / (.totals.days // 1) | hours) as $a_day
	| (.totals.ms / 86400000 | round) as $whole
	| "That is " + (if $whole < 2 then ""
		else "\($whole | num) days non-stop, or " end)
	  + "\($a_day) per day with a listen.";

def header:
	"<header>",
	"<h1>\(heading)</h1>",
	"<p class='period'>\(period_text)</p>",
	if has_listens then
		"<ul class='totals'>",
		(.totals.ms / 60000 | round
			| if . < 60 then fact(num; if . == 1 then "minute" else "minutes" end)
			  else . / 60 | round
				| fact(num; if . == 1 then "hour" else "hours" end) end),
		total("listens"; "listen"; ""),
		total("artists"; "artist"; new_note("new_artists")),
		total("tracks"; "track"; new_note("new_tracks")),
		total("albums"; "album"; ""),
		total("days"; "day"; " with a listen"),
		"</ul>",
		"<p class='soft'>\(average)</p>"
	else empty end,
	"</header>";

def import_command:
	"<pre><code>sp-stage import my_spotify_data.zip |\n    sp-transform | sp-load</code></pre>";

def nothing_yet:
	"<section id='empty'>",
	"<h2>Nothing \(if is_part then "in this period" else "here yet" end)</h2>",
	(if is_part then
		"<p>The database has no listens in this period. Try <code>sp-report</code>",
		"without <code>--year</code>, <code>--since</code> and <code>--until</code>.</p>"
	else
		"<p>The database has no listens yet. Fetch what Spotify still has, your",
		"last 50 plays, and make this page again:</p>",
		"<pre><code>sp-run\nsp-report &gt; me.html</code></pre>",
		"<p>Earlier years are in the file that Spotify sends you on request,",
		"your extended streaming history:</p>", import_command
	end),
	"</section>";

# --- Listening over time ------------------------------------------------------

# {name, first, days, listens, ms} of each month, week or day of the period.
def month_buckets:
	.months[]?
	| (.month + "-01" | day_number) as $first
	| {name: (.month | long_month), first: $first, listens, ms,
		days: ($first + 31 | day_of_number | .[:8] + "01" | day_number - $first)};

def day_buckets($length):
	(.period.from | day_number) as $from
	| (if $length == 7 then $from - ($from | weekday) else $from end) as $from
	| (.period.to | day_number) as $to
	| (reduce .days[]? as $d ({};
		((($d.day | day_number) - $from) / $length | floor | tostring) as $i
		| .[$i].listens += $d.listens | .[$i].ms += $d.ms)) as $sums
	| range($from; $to + 1; $length)
	| {name: ((if $length == 7 then "week of " else "" end)
			+ (day_of_number | short_date)), first: ., days: $length}
	  + ($sums[((. - $from) / $length | tostring)] // {listens: 0, ms: 0});

def period_days: (.period.to | day_number) - (.period.from | day_number) + 1;

def unit:
	period_days | if . > 400 then "month" elif . > 42 then "week" else "day" end;

def buckets:
	unit as $unit
	| if $unit == "month" then month_buckets
	  elif $unit == "week" then day_buckets(7) else day_buckets(1) end;

# Which gaps there are, after a sample of how they look.
def gap_note:
	[.gaps[]? | span(.first_day; .last_day)]
	| if length == 0 then ""
	  else " \(swatch_of("gap")) No data: " + (.[:4] | join("; "))
		+ (if length > 4 then "; and \(length - 4 | num) more" else "" end) + "."
	  end;

# Hatched from the first to the last day of each gap, as high as the chart.
def gap_bands($from; $to; $height):
	.gaps[]?
	| [.first_day, .last_day | day_number] as [$a, $b]
	| ([$a, $from] | max) as $a | ([$b + 1, $to] | min) as $b
	| select($a < $b)
	| rect("gap"; ($a - $from) / ($to - $from) | pct; 0;
		($b - $a) / ($to - $from) | pct; $height;
		"no data: \(span(.first_day; .last_day))");

def time_bars($buckets; $from; $to; $top; $height):
	$buckets[] | select(.ms > 0)
	| (.ms / $top * $height) as $h
	| rect("mark"; (.first + .days * 0.08 - $from) / ($to - $from) | pct;
		$height - $h | . * 10 | round / 10;
		.days * 0.84 / ($to - $from) | pct; $h | . * 10 | round / 10;
		"\(.name): \(.ms | hours), \(.listens | count("listen"))");

def grid($top; $step; $height):
	range($step; $top * 1.001; $step)
	| ($height - . / $top * $height | round + 0.5) as $y
	| "<line class='grid' x1='0' x2='100%' y1='\($y)' y2='\($y)'/>";

def grid_labels($top; $step; $height):
	range($step; $top * 1.001; $step)
	| ($height - . / $top * $height | round + 4) as $y
	| hours | words("axis end"; "100%"; $y);

def time_chart:
	. as $report | 180 as $height
	| [buckets] as $b
	| $b[0].first as $from | ($b[-1] | .first + .days) as $to
	| ($b | map(.ms) | max) as $most | ($most | axis_step) as $step
	| ($most / $step | ceil * $step) as $top
	| "<div class='plot\(if $b | length < 8 then " few" else "" end)'>",
	  svg("labels"; $height + 20; "Scale";
		"<g transform='translate(0 8)'>", grid_labels($top; $step; $height), "</g>"),
	  svg("chart"; $height + 30; "Listening time by \(unit)";
		"<g transform='translate(0 8)'>",
		grid($top; $step; $height),
		($report | gap_bands($from; $to; $height)),
		axis($from; $to; $height),
		time_bars($b; $from; $to; $top; $height),
		($height + 0.5 | "<line class='base' x1='0' x2='100%' y1='\(.)' y2='\(.)'/>"),
		"</g>"),
	  "</div>";

def over_time:
	section("time"; "Over time";
		select(.period.from != null and .period.to != null)
		| select([buckets] | length > 1)
		| "<p class='lead'>Listening time per \(unit).\(gap_note)</p>",
		time_chart,
		(unit as $unit | table("Each \($unit) as a table";
			[($unit[:1] | ascii_upcase) + $unit[1:], "#Listens", "#Time"];
			buckets | [.name, (.listens | num), (.ms | hours)])));

# --- Calendar -----------------------------------------------------------------

# A month as columns of weeks, Monday first. $days has the listens of each day.
def calendar_month($month; $days; $step; $gaps; $from; $to):
	($month + "-01" | day_number) as $first | ($first | weekday) as $offset
	| select($from[:7] <= $month and $month <= $to[:7])
	| "<div><svg viewBox='0 0 60 70' role='img' aria-label='\($month | long_month)'>",
	  (range($first; $first + 31)
		| day_of_number as $day
		| select($day[:7] == $month)
		| ((. - $first + $offset) / 7 | floor * 10) as $x
		| (weekday * 10) as $y
		| ($days[$day] // {listens: 0, ms: 0}) as $d
		| (if $day < $from or $day > $to then ["out", "not in this report"]
			elif $d.listens > 0 then ["q\($d | shade($step))",
				"\($d.listens | count("listen")), \($d.ms | hours)"]
			elif in_gap($gaps) then ["gap", "no data"]
			else ["q0", "no listens"] end) as [$class, $about]
		| cell($class; $x; $y; "\($day | weekday_date): \($about)")),
	  "</svg><span>\($month | long_month | .[:3])</span></div>";

# $rows are the days of the year with a listen.
def calendar_year($year; $rows; $step; $gaps; $from; $to):
	(reduce $rows[] as $d ({}; .[$d.day] = $d)) as $days
	| "<div class='year'><h3>\($year) <span class='soft'>" +
		if $rows != [] then
			"\($rows | map(.ms) | add | hours), "
			+ "\($rows | map(.listens) | add | count("listen")) on "
			+ ($rows | length | count("day"))
		elif all(range(0; 365) + ("\($year)-01-01" | day_number); in_gap($gaps))
		then "no data" else "no listens" end + "</span></h3>",
	  "<div class='months'>",
	  (range(1; 13) | "\($year)-\("0\(.)" | .[-2:])"
		| calendar_month(.; $days; $step; $gaps; $from; $to)),
	  "</div></div>";

def calendar:
	section("calendar"; "Day by day";
		select((.days // []) != [] and .period.from != null and .period.to != null)
		| (.days | map(.ms) | shade_step) as $step | gap_days as $gaps
		| .period as {$from, $to}
		| [$from, $to | .[:4] | tonumber] as [$first, $last]
		| legend($step; "a day"; $gaps != []),
		  (range($last; $first - 1; -1) as $year
			| calendar_year($year; .days | map(select(.day[:4] == "\($year)"));
				$step; $gaps; $from; $to)),
		  table("\(.days | length | count("day")) as a table";
			["Day", "#Listens", "#Time"];
			.days[] | [(.day | weekday_date), (.listens | num), (.ms | hours)]));

# --- The week -----------------------------------------------------------------

def week_cells($sums; $step):
	range(1; 8) as $day | range(0; 24) as $hour
	| ($sums["\($day) \($hour)"] // {listens: 0, ms: 0}) as $h
	| cell("q\($h | shade($step))"; $hour / 24 | pct; $day * 22 - 22;
		"\(weekday_names[$day - 1]), \($hour):00 to \($hour):59: "
		+ "\($h.ms | hours), \($h.listens | count("listen"))");

# A bar for each hour over the columns.
def hour_bars:
	[range(0; 24) as $h | [.hours[] | select(.hour == $h).ms] | add // 0] as $sums
	| ($sums + [1] | max) as $most
	| range(0; 24)
	| ($sums[.] / $most * 36 | . * 10 | round / 10) as $height
	| rect("margin"; . / 24 | pct; 36 - $height; 0.96 / 24 | pct; $height;
		"\(.):00 to \(.):59: \($sums[.] | hours)");

# A bar for each weekday beside the rows.
def weekday_bars:
	[range(1; 8) as $d | [.hours[] | select(.weekday == $d).ms] | add // 0] as $sums
	| ($sums + [1] | max) as $most
	| range(0; 7)
	| rect("margin"; 0; . * 22; $sums[.] / $most | pct; 20;
		"\(weekday_names[.]): \($sums[.] | hours)");

def busiest_hour:
	.hours | max_by(.ms)
	| "Most on \(weekday_names[.weekday - 1])s from \(.hour):00 to \((.hour + 1) % 24):00.";

def week:
	section("week"; "Hour by hour";
		select((.hours // []) | length > 0)
		| (.hours | map(.ms) | shade_step) as $step
		| (reduce .hours[] as $h ({}; .["\($h.weekday) \($h.hour)"] = $h)) as $sums
		| "<p class='lead'>\(busiest_hour)</p>",
		  "<div class='plot week'>",
		  svg("labels"; 216; "Weekdays"; range(0; 7)
			| . as $i | weekday_names[$i][:3]
			| words("axis end"; "100%"; $i * 22 + 55)),
		  svg("chart"; 216; "Listening time by hour and weekday";
			hour_bars,
			"<g transform='translate(0 40)'>", week_cells($sums; $step), "</g>",
			((0, 6, 12, 18) as $h | "\($h):00"
				| words("axis"; $h / 24 | pct; 210))),
		  svg("chart side"; 216; "Listening time by weekday";
			"<g transform='translate(0 40)'>", weekday_bars, "</g>"),
		  "</div>",
		  legend($step; "in total"; false),
		  table("Each hour of the week as a table";
			["Weekday", "Hour", "#Listens", "#Time"];
			.hours[] | [weekday_names[.weekday - 1], "\(.hour):00",
				(.listens | num), (.ms | hours)]));

# --- Top lists ----------------------------------------------------------------

# An item of a list: what it is, whose it is, a number, and its bar. These are
# HTML already.
def ranked($rank; $title; $by; $value; $part):
	"<li>" + (if $rank == "" then "" else "<span class='rank'>\($rank)</span>" end)
	+ "<span class='what'><b>\($title)</b>"
	+ (if $by == "" then "" else "<small>\($by)</small>" end)
	+ "</span><span class='value'>\($value)</span>"
	+ (if $part == 0 then "" else $part | bar end) + "</li>";

def top($title; $rows; $what; about; $columns; cells):
	if ($rows // []) | length == 0 then empty
	else
		([$rows[0].listens, 1] | max) as $most
		| "<div>", "<h3>\($title)</h3>", "<ol class='ranked'>",
		  ($rows | to_entries[:10][] | .key as $i | .value
			| ranked($i + 1; .[$what] | name; about; .listens | num;
				.listens / $most)),
		  "</ol>",
		  table("\($rows | length) \($title | ascii_downcase) as a table"; $columns;
			$rows | to_entries[] | .key as $i | .value
			| ["\($i + 1)"] + [cells] + [(.listens | num), (.ms | hours)]),
		  "</div>"
	end;

def tops:
	section("top"; "Most played";
		[top("Artists"; .top_artists; "artist"; .tracks | count("track");
			["#", "Artist", "#Tracks", "#Listens", "#Time"];
			(.artist | name), (.tracks | num)),
		top("Tracks"; .top_tracks; "track"; .artists | by;
			["#", "Track", "Artists", "Album", "#Listens", "#Time"];
			(.track | name), (.artists | name), (.album | name)),
		top("Albums"; .top_albums; "album"; .artists | by;
			["#", "Album", "Artists", "#Listens", "#Time"];
			(.album | name), (.artists | name))]
		| if length > 0 then
			"<p class='lead'>Number of listens.</p>",
			"<div class='columns'>", .[], "</div>"
		  else empty end);

# --- First and longest loved --------------------------------------------------

def firsts:
	section("firsts"; "First listen" +
			if .firsts | length > 1 then " of each year" else "" end;
		select((.firsts // []) | length > 0)
		| "<ol class='firsts'>",
		  (.firsts[]
			| "<li><span class='year'>\(.year | text)</span><span class='what'>"
			+ "<b>\(.track | name)</b><small>\(.artists | by)</small></span>"
			+ "<span class='soft'>\(.day | long_date)</span></li>"),
		  "</ol>");

# A shade for each month, and gaps over them. $gaps has the members of a report
# that gap_bands needs.
def loved_row($from; $to; $step; $gaps):
	"\(span(.first_day; .last_day)): \(.listens | count("listen")) in \(
		.months | count("month"))" as $about
	| "<li><b>\(.artist | name)</b>",
	  "<svg viewBox='0 0 \($to - $from) 1' preserveAspectRatio='none' width='100%'"
	  + " height='14' role='img' aria-label='\($about)'><title>\($about)</title>",
	  "<path class='q0' d='M0 0h\($to - $from)v1H0z'/>",
	  ([.by_month[]? | {q: shade($step), at: ((.month + "-01" | day_number) - $from)}]
		| group_by(.q)[]
		| "<path class='q\(.[0].q)' d='\(map("M\(.at) 0h28v1h-28z") | add)'/>"),
	  "</svg>",
	  (select($gaps.gaps != [])
		| svg("gaps"; 26; "Gaps"; $gaps | gap_bands($from; $to; 26))),
	  "<span class='value'>\(.months | count("month"))</span></li>";

# Not of a few weeks, in which all are loved equally long. Gaps of less than a
# pixel or two are left out.
def loved:
	section("loved"; "Longest loved";
		select(any(.loved[]?; .months > 2))
		| (.loved | map(.first_day) | min | .[:8] + "01" | day_number) as $from
		| ((.loved | map(.last_day) | max | day_number) + 1) as $to
		| ([.loved[].by_month[]?.ms] | shade_step) as $step
		| {gaps: [.gaps[]? | select((.last_day | day_number)
			- (.first_day | day_number) > ($to - $from) / 200)]} as $gaps
		| "<p class='lead'>Artists heard in the most months, and how much in each.</p>",
		  "<ol class='loved'>",
		  (.loved[] | loved_row($from; $to; $step; $gaps)),
		  "<li>",
		  svg("chart"; 20; "Years"; marks($from; $to)
			| (.[0] | pct) as $x | .[2] as $class | .[1] | words($class; $x; 14)),
		  "</li></ol>",
		  legend($step; "a month"; $gaps.gaps != []),
		  table("Longest loved as a table";
			["Artist", "First", "Last", "#Months", "#Listens"];
			.loved[] | [(.artist | name), (.first_day | short_date),
				(.last_day | short_date), (.months | num), (.listens | num)]));

# --- Sessions and streaks -----------------------------------------------------

def streak($what):
	select((.days // 0) > 1)
	| fact(.days | count("day"); "\($what), \(span(.from; .to))");

def sessions:
	section("sessions"; "Sessions and streaks";
		[(.sessions | select((.count // 0) > 0)
			| fact(.count | num; if .count == 1 then "session" else "sessions" end
				+ ", ended by a pause of 30 minutes"),
			  (select(.count > 1) | fact(.ms / .count | hours; "average session")),
			  (.longest // empty | fact(.ms | hours; "longest session, on "
				+ "\(.day // .from | long_date): \(.listens | count("listen"))"))),
		(.streaks.longest | streak("longest streak of days with a listen")),
		(select(.streaks.current.from != .streaks.longest.from)
			| .streaks.current | streak("current streak"))]
		| if length > 0 then "<ul class='facts'>", .[], "</ul>" else empty end);

# --- How listens ended --------------------------------------------------------

def ending_text: {
	trackdone: "Played to the end", fwdbtn: "Skipped forward",
	backbtn: "Skipped back", endplay: "Stopped",
	clickrow: "Something else was chosen",
	clickside: "Something else was chosen in the sidebar",
	playbtn: "Play was pressed", trackerror: "An error", logout: "Logged out",
	remote: "Ended from another device", "unexpected-exit": "The app quit",
	"unexpected-exit-while-paused": "The app quit while paused",
	unknown: "Not known" }[.] // .;

def endings_list:
	(.endings // [])
	| if length == 0 then empty
	  else
		(map(.streams) + [1] | max) as $most | (map(.streams) | add) as $all
		| "<div><h3>How streams ended</h3>", "<ol class='ranked plain'>",
		  (.[:8][] | ranked(""; .reason // "unknown" | tostring | ending_text | name; "";
			.streams | share($all); .streams / $most)),
		  "</ol>",
		  table("All reasons as a table"; ["Reason", "As exported", "#Streams"];
			.[] | [(.reason // "" | tostring | ending_text | name),
				(.reason | name), (.streams | num)]),
		  "</div>"
	  end;

def skipped_list:
	(.skips.tracks // [] | map(select(.skipped > 0)))
	| if length == 0 then empty
	  else
		"<div><h3>Most skipped</h3>", "<ol class='ranked'>",
		(.[0].skipped as $most | to_entries[:8][] | .key as $i | .value
			| ranked($i + 1; .track | name; .artists | by;
				"\(.skipped | num) of \(.streams | num)"; .skipped / $most)),
		"</ol>",
		table("Most skipped as a table";
			["Track", "Artists", "#Streams", "#Skipped"];
			.[] | [(.track | name), (.artists | name), (.streams | num),
				(.skipped | num)]),
		"</div>"
	  end;

def endings:
	section("endings"; "Skips";
		if .skips == null and ((.endings // []) | length == 0) then
			"<p>How listens ended, and what you skipped, is only in your extended",
			"streaming history. Ask Spotify for it, and import its file:</p>",
			import_command
		else
			(.skips | select((.streams // 0) > 0)
				| "<p class='lead'>Skipped: \(.skipped | num)",
				  "(\(.streams as $all | .skipped | share($all))) of",
				  "\(.streams | count("stream")) of tracks in the export. A stream",
				  "is whatever was started, even if too short for a listen.</p>"),
			"<div class='columns two'>", endings_list, skipped_list, "</div>"
		end);

# --- Playlists ----------------------------------------------------------------

def playlist_row($most):
	(.listens // 0) as $n
	| ranked(""; .name | name; "\(.tracks | count("track"))\(
		if .owner | is_blank then "" else " by \(.owner | name)" end)";
		if $n == 0 then "" else $n | count("listen") end;
		if $n == 0 then 0 else $n / $most end);

def change_row:
	(.artists | by | if . == "" then "" else " <small>\(.)</small>" end) as $by
	| "<li class='\(if .change == "removed" then "removed" else "added" end)'>"
	+ "<span class='cut'>\(.track | name)\($by)</span>"
	+ "<span class='soft'>\(.day | short_date)</span></li>";

# What changed in one playlist: the newest five, the others only counted.
def playlist_changes:
	def how_many($change):
		map(select((.change == "removed") == ($change == "removed"))) | length
		| if . > 0 then "\(num) \($change)" else empty end;
	"<h4 class='cut'>\(.[0].playlist | name) <span class='soft'>"
	+ ([how_many("added"), how_many("removed")] | join(", ")) + "</span></h4>",
	"<ul class='changes'>", (.[:5][] | change_row),
	(select(length > 5) | "<li class='soft'>and \(length - 5 | num) earlier</li>"),
	"</ul>";

# The playlists with the newest changes.
def change_list:
	(.playlist_changes // [])
	| if length == 0 then empty
	  else
		"<div><h3>What changed lately</h3>",
		(group_by(.playlist_id // .playlist) | sort_by(.[0].day) | reverse[:4][]
			| playlist_changes),
		table("\(length | count("change")) as a table";
			["Day", "Playlist", "Change", "Track", "Artists"];
			.[] | [(.day | short_date), (.playlist | name),
				(.change | text), (.track | name), (.artists | by)]),
		"</div>"
	  end;

def playlist_list:
	(.playlists // [])
	| if length == 0 then empty
	  else
		(map(.listens // 0) | max) as $most
		| "<div><h3>\(if $most > 0 then "Most played from" else "In the library" end)</h3>",
		  "<ol class='ranked plain'>",
		  (sort_by(- (.listens // 0))[:10][] | playlist_row($most)), "</ol>",
		  table("\(length | count("playlist")) as a table";
			["Playlist", "Owner", "#Tracks", "#Listens", "Tracks as of"];
			.[] | [(.name | name), (.owner | name), (.tracks | num),
				(.listens | num),
				(.updated | if is_blank then "" else short_date end)]),
		  "</div>"
	  end;

def playlists:
	section("playlists"; "Playlists";
		[any(.playlists[]?; (.listens // 0) > 0), playlist_list, change_list]
		| if length > 1 then
			if .[0] then "<p class='lead'>Only the API says from which playlist",
				"a listen came.</p>"
			else empty end,
			"<div class='columns two'>", .[1:][], "</div>"
		  else empty end);

# --- Connections --------------------------------------------------------------

# Nodes in the order of the chart, each with its place in it, and the edges
# between them. The owner comes first, then users, then artists, each the heaviest
# first.
def connections:
	(reduce .graph.edges[]? as $e ({};
		.[$e.from, $e.to | tostring] += ($e.weight // 1))) as $weight
	| ((.graph.nodes // []) | unique_by(.id)
		| sort_by({me: 0, user: 1}[.kind // ""] // 2,
			- ($weight[.id | tostring] // 0))) as $nodes
	| ($nodes | map(.id) | to_entries
		| map({key: (.value | tostring), value: .key}) | from_entries) as $place
	| {nodes: [$nodes | to_entries[] | .value + {place: .key}],
	   most: ([.graph.edges[]?.weight // 1, 4] | max),
	   edges: [(.graph.edges // [])[]
		| .a = $place[.from | tostring] | .b = $place[.to | tostring]
		| select(.a != null and .b != null and .a != .b)]};

def kind_of_edge: .kind // "" | tostring | gsub("-"; " ") | text;
def isolated: "\u2068\(short(40))\u2069";	# in its own direction of writing

def edge_title($nodes):
	"\($nodes[.a].name | isolated) \(kind_of_edge) \($nodes[.b].name | isolated)";

def edge_class: if .kind == "follows-artist" then "edge" else "edge person" end;

def round1: . * 10 | round / 10;

# An edge is as wide as it is heavy beside the heaviest one, $most.
def edge_path($nodes; $most; $d):
	((.weight // 1) / $most | sqrt * 3.4 + 0.8 | round1) as $width
	| "<path class='\(edge_class)' stroke-width='\($width)' d='\($d)'>"
	+ "<title>\(edge_title($nodes))</title></path>";

# On a wide screen: the owner in the middle, the others around, with a space
# between users and artists. Angles go clockwise from the top.
def angles:
	(map(select(.kind != "me")) | group_by(.kind == "user") | length) as $gaps
	| map(select(.kind != "me")) as $outer
	| reduce $outer[] as $n ({next: 0, kind: $outer[0].kind, at: []};
		(if ($n.kind == "user") != (.kind == "user") then .next += 1 else . end)
		| .kind = $n.kind | .at[$n.place] = .next | .next += 1)
	| (.next + (if $gaps > 1 then 1 else 0 end)) as $count
	| .at | map(if . == null then null
		else ((. + 0.5) / $count - 0.25) * 6.283185307179586 end);

def point($angle; $r):
	"\(360 + $r * ($angle | cos) | round1) \(360 + $r * ($angle | sin) | round1)";

# Between two on the circle: bent to the middle, the more the farther they are.
def bow($a; $b):
	(360 + 70 * (($a | cos) + ($b | cos)) | round1) as $x
	| (360 + 70 * (($a | sin) + ($b | sin)) | round1) as $y
	| "M\(point($a; 215))Q\($x) \($y) \(point($b; 215))";

def circle_node($angle):
	(if ($angle | cos) < -0.0001 then ["end", "rotate(180) translate(-9 4)"]
		else ["start", "translate(9 4)"] end) as [$class, $turn]
	| ($angle * 180 / 3.141592653589793 | round1) as $degrees
	| "<g transform='translate(\(point($angle; 220))) rotate(\($degrees))'>"
	+ "<circle class='node \(.kind | text)' r='4'/>"
	+ "<text class='\($class)' transform='\($turn)'>\(.name | short(20))"
	+ "<title>\(.name | text)</title></text></g>";

def circle_chart:
	.nodes as $nodes | .most as $most | ($nodes | angles) as $angles
	| "<svg class='circle' viewBox='0 0 720 720' role='img'"
	+ " aria-label='Who and what is connected'>",
	  (.edges[] | edge_path($nodes; $most;
		if $angles[.a] == null then "M360 360L\(point($angles[.b]; 215))"
		elif $angles[.b] == null then "M360 360L\(point($angles[.a]; 215))"
		else bow($angles[.a]; $angles[.b]) end)),
	  ($nodes[] | select($angles[.place] != null) | circle_node($angles[.place])),
	  ($nodes[] | select(.kind == "me")
		| "<circle class='node me' cx='360' cy='360' r='40'/>",
		  (.name | short(9) | words("center"; 360; 364))),
	  "</svg>";

# On a narrow one: a list, and arcs beside it.
def list_chart:
	.nodes as $nodes | .most as $most
	| svg("list"; ($nodes | length) * 22 + 8; "Who and what is connected";
		(.edges[]
			| ([.a, .b] | min * 22 + 14) as $from | ([.a, .b] | max * 22 + 14) as $to
			| (($to - $from) / 2) as $high | ([$high, 90] | min) as $wide
			| edge_path($nodes; $most;
				"M96 \($from)A\($wide) \($high) 0 0 0 96 \($to)")),
		($nodes[]
			| (.place * 22 + 14) as $y
			| "<circle class='node \(.kind | text)' cx='100' cy='\($y)' r='4'/>",
			  (.name | short(26) | words("start"; 110; $y + 4))));

def key($kind): swatch("<circle class='node \($kind)' cx='7' cy='7' r='5'/>");

def graph:
	section("graph"; "Connections";
		connections
		| select((.nodes | length) > 1)
		| .nodes as $nodes
		| "<p class='lead'>", "\(key("me")) you", "\(key("user")) people",
		  "\(key("artist")) artists that you follow; a wider line is more listens</p>",
		  circle_chart, list_chart,
		  table("\(.edges | length | count("connection")) as a table";
			["From", "How", "To", "#Weight"];
			.edges[] | [($nodes[.a].name | name),
				kind_of_edge,
				($nodes[.b].name | name), (.weight | num)]));

# --- Foot ---------------------------------------------------------------------

def source_text:
	{api: "the API", export: "an export", both: "the API and an export"}[.]
	// (. | text);

def source_line:
	"<li>\(.listens | count("listen")) from \(.source // "" | tostring | source_text)\(
		if .first_day == null then "" else ", \(span(.first_day; .last_day))" end)</li>";

def missing_line:
	(.what // "" | tostring) as $what | .count as $n
	| if ($n // 0) == 0 then empty
	  elif $what == "gaps" then
		"\($n | count("gap")) in which listens may be missing: a later export has them"
	  elif $what == "refused" then
		($n | count("record was"; "records were"))
		+ " refused: see the table <code>ingest_errors</code>"
	  elif $what == "unnamed_tracks" then
		($n | count("track has"; "tracks have"))
		+ " no name yet: <code>sp-run catalogue</code> fetches "
		+ if $n == 1 then "it" else "them" end
	  elif $what == "unloaded" then
		($n | count("run was"; "runs were"))
		+ " interrupted: the next one loads what was stored"
	  else "\($what | gsub("_"; " ") | text): \($n | num)" end
	| "<li>\(.)</li>";

def kind_text:
	{track: "tracks", episode: "podcast episodes", video: "videos",
		audiobook: "audiobooks"}[.] // text;

def kind_line:
	"<li>\(.listens | count("listen")) to "
	+ "\(.kind // "" | tostring | kind_text), \(.ms | hours)</li>";

def incognito_line:
	.incognito // empty | .listens as $n | select(($n // 0) > 0)
	| "<li>\($n | count("listen")) in private sessions \(
		if .included then "included" else "left out" end)</li>";

def list($title; items): [items]
	| if length > 0 then "<div><h3>\($title)</h3>", "<ul>", .[], "</ul></div>"
	  else empty end;

def method:
	select(has_listens)
	| "<li>A listen lasts 30 seconds or more</li>",
	  incognito_line,
	  "<li>Days and hours are local: <bdi>\(.zone // "UTC" | text)</bdi></li>";

def foot:
	"<footer id='about'>",
	([list("Sources"; .sources[]? | source_line),
	list("Missing"; .missing[]? | missing_line),
	list("Heard"; .kinds[]? | kind_line),
	list("Method"; method)]
	| if length > 0 then
		"<h2>About these numbers</h2>", "<div class='columns'>", .[], "</div>"
	  else empty end),
	table("\(.files // [] | length | count("file")) of exports as a table";
		["File", "Form", "#Rows", "First", "Last"];
		.files[]? | [(.file | name), (.form | text), (.rows | num),
			(.first_day // "" | text), (.last_day // "" | text)]),
	"<p class='soft'>Made by sp-report \(.version | text)\(
		if .generated_at | is_blank then ""
		else " on \(.generated_at | long_date), \(.generated_at[11:16] | text) UTC"
		end). This page loads nothing and sends nothing.</p>",
	"</footer>";

# --- The page -----------------------------------------------------------------

# The SHA-256 in hexadecimal digits, in base64: three digits are two characters.
def base64_of_hex:
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" as $digits
	| . + "00" | explode | map(if . > 96 then . - 87 else . - 48 end)
	| [range(0; length; 3) as $i
		| .[$i] * 256 + .[$i + 1] * 16 + .[$i + 2]
		| $digits[(. / 64 | floor):(. / 64 | floor) + 1], $digits[. % 64:. % 64 + 1]]
	| add | .[:-1] + "=";

def policy:
	($ARGS.named.css_sha256 // "")
	| if test("^[0-9a-f]{64}$") then "'sha256-\(base64_of_hex)'"
	  else "'unsafe-inline'" end
	| "default-src 'none'; style-src \(.); base-uri 'none'; form-action 'none'";

def head:
	"<!DOCTYPE html>",
	"<html lang='en'>",
	"<head>",
	"<meta charset='utf-8'>",
	"<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">",
	"<meta name='viewport' content='width=device-width, initial-scale=1'>",
	"<meta name='color-scheme' content='light dark'>",
	"<meta name='generator' content='sp-report \(.version | text)'>",
	"<title>\(window_title)</title>",
	"<style>\($css)</style>",
	"</head>";

# What fills gaps, for all charts.
def patterns:
	"<svg class='patterns' width='0' height='0' aria-hidden='true'><defs>",
	"<pattern id='hatch' width='5' height='5' patternUnits='userSpaceOnUse'"
	+ " patternTransform='rotate(45)'>",
	"<rect class='hatch-ground' width='5' height='5'/>",
	"<rect class='hatch-line' width='1.5' height='5'/>",
	"</pattern></defs></svg>";

def page:
	if type != "object"
	then error("the data is no object as in DATA of sp-report(1): use --template")
	elif $css | test("</style"; "i") then error("report.css: contains </style")
	else . end
	| head,
	  "<body>", patterns, "<main>",
	  header,
	  (if has_listens
		then over_time, calendar, week, tops, firsts, loved, sessions, endings
		else nothing_yet end),
	  playlists, graph,
	  foot,
	  "</main>", "</body>", "</html>";

page
