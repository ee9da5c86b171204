delete from approval
 where ends < $1
