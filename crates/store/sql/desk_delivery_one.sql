select d.case_id, d.contact, d.copy, coalesce(c.name, ''), coalesce(c.organisation, ''), d.agreed
  from desk_delivery d
  join desk_contact c on c.id = d.contact
 where d.token = $1
