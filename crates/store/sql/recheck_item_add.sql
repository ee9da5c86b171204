insert into recheck_item (recheck, account, user_name, roles, signed_in, unused, decision)
values ($1, $2, $3, $4, $5, $6, 0)
