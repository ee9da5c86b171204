delete from link
 where ends < $1
