delete from failure
 where kind = $1
   and last < (select last from failure where kind = $1 order by last desc limit 1 offset $2)
