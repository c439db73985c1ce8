select item_id, kind, name from insights.curriculum order by place nulls last, item_id
