#!/bin/sh
# The graph of users and followed artists as DOT, for graphviz:
#
#	graph.sh music.db | dot -Tsvg > graph.svg
set -eu
db=${1:?usage: graph.sh DATABASE}

sqlite3 -readonly "$db" <<'SQL'
select 'digraph sp {';
select '	node [shape=box];';
select '	' || json_quote('user:' || user_id) || ' [label=' ||
	json_quote(coalesce(display_name, user_id)) ||
	iif(is_me, ', style=bold', '') || '];'
from users order by user_id;
select '	' || json_quote('artist:' || artist_id) || ' [shape=ellipse, label=' ||
	json_quote(coalesce(name, artist_id)) || '];'
from artists where artist_id in (select other_id from connections
	where kind = 'follows-artist') order by artist_id;
select '	' || json_quote('user:' || user_id) || ' -> ' ||
	json_quote(iif(kind = 'follows-artist', 'artist:', 'user:') || other_id) ||
	' [label=' || json_quote(kind) || '];'
from connections order by user_id, other_id, kind;
select '}';
SQL
