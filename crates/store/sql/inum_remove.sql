delete from inum
 where branch = $1 and lo = $2 and hi = $3 and unit = $4 and key = $5
