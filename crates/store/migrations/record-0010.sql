-- What the review of unexplained accesses found: one case for a person and a week.
create table insider_case (
  id text primary key,
  account text not null,
  name text not null,
  week bigint not null,
  score integer not null,
  reasons text not null,
  found bigint not null,
  outcome integer,
  decided bigint,
  decided_by text,
  note text
) without rowid;
create unique index insider_case_by_week on insider_case (account, week);
create index insider_case_by_state on insider_case (outcome, week);

-- Records and clients that nobody has reason to open or use.
create table decoy (
  kind text not null,
  id text not null,
  at bigint not null,
  who text not null,
  primary key (kind, id)
) without rowid;
