-- What a duty comes of: a bill of materials with the component that was found in it, a scan (another duty), or a case.
alter table desk_duty add column origin text not null default '';
alter table desk_duty add column finding text not null default '';
create index desk_duty_by_origin on desk_duty (origin, finding);
