delete from family
 where ends < $1
