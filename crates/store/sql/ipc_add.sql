insert into ipc (patient, branch, v, ord, key, sys)
values ($1, $2, $3, $4, $5, $6)
