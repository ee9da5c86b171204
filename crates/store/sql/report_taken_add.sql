insert into report_taken (made, at, who, form)
values ($1, $2, $3, $4)
    on conflict (made, at, who, form) do nothing
