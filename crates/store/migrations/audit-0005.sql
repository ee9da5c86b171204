-- How many entries of the emergency spool of this mark are in the log: they are not taken over again.
create table audit_spool (
  one integer primary key,
  mark blob not null,
  count bigint not null
);
