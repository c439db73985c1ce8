-- For this transaction alone, until `nested_loops_again`: the tables that a week fills grow faster than the server counts them, so that
-- it takes a page of a thousand learners for one row and their uses for another, and would go through thousands of rows for each of
-- thousands. Every table here is read by its page's learners first; what is left to join are a page's own rows.
set local enable_nestloop = off
