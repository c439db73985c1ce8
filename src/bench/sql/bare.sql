-- What a row costs that is nothing but kept.
create table bare (
    id     bigint primary key,
    filler text not null
)
