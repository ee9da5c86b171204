-- Other installations' audit logs that this one is a witness of: the last head of each that it cosigned.
create table witnessed (
  origin text primary key,
  size bigint not null,
  root blob not null,
  at bigint not null
) without rowid;
