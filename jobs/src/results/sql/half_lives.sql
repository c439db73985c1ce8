select k.name, h.days, h.method, h.n
  from insights.half_lives h
  join insights.curriculum k on k.item_id = h.capability
 where h.as_of = $1
 order by k.name
