select name, item_id from insights.curriculum where kind = $1 and name = any($2::text[])
