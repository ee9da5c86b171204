select 'session' as place, id as one, 'account' as field, session.account as value
  from session
 where not exists (select 1 from account as other where other.id = session.account)
union all
select 'device' as place, label as one, 'account' as field, device.account as value
  from device
 where not exists (select 1 from account as other where other.id = device.account)
union all
select 'credential' as place, id as one, 'account' as field, credential.account as value
  from credential
 where not exists (select 1 from account as other where other.id = credential.account)
union all
select 'recovery' as place, account as one, 'account' as field, recovery.account as value
  from recovery
 where not exists (select 1 from account as other where other.id = recovery.account)
union all
select 'link' as place, cast(made as text) as one, 'account' as field, link.account as value
  from link
 where account <> '' and not exists (select 1 from account as other where other.id = link.account)
union all
select 'notice' as place, id as one, 'account' as field, notice.account as value
  from notice
 where not exists (select 1 from account as other where other.id = notice.account)
union all
select 'recheck_item' as place, user_name as one, 'recheck' as field, recheck_item.recheck as value
  from recheck_item
 where not exists (select 1 from recheck as other where other.id = recheck_item.recheck)
union all
select 'recheck_item' as place, recheck as one, 'account' as field, recheck_item.account as value
  from recheck_item
 where not exists (select 1 from account as other where other.id = recheck_item.account)
union all
select 'task_use' as place, task as one, 'account' as field, task_use.account as value
  from task_use
 where not exists (select 1 from account as other where other.id = task_use.account)
union all
select 'approval' as place, id as one, 'account' as field, approval.account as value
  from approval
 where not exists (select 1 from account as other where other.id = approval.account)
union all
select 'consent' as place, id as one, 'account' as field, consent.account as value
  from consent
 where not exists (select 1 from account as other where other.id = consent.account)
union all
select 'consent' as place, id as one, 'client' as field, consent.client as value
  from consent
 where not exists (select 1 from client as other where other.id = consent.client)
union all
select 'family' as place, id as one, 'account' as field, family.account as value
  from family
 where not exists (select 1 from account as other where other.id = family.account)
union all
select 'family' as place, id as one, 'client' as field, family.client as value
  from family
 where not exists (select 1 from client as other where other.id = family.client)
union all
select 'launch' as place, cast(ends as text) as one, 'account' as field, launch.account as value
  from launch
 where ends > $1 and not exists (select 1 from account as other where other.id = launch.account)
union all
select 'launch' as place, cast(ends as text) as one, 'client' as field, launch.client as value
  from launch
 where ends > $1 and not exists (select 1 from client as other where other.id = launch.client)
union all
select 'token' as place, cast(expires as text) as one, 'client' as field, token.client as value
  from token
 where expires > $1 and not exists (select 1 from client as other where other.id = token.client)
union all
select 'token' as place, cast(expires as text) as one, 'family' as field, token.family as value
  from token
 where expires > $1 and family is not null and not exists (select 1 from family as other where other.id = token.family)
union all
select 'code' as place, cast(ends as text) as one, 'family' as field, code.family as value
  from code
 where ends > $1 and not exists (select 1 from family as other where other.id = code.family)
union all
select 'refresh' as place, cast(ends as text) as one, 'family' as field, refresh.family as value
  from refresh
 where ends > $1 and not exists (select 1 from family as other where other.id = refresh.family)
union all
select 'break_glass' as place, id as one, 'account' as field, break_glass.account as value
  from break_glass
 where not exists (select 1 from account as other where other.id = break_glass.account)
union all
select 'bulk_file' as place, cast(number as text) as one, 'bulk' as field, bulk_file.bulk as value
  from bulk_file
 where not exists (select 1 from bulk as other where other.id = bulk_file.bulk)
union all
select 'bulk' as place, id as one, 'client' as field, bulk.client as value
  from bulk
 where not exists (select 1 from client as other where other.id = bulk.client)
union all
select 'subscriber' as place, id as one, 'client' as field, subscriber.client as value
  from subscriber
 where not exists (select 1 from client as other where other.id = subscriber.client)
 limit 200
