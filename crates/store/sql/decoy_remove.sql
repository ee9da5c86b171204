delete from decoy
 where kind = $1 and id = $2
