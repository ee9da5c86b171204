-- How far the log was sent to each place that the installation names: every entry up to `seq` is out.
create table audit_send (
  target text primary key,
  seq bigint not null,
  began bigint not null,
  sent bigint,
  tries integer not null,
  failed bigint,
  error text
) without rowid;
