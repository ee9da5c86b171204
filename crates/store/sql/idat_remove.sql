delete from idat
 where branch = $1 and lo = $2 and hi = $3 and key = $4
