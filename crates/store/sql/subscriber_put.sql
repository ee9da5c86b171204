insert into subscriber (id, client, scopes, patient, events, sent, shaken, tries, next_at, beat_at)
values ($1, $2, $3, $4, 0, 0, $5, 0, $6, null)
on conflict (id) do update
   set client = excluded.client,
       scopes = excluded.scopes,
       patient = excluded.patient,
       shaken = excluded.shaken,
       tries = 0,
       next_at = excluded.next_at,
       beat_at = null
