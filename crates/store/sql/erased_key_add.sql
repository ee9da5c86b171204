insert into erased_key (key)
values ($1)
