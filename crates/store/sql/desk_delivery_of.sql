select d.contact, coalesce(c.name, ''), coalesce(c.organisation, ''), d.copy, d.at, d.agreed, d.seen, coalesce(m.state, -1),
  coalesce(m.failure, '')
  from desk_delivery d
  left join desk_contact c on c.id = d.contact
  left join mail m on m.id = d.mail
 where d.case_id = $1
 order by d.at, d.contact
