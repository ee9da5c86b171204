insert into mail (id, kind, account, address, detail, made, until, due, tries, state, failure)
select $1, $2, account.id, account.email, $3, $4, $5, $4, 0, 0, ''
  from account
 cross join mailing
 where account.id = $6 and account.email is not null
