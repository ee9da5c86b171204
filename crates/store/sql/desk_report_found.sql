with found as (
  select r.id, r.case_id, r.at, r.subject, r.sender, r.verdict
    from desk_report r
    join desk_case c on c.id = r.case_id
   where (c.taken = 0 or exists (select 1 from desk_party p where p.account = $1 and p.case_id = c.id))
     and (cast($2 as text) = 'any' or r.verdict = $2 or ($2 = 'open' and r.verdict = ''))
     and r.words like $3 escape '!'
     and r.words like $4 escape '!'
     and r.words like $5 escape '!'
     and r.words like $6 escape '!'
)
select id, case_id, at, subject, sender, verdict, -at, (select count(*) from found)
  from found
 where -at > cast($7 as bigint) or (-at = $7 and id > cast($8 as text))
 order by -at, id
 limit $9
