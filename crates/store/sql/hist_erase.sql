delete from hist
 where key = $1 and version = $2
