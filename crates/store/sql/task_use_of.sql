select task
  from task_use
 where account = $1 and last > $2
