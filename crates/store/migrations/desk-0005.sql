-- What cases and reports are found by: numbers, titles, products, addresses, ids elsewhere, in small letters between blanks. What
-- was there before is filled in by the release that adds this.
alter table desk_case add column words text not null default '';
alter table desk_report add column words text not null default '';
alter table desk_report add column subject text not null default '';

-- When a case came by the marks that its figures count from.
alter table desk_case add column acknowledged bigint;
alter table desk_case add column fixed bigint;
alter table desk_case add column published bigint;
alter table desk_case add column patched bigint;
update desk_case set acknowledged = (
  select min(e.at) from desk_event e where e.case_id = desk_case.id and e.body like '%"what":{"acknowledged":%');
update desk_case set fixed = (
  select min(e.at) from desk_event e
   where e.case_id = desk_case.id
     and (e.body like '%"what":{"moved":{"to":"release"}}%' or e.body like '%"what":{"bit_set":{"bit":"fix-ready"}}%'));
update desk_case set published = (
  select min(e.at) from desk_event e
   where e.case_id = desk_case.id
     and (e.body like '%"what":{"published":%' or e.body like '%"what":{"emergency_published":%'));

-- What is asked of services elsewhere: waiting (state 0), done (1), not done (2), on its way (3). Its id is the key of every try.
create table desk_errand (
  id text primary key,
  case_id text not null,
  errand text not null,
  at bigint not null,
  state integer not null,
  tries integer not null,
  due bigint not null,
  said text not null
) without rowid;
create index desk_errand_by_due on desk_errand (state, due);
create index desk_errand_by_case on desk_errand (case_id, at);

-- Standing duties: each row is once; what comes back has the next one made when it is done.
create table desk_duty (
  id text primary key,
  kind text not null,
  what text not null,
  owner text not null,
  due bigint not null,
  reminded bigint,
  done bigint,
  done_by text not null,
  evidence text not null
) without rowid;
create index desk_duty_by_due on desk_duty (done, due);

-- Bills of materials that are compared with advisories every night, and what was found the last time.
create table desk_sbom (
  name text primary key,
  at bigint not null,
  who text not null,
  body text not null,
  scanned bigint,
  found text not null
) without rowid;
