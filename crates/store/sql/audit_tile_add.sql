insert into audit_tile (level, n, hash)
values ($1, $2, $3)
