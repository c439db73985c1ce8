-- Those whom the rate refuses get a turn each, one behind the other: if all came back when a call is free, all but one would come
-- for nothing.
alter table insights.providers add column next_turn timestamptz;
