-- Sign-in through outside providers, drafts of sessions that were left, browser apps' origins, what two people must agree
-- on.

-- An outside provider's person is an account. expected: the value of the claim by which an administrator named the person;
-- subject: the provider's own name for them, noted at the first sign-in, by which they are known from then on.
create table identity (
  id text primary key,
  account text not null,
  issuer text not null,
  expected text not null,
  subject text,
  created bigint not null,
  used bigint
) without rowid;
create unique index identity_by_subject on identity (issuer, subject);
create unique index identity_by_expected on identity (issuer, expected);
create index identity_by_account on identity (account);

-- What was typed on a page when its session was locked or left; body is sealed under the keyring.
create table draft (
  session text primary key,
  place text not null,
  body blob not null,
  at bigint not null
) without rowid;

-- Origins whose scripts may call with this client's tokens, one a line.
alter table client add column origins text;

-- When an emergency access whose review is overdue was told to everybody who should know.
alter table break_glass add column escalated bigint;

-- Why a recertification decided so.
alter table recheck_item add column reason text;

-- Acts that take effect when a second administrator agrees.
create table proposal (
  id text primary key,
  act text not null,
  account text not null,
  detail text not null,
  version bigint not null,
  asker text not null,
  asker_name text not null,
  reason text not null,
  made bigint not null,
  ends bigint not null,
  outcome integer not null,
  decided bigint,
  decider text
) without rowid;
create index proposal_by_outcome on proposal (outcome, ends);
