insert into mail (id, kind, account, address, detail, secret, made, until, due, tries, state, failure)
select $1, $2, $3, $4, $5, $6, $7, $8, $7, 0, 0, ''
  from mailing
