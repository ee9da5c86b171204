-- Who reported (in small letters), and what was made of it: a reporter's history.
alter table desk_report add column sender text not null default '';
alter table desk_report add column verdict text not null default '';
create index desk_report_by_sender on desk_report (sender);

-- When somebody is to be reminded of one of the case's clocks next.
alter table desk_case add column remind bigint;
update desk_case set remind = changed where due is not null;
create index desk_case_by_remind on desk_case (remind);

-- When its text is to be published; what was scheduled before this column was there is looked at once.
alter table desk_case add column scheduled bigint;
update desk_case set scheduled = 0 where stage = 'publish' or stage = 'rollout' or stage = 'review';
create index desk_case_by_schedule on desk_case (scheduled);

-- Numbers that reports which look alike share: duplicates are found by them.
create table desk_mark (
  mark bigint not null,
  report text not null,
  primary key (mark, report)
) without rowid;
create index desk_mark_by_report on desk_mark (report);

-- How far a mailbox elsewhere was read: the box's validity and the last number in it whose mail is in the desk.
create table desk_box (
  name text primary key,
  validity bigint not null,
  last bigint not null
) without rowid;

-- How often somebody was written to lately.
create index mail_by_reader on mail (lower(address), made);
