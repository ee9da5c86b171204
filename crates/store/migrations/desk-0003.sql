-- Implementers who are told before the public: proposed (state 0) by one of the group, vetted (1) by another. Tags stand
-- between blanks. Whoever does not answer the yearly check is told no more when the time is over.
create table desk_contact (
  id text primary key,
  name text not null,
  organisation text not null,
  address text not null,
  tags text not null,
  state integer not null,
  added_by text not null,
  added bigint not null,
  vetted_by text,
  ends bigint,
  asked bigint,
  token blob
) without rowid;
create unique index desk_contact_by_address on desk_contact (lower(address));
create unique index desk_contact_by_token on desk_contact (token);

-- Who was told of a case before the public, by which mail; when they agreed to the embargo, and when they read the text last.
create table desk_delivery (
  token blob primary key,
  case_id text not null,
  contact text not null,
  copy text not null,
  mail text,
  at bigint not null,
  agreed bigint,
  seen bigint
) without rowid;
create unique index desk_delivery_by_case on desk_delivery (case_id, contact);
