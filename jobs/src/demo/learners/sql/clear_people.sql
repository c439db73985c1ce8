-- A demo's learners have a source of their own; nothing else is known of them any more.
delete from insights.subjects where source like 'demo:learners:%'
