insert into audit_patient (patient, seq)
values ($1, $2)
on conflict do nothing
