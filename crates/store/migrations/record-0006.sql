-- Bulk exports: whose they are, what they ask for, and lists of the versions in each file.
create table bulk (
  id text primary key,
  client text not null,
  scopes text not null,
  patient text,
  level text not null,
  query text not null,
  request text not null,
  at bigint not null,
  state integer not null,
  error text,
  expires bigint not null
) without rowid;
create index bulk_by_state on bulk (state, at);

create table bulk_file (
  bulk text not null,
  number bigint not null,
  kind integer not null,
  count bigint not null,
  items text not null,
  primary key (bulk, number)
) without rowid;
