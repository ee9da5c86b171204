-- Installations that say how they stand under their key (id: SHA-256 of the public key): asked for (state 0), vetted by one of the
-- group (1). What they said, with their names, is sealed.
create table desk_installation (
  id blob primary key,
  state bigint not null,
  first bigint not null,
  last bigint not null,
  vetted_by text,
  sealed blob not null
) without rowid;

-- How somebody stands to an advisory: level 2 by the id above, level 1 by the digest of a random number that is of this advisory
-- alone. What they said is sealed; both go when the case is over.
create table desk_standing (
  advisory text not null,
  who blob not null,
  level bigint not null,
  since bigint not null,
  sealed blob not null,
  primary key (advisory, who)
) without rowid;

-- What is left of a rollout when its case is over: numbers alone.
create table desk_rollout (
  advisory text primary key,
  at bigint not null,
  body text not null
) without rowid;
