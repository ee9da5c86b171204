delete from itok
 where branch = $1 and v = $2 and ord = $3 and key = $4 and sys = $5
