-- From the chain to a Merkle tree. `body` is 16 random bytes and then the entry's JSON; an erased entry keeps their
-- SHA-256 in `mark` instead. `leaf` is SHA-256(0, seq, at, SHA-256(body)).
create table audit_log (
  seq integer primary key,
  at bigint not null,
  body blob,
  mark blob,
  leaf blob not null
);

-- The roots of the complete subtrees of 256 leaves (level 1), of 65,536 (level 2), and so on.
create table audit_tile (
  level integer not null,
  n bigint not null,
  hash blob not null,
  primary key (level, n)
) without rowid;

-- What the log signed of itself: its size and root at times.
create table audit_head (
  size integer primary key,
  at bigint not null,
  note text not null
);
