insert into audit_log (seq, at, body, leaf)
values ($1, $2, $3, $4)
