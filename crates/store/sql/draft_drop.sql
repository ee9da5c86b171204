delete from draft
 where session = $1
