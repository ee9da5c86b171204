-- Corrections of a patient's data whose recipients were not looked up yet: written with what corrects, removed with the lines
-- that say whom to tell.
create table telling_owed (
  about text primary key,
  patient text not null,
  since bigint not null
) without rowid;
