insert into desk_mail (digest, at, said)
values ($1, $2, $3)
    on conflict (digest) do nothing
