-- What the clinic has agreed or had done, and until when that holds: agreements with business associates, tests for
-- weaknesses, yearly reviews (45 CFR 164.308). Rows are ended, never removed: they are kept for longer than six years.
create table duty (
  id text primary key,
  kind integer not null,
  name text not null,
  detail text not null,
  done bigint not null,
  until bigint not null,
  digest blob,
  made bigint not null,
  who text not null,
  ended bigint,
  told bigint
) without rowid;
