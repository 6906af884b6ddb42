# lib/merge/tracklist_pages.sql: pages that wait are not put in order
/^-- name: pages_read$/,/^-- name: pages_followers$/s/^order by page_offset;$/order by page_offset desc;/
