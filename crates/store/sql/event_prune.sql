delete from event
 where at < $1
   and number <= (select sent from subscriber where subscriber.id = event.sub)
