-- People: accounts, how they prove who they are, their sessions, links, notices and reviews. Times are milliseconds
-- since 1970 (UTC). Lists of ids are separated by blanks. Tokens, cookies and links are kept as their SHA-256 only.
create table account (
  id text primary key,
  user_name text not null,
  display text not null,
  email text,
  fhir_user text,
  roles text not null,
  facilities text not null,
  patients text not null,
  state integer not null,
  created bigint not null,
  not_after bigint,
  must_enrol integer not null,
  version bigint not null,
  signed_in bigint
) without rowid;
create unique index account_by_name on account (user_name);

create table session (
  hash blob primary key,
  id text not null,
  account text not null,
  created bigint not null,
  seen bigint not null,
  ends bigint not null,
  state integer not null,
  strength integer not null,
  stepped_up bigint,
  address text,
  agent text not null,
  device blob
) without rowid;
create unique index session_by_id on session (id);
create index session_by_account on session (account, created);
create index session_by_end on session (ends);

-- Browsers that an account signed in from, by the SHA-256 of their cookie.
create table device (
  account text not null,
  hash blob not null,
  label text not null,
  first_seen bigint not null,
  last_seen bigint not null,
  primary key (account, hash)
) without rowid;

-- kind 1: password, 2: passkey, 3: TOTP. The secret is sealed; handle is the SHA-256 of a passkey's credential id;
-- counter is a passkey's, or the last TOTP step that was accepted.
create table credential (
  id text primary key,
  account text not null,
  kind integer not null,
  label text not null,
  secret blob not null,
  handle blob,
  counter bigint not null,
  created bigint not null,
  used bigint
) without rowid;
create index credential_by_account on credential (account, created);
create unique index credential_by_handle on credential (handle);

create table recovery (
  account text not null,
  hash blob not null,
  created bigint not null,
  used bigint,
  primary key (account, hash)
) without rowid;

-- Consecutive failures. kind 1: account, 2: address, 3: known device of an account, 4: name that no account has.
create table failure (
  kind integer not null,
  name text not null,
  count bigint not null,
  last bigint not null,
  until bigint not null,
  primary key (kind, name)
) without rowid;
create index failure_by_time on failure (kind, last);

-- One-time links. kind 1: invitation, 2: reset, 3: set-up of the first administrator, 4: demonstration.
create table link (
  hash blob primary key,
  kind integer not null,
  account text not null,
  made bigint not null,
  ends bigint not null,
  used bigint
) without rowid;
create index link_by_account on link (account);
create index link_by_end on link (ends);

create table notice (
  id text primary key,
  account text not null,
  kind integer not null,
  at bigint not null,
  detail text not null,
  seen bigint
) without rowid;
create index notice_by_account on notice (account, at);

-- Recertification: a list of accounts with their rights as they were when it was opened.
create table recheck (
  id text primary key,
  opened bigint not null,
  due bigint not null,
  closed bigint
) without rowid;

create table recheck_item (
  recheck text not null,
  account text not null,
  user_name text not null,
  roles text not null,
  signed_in bigint,
  unused text not null,
  decision integer not null,
  decided bigint,
  decided_by text,
  primary key (recheck, account)
) without rowid;

-- When an account last used a task that its roles allow.
create table task_use (
  account text not null,
  task text not null,
  last bigint not null,
  primary key (account, task)
) without rowid;

-- Sign-ins that wait for a signed-in device to approve them by the number that they show.
create table approval (
  id text primary key,
  account text not null,
  session blob not null,
  number integer not null,
  address text,
  agent text not null,
  made bigint not null,
  ends bigint not null,
  decision integer not null,
  decided bigint
) without rowid;
create index approval_by_account on approval (account, made);
