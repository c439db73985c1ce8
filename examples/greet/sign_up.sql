-- Signs a person up and has them greeted, in one transaction, by psql:
--
--     psql "$DATABASE_URL" --set name=Ana --file sign_up.sql
\set ON_ERROR_STOP on
begin;
insert into shop.people (name) values (:'name') returning id as person \gset
select id from windlass.enqueue('greet', jsonb_build_object('person_id', :person), key => 'greet:' || :person);
commit;
select windlass.wake(); -- after the commit; without it a worker finds the job within a second or so
