delete from code
 where ends < $1
