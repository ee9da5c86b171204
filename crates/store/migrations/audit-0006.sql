-- Keys that sign the log's heads after the first one: from which size on, sealed, and the hand-over that the key before signed.
create table audit_signer (
  number integer primary key,
  since bigint not null,
  made bigint not null,
  seed blob not null,
  handover text not null
);
