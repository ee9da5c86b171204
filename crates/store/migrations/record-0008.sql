-- How many changes to the patients' keys the record has seen: what was erased later is still to be removed from it.
create table patient_keys (
  one integer primary key,
  serial bigint not null
);
insert into patient_keys (one, serial) values (1, 0);

-- Erasures (GDPR, Article 17): the decision, who took it, and what was removed. state 1: decided, 2: done, 3: withdrawn.
create table erasure (
  id text primary key,
  patient bigint not null,
  patient_id text not null,
  decision text not null,
  decided bigint not null,
  decided_by text not null,
  state integer not null,
  ended bigint,
  ended_by text,
  resources bigint,
  versions bigint,
  left_over text
) without rowid;
create index erasure_by_state on erasure (state, decided);

-- What forbids an erasure: a legal hold or a retention period.
create table hold (
  id text primary key,
  patient bigint not null,
  patient_id text not null,
  reason text not null,
  since bigint not null,
  until bigint,
  set_by text not null,
  lifted bigint,
  lifted_by text
) without rowid;
create index hold_by_patient on hold (patient);

-- Older versions that were an erased patient's, of resources that are somebody else's now: they are missing for a reason.
create table erased_version (
  key bigint not null,
  version bigint not null,
  primary key (key, version)
) without rowid;

-- Keys of resources whose patient was erased while the record was elsewhere; empty but during a start.
create table erased_key (
  key integer primary key
);
