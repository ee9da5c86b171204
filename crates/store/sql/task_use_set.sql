insert into task_use (account, task, last)
values ($1, $2, $3)
on conflict (account, task) do update
   set last = excluded.last
