insert into import_done (digest, source, at)
values ($1, $2, $3)
on conflict do nothing
