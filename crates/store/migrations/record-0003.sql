-- Apps that act for people (SMART App Launch): how a client is reached and proves who it is, what a person allowed it, the
-- tokens that came of it. Codes, tokens and launch handles are kept as their SHA-256 only.

-- kind: none for a backend service; 1 app in the browser, 2 installed app, 3 app on a server. audience: 1 patients, 2 staff,
-- 3 both. redirects: addresses, one a line. secret: SHA-256 of a client secret of 256 random bits. short_state: 1 where the
-- app's library makes states that are shorter than SMART asks for.
alter table client add column kind integer;
alter table client add column redirects text;
alter table client add column launch text;
alter table client add column contact text;
alter table client add column secret blob;
alter table client add column audience integer;
alter table client add column short_state integer;

-- What an account allowed a client, remembered until it ends or is revoked.
create table consent (
  id text primary key,
  account text not null,
  client text not null,
  scopes text not null,
  patient text,
  made bigint not null,
  ends bigint not null,
  used bigint,
  revoked bigint
) without rowid;
create index consent_by_account on consent (account, client, made);

-- All tokens that came of one authorization. session: the sign-in that it lives and dies with (online access). jkt: the
-- thumbprint of the key that its tokens are bound to. strength: how well the person had proved who they are.
create table family (
  id text primary key,
  consent text not null,
  account text not null,
  client text not null,
  scopes text not null,
  patient text,
  encounter text,
  strength integer not null,
  auth_time bigint not null,
  session text,
  jkt text,
  made bigint not null,
  ends bigint not null,
  revoked bigint
) without rowid;
create index family_by_consent on family (consent);
create index family_by_account on family (account);
create index family_by_end on family (ends);

create table code (
  hash blob primary key,
  family text not null,
  redirect text not null,
  challenge text not null,
  nonce text,
  ends bigint not null,
  used bigint
) without rowid;
create index code_by_end on code (ends);

create table refresh (
  hash blob primary key,
  family text not null,
  made bigint not null,
  ends bigint not null,
  used bigint
) without rowid;
create index refresh_by_end on refresh (ends);

alter table token add column family text;

create table launch (
  hash blob primary key,
  account text not null,
  client text not null,
  patient text,
  encounter text,
  ends bigint not null,
  used bigint
) without rowid;
create index launch_by_end on launch (ends);

-- Keys that ID tokens are signed with; sealed is the private key under the keyring.
create table signing_key (
  id text primary key,
  sealed blob not null,
  made bigint not null,
  retired bigint
) without rowid;
