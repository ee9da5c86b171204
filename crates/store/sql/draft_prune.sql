delete from draft
 where at < $1
