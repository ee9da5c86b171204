-- What the makers' response desk published, each as its signature held when it was fetched.
create table advisory (
  id text primary key,
  current bigint not null,
  body text not null
) without rowid;

-- How the feed stands: when it was signed, when it was asked last, what was matched last, and what is wrong with it.
create table advisory_feed (
  id bigint primary key,
  signed bigint,
  asked bigint,
  matched text not null,
  trouble text,
  told bigint
) without rowid;

-- How a component of this installation stands to a vulnerability of an advisory, and what was decided: one row for the three,
-- never removed.
create table finding (
  id text primary key,
  advisory text not null,
  vulnerability text not null,
  component text not null,
  decision text not null,
  first bigint not null,
  since bigint not null,
  due bigint,
  until bigint,
  version bigint not null,
  body text not null
) without rowid;
create unique index finding_by_key on finding (advisory, vulnerability, component);

-- Proofs of updates, as they were signed.
create table receipt (
  number bigint primary key,
  at bigint not null,
  version text not null,
  sbom text not null,
  body text not null,
  signature text not null
) without rowid;
