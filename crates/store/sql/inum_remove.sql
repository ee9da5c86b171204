delete from inum
 where branch = $1 and v = $2 and unit = $3 and key = $4
