insert into desk_rollout (advisory, at, body)
values ($1, $2, $3)
    on conflict (advisory) do nothing
