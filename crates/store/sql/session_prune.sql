delete from session
 where ends < $1
