-- Whether a file of an export says something about substance use: the export's manifest then carries the notice (42 CFR 2.32).
alter table bulk_file add column marked integer not null default 0;
