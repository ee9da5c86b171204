select distinct key
  from ipc
 where patient = $1
 limit $2
