-- The keys that people sign notes with. A public key stays for good, so that what was signed is checked after a change of
-- the key and after the person left; the private one is sealed, and goes when the key ends. `id` is the key's thumbprint
-- (RFC 7638), `subject` who the person is in the record (Practitioner/7).
create table person_key (
  id text primary key,
  account text not null,
  subject text not null,
  public blob not null,
  sealed blob,
  made bigint not null,
  ended bigint
) without rowid;
create index person_key_by_account on person_key (account, made);
