-- Weeks of the audit log that were reviewed: the week's Monday, when it was signed off, by whom, and what was found.
create table audit_review (
  week bigint primary key,
  at bigint not null,
  who text not null,
  note text not null
) without rowid;
