-- Counts the changes of the rows that decisions need (label, care, deny), in the transaction that makes them: what was learned of
-- them by looking holds for as long as the number is the same.
create table access_state (
  id bigint primary key,
  number bigint not null
) without rowid;
insert into access_state (id, number) values (1, 1);
