-- name: table_names
select name from main.sqlite_master where type = 'table' order by name;
