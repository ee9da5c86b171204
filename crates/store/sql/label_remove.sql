delete from label
 where label = $1 and key = $2
