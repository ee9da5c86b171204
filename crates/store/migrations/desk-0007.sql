-- Which vulnerabilities of a component a corrective action is about, as a JSON array. Actions that are older say it in their words alone.
alter table desk_duty add column covers text not null default '[]';
