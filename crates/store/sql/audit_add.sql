insert into audit (seq, at, body, link)
values ($1, $2, $3, $4)
