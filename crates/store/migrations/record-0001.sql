-- The record: current versions, older versions, the search index, API clients and their tokens.
create table res (
  key integer primary key,
  kind integer not null,
  id text not null,
  version bigint not null,
  updated bigint not null,
  change integer not null,
  ord bigint not null,
  body blob not null
);
create index res_by_kind on res (kind, updated, key);

create table hist (
  key bigint not null,
  version bigint not null,
  kind integer not null,
  id text not null,
  updated bigint not null,
  change integer not null,
  body blob not null,
  primary key (key, version)
) without rowid;
create index hist_by_kind on hist (kind, updated, key, version);

create table itok (
  branch integer not null,
  v bigint not null,
  ord bigint not null,
  key bigint not null,
  sys bigint not null,
  primary key (branch, v, ord, key, sys)
) without rowid;

create table iref (
  v bigint not null,
  branch integer not null,
  ord bigint not null,
  key bigint not null,
  primary key (v, branch, ord, key)
) without rowid;

create table ipc (
  patient bigint not null,
  branch integer not null,
  v bigint not null,
  ord bigint not null,
  key bigint not null,
  sys bigint not null,
  primary key (patient, branch, v, ord, key, sys)
) without rowid;

create table idat (
  branch integer not null,
  lo bigint not null,
  hi bigint not null,
  key bigint not null,
  primary key (branch, lo, hi, key)
) without rowid;

create table istr (
  branch integer not null,
  v text not null,
  key bigint not null,
  primary key (branch, v, key)
) without rowid;

create table inum (
  branch integer not null,
  lo double precision not null,
  hi double precision not null,
  unit bigint not null,
  key bigint not null,
  primary key (branch, lo, hi, unit, key)
) without rowid;

create table audit_out (
  seq integer primary key,
  at bigint not null,
  body blob not null
);

create table client (
  id text primary key,
  name text not null,
  scopes text not null,
  jwks text,
  created bigint not null,
  disabled bigint
) without rowid;

create table token (
  hash blob primary key,
  client text not null,
  scopes text not null,
  patient text,
  expires bigint not null,
  revoked bigint
) without rowid;
create index token_by_expiry on token (expires);

create table assertion (
  client text not null,
  jti text not null,
  expires bigint not null,
  primary key (client, jti)
) without rowid;

create table import_done (
  digest blob primary key,
  source text not null,
  at bigint not null
) without rowid;
