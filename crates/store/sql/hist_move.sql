insert into hist (key, version, kind, id, updated, change, body)
select key, version, kind, id, updated, change, body
  from res
 where key = $1
