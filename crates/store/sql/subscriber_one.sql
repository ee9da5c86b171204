select client, scopes, patient, events, sent, shaken, tries
  from subscriber
 where id = $1
