insert into telling_owed (about, patient, since)
values ($1, $2, $3)
on conflict (about) do nothing
