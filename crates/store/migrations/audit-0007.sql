-- Up to which group of the journal (of this mark) the log holds what it says, and where in the file the next group belongs.
create table audit_ahead (
  one integer primary key,
  mark blob not null,
  number bigint not null,
  place bigint not null
);
