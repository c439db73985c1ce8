-- The tables of learners that the migrations before this one have made.
select insights.protect_people();
