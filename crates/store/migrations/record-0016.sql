-- What somebody should look at now: one row for a cause as long as nobody has decided it.
create table alert (
  id text primary key,
  kind text not null,
  cause text not null,
  text text not null,
  first bigint not null,
  last bigint not null,
  seq bigint not null,
  count integer not null,
  decided bigint,
  decided_by text,
  note text,
  incident text
) without rowid;
create unique index alert_open on alert (kind, cause) where decided is null;
create index alert_by_time on alert (last);

-- Incidents: what was found out, and whom it concerns as the audit log says under a head that was signed when it was opened.
create table incident (
  id text primary key,
  version integer not null,
  opened bigint not null,
  closed bigint,
  body text not null
) without rowid;
