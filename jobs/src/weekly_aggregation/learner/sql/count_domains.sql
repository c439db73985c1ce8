select count(*)::int from insights.curriculum where kind = 'domain'
