-- What decisions need to know of resources, written with them: whom they are about, their labels, who treats whom,
-- what patients deny. Then roles and emergency accesses.

-- A resource is about a patient. Patient 0: about somebody who is no patient of this server, or whom nobody knows.
create table part (
  key bigint not null,
  patient bigint not null,
  primary key (key, patient)
) without rowid;

-- A resource has a sensitivity label.
create table label (
  label integer not null,
  key bigint not null,
  primary key (label, key)
) without rowid;

-- A Practitioner or PractitionerRole treats a patient, by this resource, in this time.
create table care (
  actor bigint not null,
  patient bigint not null,
  source bigint not null,
  since bigint not null,
  until bigint not null,
  primary key (actor, patient, source, since, until)
) without rowid;

-- What a patient's Consent denies: a rule with permit 0 denies what fits one of its rows, unless that fits a row of a
-- rule with permit 1 whose parent it is. 0 (kind: -1) stands for any.
create table deny (
  patient bigint not null,
  permit integer not null,
  source bigint not null,
  rule integer not null,
  parent integer not null,
  actor bigint not null,
  kind integer not null,
  label integer not null,
  purpose integer not null,
  item bigint not null,
  since bigint not null,
  until bigint not null,
  primary key (patient, permit, source, rule, parent, actor, kind, label, purpose, item, since, until)
) without rowid;

-- Which of these rows are there for resources that were stored before the rows were known.
create table filled (
  name text primary key,
  at bigint not null
) without rowid;

-- A clinic's own roles: form 1 is a grid, 2 is Cedar. Older versions stay.
create table own_role (
  id text not null,
  version bigint not null,
  title text not null,
  form integer not null,
  body text not null,
  labels text not null,
  at bigint not null,
  who text not null,
  removed integer not null,
  primary key (id, version)
) without rowid;

-- Emergency accesses and their reviews. person is the account's number as the guards compare it.
create table break_glass (
  id text primary key,
  account text not null,
  person bigint not null,
  name text not null,
  patient_id text not null,
  patient bigint not null,
  reason text not null,
  detail text not null,
  opened bigint not null,
  ends bigint not null,
  due bigint not null,
  reviewed bigint,
  reviewer text,
  finding integer,
  note text
) without rowid;
create index break_glass_by_person on break_glass (person, ends);
create index break_glass_by_review on break_glass (reviewed, due);
