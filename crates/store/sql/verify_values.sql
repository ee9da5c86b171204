select 'account' as place, id as one, 'state' as field, cast(account.state as text) as value
  from account
 where state not in (0, 1, 2)
union all
select 'account' as place, id as one, 'must_enrol' as field, cast(account.must_enrol as text) as value
  from account
 where must_enrol not in (0, 1)
union all
select 'account' as place, id as one, 'version' as field, cast(account.version as text) as value
  from account
 where version < 1
union all
select 'credential' as place, id as one, 'kind' as field, cast(credential.kind as text) as value
  from credential
 where kind not in (1, 2, 3)
union all
select 'credential' as place, id as one, 'handle' as field, cast(credential.handle as text) as value
  from credential
 where (kind = 2) <> (handle is not null)
union all
select 'session' as place, id as one, 'ends' as field, cast(session.ends as text) as value
  from session
 where ends <= created
union all
select 'link' as place, account as one, 'kind' as field, cast(link.kind as text) as value
  from link
 where kind not in (1, 2, 3, 4)
union all
select 'family' as place, id as one, 'ends' as field, cast(family.ends as text) as value
  from family
 where ends <= made
union all
select 'client' as place, id as one, 'audience' as field, cast(client.audience as text) as value
  from client
 where audience not in (1, 2, 3)
union all
select 'own_role' as place, id as one, 'form' as field, cast(own_role.form as text) as value
  from own_role
 where form not in (1, 2)
union all
select 'break_glass' as place, id as one, 'ends' as field, cast(break_glass.ends as text) as value
  from break_glass
 where ends <= opened or ends > opened + 14400000
 limit 200
