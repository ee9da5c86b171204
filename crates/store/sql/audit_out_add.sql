insert into audit_out (seq, at, body)
values ($1, $2, $3)
