select item_id, name from insights.curriculum where kind = 'domain'
