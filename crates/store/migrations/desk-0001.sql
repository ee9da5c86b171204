-- The response desk. A case is its log: what stands beside the log in desk_case follows from it, for lists.
create table desk_case (
  id text primary key,
  opened bigint not null,
  changed bigint not null,
  seq bigint not null,
  stage text not null,
  severity text,
  title text not null,
  due bigint,
  taken integer not null
) without rowid;
create index desk_case_by_change on desk_case (changed);

create table desk_event (
  case_id text not null,
  seq bigint not null,
  at bigint not null,
  body text not null,
  primary key (case_id, seq)
) without rowid;

-- Who is in which case.
create table desk_party (
  account text not null,
  case_id text not null,
  primary key (account, case_id)
) without rowid;

-- Reports as they came in. The token opens its status page; the print is the same for the same words.
create table desk_report (
  id text primary key,
  case_id text not null,
  at bigint not null,
  token blob not null,
  print blob not null,
  rank integer not null,
  credit text not null,
  credit_name text not null,
  body text not null
) without rowid;
create unique index desk_report_by_token on desk_report (token);
create index desk_report_by_print on desk_report (print);
create index desk_report_by_case on desk_report (case_id, at);
create index desk_report_by_time on desk_report (at);

-- What came with a report: sealed, and never opened here.
create table desk_file (
  report text not null,
  number bigint not null,
  name text not null,
  kind text not null,
  size bigint not null,
  sealed blob not null,
  primary key (report, number)
) without rowid;

-- What is written in a case: with a reporter (the thread is the report's number), or among the team.
create table desk_letter (
  id text primary key,
  case_id text not null,
  thread text not null,
  at bigint not null,
  who text not null,
  body text not null
) without rowid;
create index desk_letter_by_case on desk_letter (case_id, at);
create index desk_letter_by_thread on desk_letter (thread, at);

-- Texts of advisories, each as it was saved.
create table desk_text (
  case_id text not null,
  number bigint not null,
  at bigint not null,
  who text not null,
  hash blob not null,
  body text not null,
  primary key (case_id, number)
) without rowid;

-- What is public.
create table desk_published (
  id text primary key,
  case_id text not null,
  at bigint not null,
  withdrawn text,
  body text not null
) without rowid;
create index desk_published_by_time on desk_published (at);

-- The last number of each kind and year: C-2026, R-2026.
create table desk_number (
  kind text primary key,
  last bigint not null
) without rowid;

-- Mails that were taken in or answered, by the digest of their bytes: one that is found again is done.
create table desk_mail (
  digest blob primary key,
  at bigint not null,
  said text not null
) without rowid;
