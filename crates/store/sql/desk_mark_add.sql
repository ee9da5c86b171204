insert into desk_mark (mark, report)
values ($1, $2)
    on conflict (mark, report) do nothing
