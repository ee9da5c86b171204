delete from ipc
 where patient = $1 and branch = $2 and v = $3 and ord = $4 and key = $5 and sys = $6
