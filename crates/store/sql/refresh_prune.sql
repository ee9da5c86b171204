delete from refresh
 where ends < $1
