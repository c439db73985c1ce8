create table shop.people (id bigint generated always as identity primary key, name text not null);
create table shop.greetings (person_id bigint primary key references shop.people);
