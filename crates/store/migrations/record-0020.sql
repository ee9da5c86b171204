-- Whom the clinic must tell of what, by when: whoever works with its data when somebody's access ends or the emergency plan is in
-- force, and whoever received a patient's data when these were corrected or erased. Never removed.
create table telling (
  id text primary key,
  kind integer not null,
  whom text not null,
  about text not null,
  since bigint not null,
  due bigint not null,
  ended bigint,
  outcome integer,
  note text,
  who text
) without rowid;
