insert into audit_indexed (one, upto, old)
values (1, $1, $2)
