-- Mail that waits to be sent (state 0), was sent (1), or could not be (2): what it is about and to whom. What only its reader
-- may see is sealed, and goes with the sending.
create table mail (
  id text primary key,
  kind integer not null,
  account text not null,
  address text not null,
  detail text not null,
  secret blob,
  made bigint not null,
  until bigint not null,
  due bigint not null,
  tries integer not null,
  state integer not null,
  ended bigint,
  failure text not null
) without rowid;
create index mail_by_state on mail (state, due);
create index mail_by_account on mail (account, kind, made);

-- Whether this installation sends mail, and since when: none is kept where none is sent.
create table mailing (
  one integer primary key,
  since bigint not null
);
