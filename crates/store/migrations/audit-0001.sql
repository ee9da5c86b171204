-- The audit log: one chain of entries, appended only. `link` is SHA-256(previous link, seq, at, body).
create table audit (
  seq integer primary key,
  at bigint not null,
  body blob not null,
  link blob not null
);

-- How far the entries that writes left in the record (audit_out) have been taken over.
create table taken (
  one integer primary key,
  seq bigint not null
);
insert into taken (one, seq) values (1, 0);
