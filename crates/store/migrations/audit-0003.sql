-- Indexes over the log, filled with the leaf in one transaction. What stands for a patient or a person is 32 bits of a
-- keyed hash; what is found by it is looked at again.
create table audit_patient (
  patient bigint not null,
  seq bigint not null,
  primary key (patient, seq)
) without rowid;

-- Who did it, for whom an app did it, and whose account it was done to.
create table audit_who (
  who bigint not null,
  seq bigint not null,
  primary key (who, seq)
) without rowid;

-- Acts that are no everyday reading and writing, and those that were refused: four times the kind, and the outcome.
create table audit_kind (
  kind integer not null,
  seq bigint not null,
  primary key (kind, seq)
) without rowid;

-- The earliest and the latest time in each 256 entries.
create table audit_span (
  n integer primary key,
  earliest bigint not null,
  latest bigint not null
);

-- How far the indexes are filled; entries up to `old` are of before they were, and say of what patients they are only in part.
create table audit_indexed (
  one integer primary key,
  upto bigint not null,
  old bigint not null
);
