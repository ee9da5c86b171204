insert into mailing (one, since)
values (1, $1)
    on conflict (one) do nothing
