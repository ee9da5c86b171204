-- Reports on the audit log that are made by themselves: which, about whom, how often, and up to when they were made.
create table report_plan (
  id text primary key,
  report text not null,
  patient text,
  person text,
  facility text,
  every integer not null,
  who text not null,
  since bigint not null,
  last bigint not null,
  ended bigint
) without rowid;

-- Those that were made: the period, and how many entries the log had then. What they say is the log's and never changes.
create table report_made (
  id text primary key,
  plan text not null,
  since bigint not null,
  until bigint not null,
  at bigint not null,
  size bigint not null,
  entries bigint not null,
  more integer not null
) without rowid;

-- Who took one along as a file.
create table report_taken (
  made text not null,
  at bigint not null,
  who text not null,
  form text not null,
  primary key (made, at, who, form)
) without rowid;
