-- The data of a report, as one JSON object.
.mode list
select json_object('version', '');
