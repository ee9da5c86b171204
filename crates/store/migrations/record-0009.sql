-- What checks of the store found: the last of each kind, how far the running one has come, and what is wrong now.
create table checked (
  what text primary key,
  at bigint not null,
  wrong bigint not null,
  detail text not null
) without rowid;

create table found (
  place text not null,
  what text not null,
  mend text not null,
  first_at bigint not null,
  last_at bigint not null,
  primary key (place, what)
) without rowid;
