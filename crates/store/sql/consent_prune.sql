delete from consent
 where ends < $1
