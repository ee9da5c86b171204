-- Subscriptions: whose they are, how far they were told, and what happened.
create table subscriber (
  id text primary key,
  client text not null,
  scopes text not null,
  patient text,
  events bigint not null,
  sent bigint not null,
  shaken integer not null,
  tries integer not null,
  next_at bigint,
  beat_at bigint
) without rowid;
create index subscriber_by_next on subscriber (next_at);
create index subscriber_by_beat on subscriber (beat_at);

create table event (
  sub text not null,
  number bigint not null,
  at bigint not null,
  kind integer not null,
  id text not null,
  version bigint not null,
  primary key (sub, number)
) without rowid;
create index event_by_time on event (at);
