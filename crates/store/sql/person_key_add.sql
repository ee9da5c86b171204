insert into person_key (id, account, subject, public, sealed, made)
values ($1, $2, $3, $4, $5, $6)
